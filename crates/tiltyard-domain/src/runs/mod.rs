//! Rules of runs: what may be logged, how much at once, and what changing it means; in MLflow's words where it refuses.

use crate::names::quoted;
use crate::{Refusal, limits};

/// Checks the id of a run to be logged to: letters, digits, `_` and `-`, at most 256.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_run_id(run_id: &str) -> Result<(), Refusal> {
    let allowed = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    let starts_well = run_id.starts_with(|first: char| first.is_ascii_alphanumeric());
    if starts_well && run_id.chars().all(allowed) && run_id.chars().count() <= limits::RUN_ID_LENGTH_MAX {
        return Ok(());
    }
    Err(Refusal::invalid(format!("Invalid value {} for parameter 'run_id' supplied.", quoted(run_id))))
}

/// No run has that id.
pub fn no_run(run_id: &str) -> Refusal {
    Refusal::not_found(format!("Run with id={run_id} not found"))
}

/// The run is deleted, and what was asked needs one that is not.
pub fn not_active(run_id: &str) -> Refusal {
    Refusal::invalid(format!("The run {run_id} must be in the 'active' state. Current state is deleted."))
}
