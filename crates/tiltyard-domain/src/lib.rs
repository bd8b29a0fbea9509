//! The rules of Tiltyard: names, limits, pointers, decisions, the filter language.
//! No IO, clock, async, SQL, HTTP or wire format belongs here.

pub mod access;
pub mod artifact_hosts;
pub mod artifact_path;
pub mod artifact_uri;
pub mod digest;
pub mod entity;
pub mod experiments;
pub mod history;
pub mod idempotency;
pub mod limits;
pub mod lineage;
pub mod logged_models;
pub mod made_up_name;
pub mod metrics;
pub mod models;
pub mod names;
pub mod network;
pub mod pointer;
pub mod promotion;
pub mod refusal;
pub mod runs;
pub mod search;
pub mod source;
pub mod time;
mod uri;

pub use access::{Identity, Permit, WorkspaceId};
pub use refusal::{Refusal, RefusalKind};
pub use time::{Clock, Timestamp};
