//! The rules of Tiltyard: names, limits, pointers, decisions, the filter language.
//! No IO, clock, async, SQL, HTTP or wire format belongs here.

pub mod access;
pub mod artifact_path;
pub mod digest;
pub mod entity;
pub mod experiments;
pub mod limits;
pub mod names;
pub mod network;
pub mod pointer;
pub mod promotion;
pub mod refusal;
pub mod search;
pub mod time;

pub use access::{Identity, Permit, WorkspaceId};
pub use refusal::{Refusal, RefusalKind};
pub use time::{Clock, Timestamp};
