//! MLflow's messages: what its clients send, and what its server answers, one file a feature.
//! Reading is as forgiving as MLflow's own and its errors use MLflow's words; deciding belongs elsewhere.

mod double;
pub(crate) mod field;
mod names;
mod number;
mod value;

pub mod artifacts;
pub mod datasets;
pub mod error;
pub mod experiments;
pub mod logged_models;
pub mod message;
pub mod metrics;
pub mod models;
pub mod runs;
pub mod server_info;
pub mod versions;

pub use error::{ErrorBody, ErrorCode, WireError};
pub use field::FromMessage;
pub use message::Message;

use serde::Serialize;

response! {
    /// The answer to a call that has nothing to say: `{}`.
    pub struct Empty {}
}

/// Writes an answer the way MLflow does: indented by two spaces, unset fields left out.
///
/// # Panics
///
/// Never: JSON writing fails only for maps whose keys are not text, and no message has one.
#[expect(clippy::expect_used, reason = "cannot happen, see above")]
pub fn to_json<T: Serialize>(message: &T) -> Vec<u8> {
    serde_json::to_vec_pretty(message).expect("a message is always JSON")
}

/// A message as JSON on one line, the layout of MLflow's errors, which its clients show as they are.
///
/// # Panics
///
/// Never, as [`to_json`].
#[expect(clippy::expect_used, reason = "cannot happen, see above")]
pub fn to_json_line<T: Serialize>(message: &T) -> Vec<u8> {
    serde_json::to_vec(message).expect("a message is always JSON")
}
