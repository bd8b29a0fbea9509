//! Which data sets did runs of these experiments read, and what for?

use tiltyard_domain::entity::DatasetSummary;
use tiltyard_domain::lineage::check_searched;
use tiltyard_domain::{Permit, limits};

use crate::{Context, Error};

/// The tag that says what a run read a data set for.
const CONTEXT_TAG: &str = "mlflow.data.context";

/// The data sets of some experiments, each once for each context. Experiments that are not there have none.
///
/// # Errors
/// `InvalidValue` when no experiment is named or too many are.
pub async fn search_datasets(
    context: &Context,
    permit: &Permit,
    experiments: Vec<i64>,
) -> Result<Vec<DatasetSummary>, Error> {
    check_searched(experiments.len())?;
    let limit = limits::SEARCH_DATASETS_RESULTS_MAX;
    context
        .store()
        .scan(permit, move |read| Ok(read.dataset_summaries(&experiments, CONTEXT_TAG, limit)?))
        .await
}
