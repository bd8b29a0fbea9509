//! Metadata: where experiments, runs, models, versions, pointers and the journal are kept.
//! SQL lives here and nowhere else; policy, URIs and wire formats do not belong here.
//!
//! [`Store`] is the door. A closure over [`Read`] sees one snapshot; a closure over [`Tx`] is one transaction and may be
//! run again. Both need a [`tiltyard_domain::Permit`], whose workspace bounds every look-up; what is read or
//! changed by its key was looked up so before.

mod artifacts;
mod changes;
mod engine;
mod error;
mod experiments;
mod groups;
mod history;
mod idempotency;
mod jobs;
mod journal;
mod keys;
mod limits;
mod lineage;
mod logged_model_pages;
mod logged_models;
mod many;
mod metrics;
mod models;
mod observations;
mod pins;
mod postgres;
mod purge;
mod references;
mod rows;
mod run_data;
mod run_lineage;
mod runs;
mod schema;
mod search;
mod sqlite;
mod store;
mod stores;
mod uploads;
mod watch;

pub use artifacts::{Detached, Span, StoredFile};
pub use changes::Changes;
pub use error::Error;
pub use experiments::NewLocation;
pub use history::{Point, Steps};
pub use idempotency::{Keyed, Remembered};
pub use jobs::{JobNote, JobRow};
pub use journal::{JournalEntry, JournalLine};
pub use logged_models::LoggedModelRow;
pub use models::{MoveNote, NewModel, NewVersion};
pub use observations::{Observation, ObservedFile};
pub use pins::Verification;
pub use postgres::{PostgresAddress, PostgresPassword, PostgresSettings};
pub use purge::{Purgeable, Purged, Remains};
pub use references::{Condemned, Reference, Referrers};
pub use runs::{RunChange, RunRow};
pub use search::{
    Cut, ExperimentSearch, LoggedModelSearch, ModelSearch, Page, Position, RunSearch, VersionSearch,
};
pub use store::{Load, PoolLoad, Read, Store, Tx};
pub use uploads::UploadRow;
