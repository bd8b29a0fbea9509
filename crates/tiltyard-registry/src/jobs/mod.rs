//! Work in the background: bytes are collected, checked, moved and looked at, and what was deleted is purged; by any replica,
//! and never twice at once.
//!
//! Somebody asks for a job and gets an answer at once. A replica takes it up with a lease, works in pieces that never hold the
//! writer for long, and writes down after each how far it has come. When it dies, its lease ends, and another goes on where
//! it was. One that was taken over finds out before it writes anything that could do harm twice: those transactions compare the
//! claim. What only lets go of deleted things, or keeps what nobody has kept yet, needs none.

mod ask;
mod check;
mod collect;
mod lease;
mod look;
mod places;
mod progress;
mod purge;
mod relocate;
mod request;
mod runner;
mod watch;

pub use ask::ask;
pub use progress::{Finding, FindingKind};
pub use request::{Check, Collect, Purge, Relocate, Request};
pub use runner::{Went, Worker, keep_working, take_up, work};
pub use watch::{FindingsPage, Job, State, all, findings, get};
