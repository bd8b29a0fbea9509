//! Runs: make, show, change, delete, restore, and log to them.

mod batch;
mod create;
mod delete;
mod get;
mod history;
mod metric;
mod param;
mod tags;
mod update;

pub use batch::log_batch;
pub use create::create;
pub use delete::{delete, restore};
pub use get::get;
pub use history::{HistoryPage, RunPoint, SampleQuery, histories, history, samples};
pub use metric::log_metric;
pub use param::log_param;
pub use tags::{delete_tag, set_tag};
pub use update::update;

pub use tiltyard_store::{Point, RunChange};

use tiltyard_domain::runs::{no_run, not_active};
use tiltyard_store::{Read, RunRow};

use crate::Error;

/// Loads what a change of a run needs to know of it, deleted or not.
pub(crate) fn load(read: &mut Read<'_>, run_id: &str) -> Result<RunRow, Error> {
    read.run_row(run_id)?.ok_or_else(|| no_run(run_id).into())
}

/// The same of a run that is not deleted, for a change that only such a one may have.
pub(crate) fn load_active(read: &mut Read<'_>, run_id: &str) -> Result<RunRow, Error> {
    let run = load(read, run_id)?;
    if run.deleted {
        return Err(not_active(run_id).into());
    }
    Ok(run)
}
