//! A typed client for any server that speaks MLflow's protocol, Tiltyard's own calls included.
//! Nothing is printed here, and of the environment only the proxy that it may name is used, by the transport; all else is the
//! caller's business.

mod artifacts;
mod call;
mod calls;
mod error;
mod key;
mod limits;
mod retry;
mod silence;
mod transport;

pub use artifacts::Progress;
pub use call::{Call, Verb};
pub use calls::AskReady;
pub use error::ClientError;
pub use silence::Waiting;
pub use transport::{Client, Credentials};
