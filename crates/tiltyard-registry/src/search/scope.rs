//! The experiments that a search is about.

use tiltyard_domain::{Refusal, experiments, limits};

/// Reads experiment ids; which of them exist does not matter.
pub(super) fn experiments(ids: &[String]) -> Result<Vec<i64>, Refusal> {
    if ids.len() > limits::EXPERIMENTS_PER_PAGE_MAX {
        return Err(Refusal::invalid(format!(
            "Invalid value for parameter 'experiment_ids' supplied: {} ids, at most {} are searched at once.",
            ids.len(),
            limits::EXPERIMENTS_PER_PAGE_MAX
        )));
    }
    let mut found = ids.iter().map(|id| experiment(id)).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Reads an experiment id. Unlike elsewhere, an empty one does not stand for the default experiment.
fn experiment(id: &str) -> Result<i64, Refusal> {
    if id.is_empty() {
        return Err(Refusal::invalid("Invalid experiment ID ''. Experiment ID must be a valid integer."));
    }
    experiments::parse_id(id)
}
