//! The rules of Tiltyard: names, limits, pointers, decisions, the filter language.
//! No IO, clock, async, SQL, HTTP or wire format belongs here.

pub mod refusal;
pub mod search;

pub use refusal::{Refusal, RefusalKind};
