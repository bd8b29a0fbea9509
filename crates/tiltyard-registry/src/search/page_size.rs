//! How many things a page may hold, with the words that MLflow refuses other numbers with; they differ by search.

use tiltyard_domain::{Refusal, limits};

/// The size of a page of runs or experiments.
pub(super) fn tracked(asked: i64, size_max: usize) -> Result<usize, Refusal> {
    let size = at_least_one(asked).ok_or_else(|| {
        Refusal::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be a positive integer"
        ))
    })?;
    if size > size_max {
        return Err(Refusal::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be at most {size_max}"
        )));
    }
    Ok(size)
}

/// The size of a page of models or versions.
pub(super) fn registered(asked: i64, size_max: usize) -> Result<usize, Refusal> {
    let size = at_least_one(asked).ok_or_else(|| {
        Refusal::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {asked}"
        ))
    })?;
    if size > size_max {
        return Err(Refusal::invalid(format!(
            "Invalid value for request parameter max_results. It must be at most {size_max}, but got value {asked}"
        )));
    }
    Ok(size)
}

/// The size of a page of logged models: 0 stands for MLflow's own choice.
pub(super) fn logged_models(asked: i64) -> Result<usize, Refusal> {
    const CHOSEN: i64 = 100;
    tracked(if asked == 0 { CHOSEN } else { asked }, limits::LOGGED_MODELS_PER_PAGE_MAX)
}

fn at_least_one(asked: i64) -> Option<usize> {
    usize::try_from(asked).ok().filter(|size| *size > 0)
}
