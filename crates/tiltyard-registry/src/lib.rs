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
pub mod jobs;
mod journal;
mod limits;
pub mod lineage;
pub mod logged_models;
pub mod models;
mod once;
pub mod pointers;
pub mod runs;
pub mod search;
pub mod versions;

pub use blob_stores::{OpenStore, OwnStore, open_folder};
pub use context::{Context, Settings};
pub use error::Error;
pub use limits::{ANSWER_KEPT_MS, GRACE_MS};
pub use once::{Once, Outcome};
