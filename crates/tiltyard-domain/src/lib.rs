//! The rules of Tiltyard: names, limits, pointers, decisions, the filter language.
//! No IO, clock, async, SQL, HTTP or wire format belongs here.

pub mod network;
pub mod refusal;

pub use refusal::{Refusal, RefusalKind};
