//! The use cases: a folder a feature, a file an operation.
//!
//! Each has two halves. The async one prepares what may wait: bytes, ids, the time. `apply` is synchronous, has no effect
//! but on its transaction, and may be run again: load the facts, decide, write, append to the journal.
//! HTTP, MLflow's structs and SQL do not belong here.

pub mod artifacts;
mod blob_stores;
mod context;
mod error;
pub mod experiments;
mod feed;
pub mod jobs;
mod journal;
mod limits;
pub mod lineage;
pub mod logged_models;
pub mod models;
mod observed_root;
mod once;
mod overlap;
pub mod pointers;
mod readiness;
pub mod runs;
pub mod search;
pub mod versions;

pub use blob_stores::{OpenStore, OwnStore, note_move, open_folder};
pub use context::{Context, Settings};
pub use error::Error;
pub use feed::{JournalPage, follow};
pub use limits::{ANSWER_KEPT_MS, GRACE_MS, HISTORY_ENTRIES_MAX, JOURNAL_PAGE_MAX, RESTORABLE_MS};
pub use observed_root::observed_folder;
pub use once::{Once, Outcome};
pub use readiness::readiness;
pub use tiltyard_store::{Load, PoolLoad};
