//! Rules of runs: what may be logged, how much at once, and what changing it means; in MLflow's words where it refuses.
//! Which metric point counts as the latest stands in `metrics`, searching in `search`.

mod batch;
mod check;
mod create;

pub use batch::{Batch, ParamChange, changed_param, changed_params};
pub use check::{LongValues, Place, check_metric, check_run_id, checked_param, checked_tag};
pub use create::NewRun;

use crate::Refusal;

/// The tag that holds a run's name; the name and the tag always say the same.
pub const NAME_TAG: &str = "mlflow.runName";

/// No run has that id.
pub fn no_run(run_id: &str) -> Refusal {
    Refusal::not_found(format!("Run with id={run_id} not found"))
}

/// The run is deleted, and what was asked needs one that is not.
pub fn not_active(run_id: &str) -> Refusal {
    Refusal::invalid(format!("The run {run_id} must be in the 'active' state. Current state is deleted."))
}
