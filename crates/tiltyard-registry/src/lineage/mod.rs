//! Lineage: which data sets and logged models a run read, and which models it made.
//! The logged models themselves are in `logged_models`.

mod log_inputs;
mod log_outputs;
mod model_history;
mod record_model;
mod search_datasets;

pub use log_inputs::{Inputs, log_inputs};
pub use log_outputs::log_outputs;
pub use record_model::record_model;
pub use search_datasets::search_datasets;

use tiltyard_domain::runs::{no_run, not_active};
use tiltyard_store::{Read, RunRow};

use crate::Error;

/// The row of a run that is not deleted, for a change that only such a one may have.
fn active_run(read: &mut Read<'_>, run_id: &str) -> Result<RunRow, Error> {
    let row = read.run_row(run_id)?.ok_or_else(|| no_run(run_id))?;
    if row.deleted {
        return Err(not_active(run_id).into());
    }
    Ok(row)
}
