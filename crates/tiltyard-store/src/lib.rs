//! Metadata: where experiments, runs, models, versions, pointers and the journal are kept.
//! SQL lives here and nowhere else; policy, URIs and wire formats do not belong here.
//!
//! [`Store`] is the door. A closure over [`Read`] sees one snapshot; a closure over [`Tx`] is one transaction and may be
//! run again. Both need a [`tiltyard_domain::Permit`], whose workspace becomes part of every query.

mod engine;
mod error;
mod experiments;
mod schema;
mod sqlite;
mod store;
mod stores;

pub use error::Error;
pub use experiments::NewLocation;
pub use store::{Read, Store, Tx};
