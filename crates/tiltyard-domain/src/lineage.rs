//! Rules of lineage: which data sets and logged models a run may say it read or made.
//! Whether a named logged model exists is not asked, as in MLflow: it may live on another server.

use crate::entity::{Dataset, DatasetInput, ModelInput, ModelOutput, Tag};
use crate::names::check_length;
use crate::runs::check_run_id;
use crate::{Refusal, limits};

/// Checks what a run says it read.
///
/// # Errors
/// `InvalidValue`, in MLflow's words but for too many at once.
pub fn check_inputs(run_id: &str, datasets: &[DatasetInput], models: &[ModelInput]) -> Result<(), Refusal> {
    check_run_id(run_id)?;
    check_count("datasets", datasets.len())?;
    check_count("models", models.len())?;
    for input in datasets {
        check_dataset(&input.dataset)?;
        input.tags.iter().try_for_each(check_input_tag)?;
    }
    models.iter().try_for_each(|model| check_model_id(&model.model_id))
}

/// Checks what a run says it made.
///
/// # Errors
/// `InvalidValue`.
pub fn check_outputs(models: &[ModelOutput]) -> Result<(), Refusal> {
    check_count("models", models.len())?;
    models.iter().try_for_each(|model| check_model_id(&model.model_id))
}

/// Checks the experiments of a search for data sets.
///
/// # Errors
/// `InvalidValue` in MLflow's words when there are none or too many.
pub fn check_searched(experiment_count: usize) -> Result<(), Refusal> {
    let count_max = limits::SEARCH_DATASETS_EXPERIMENTS_MAX;
    match experiment_count {
        0 => Err(Refusal::invalid("SearchDatasets request must specify at least one experiment_id.")),
        count if count > count_max => Err(Refusal::invalid(format!(
            "SearchDatasets request cannot specify more than {count_max} experiment_ids. Received {count} experiment_ids."
        ))),
        _ => Ok(()),
    }
}

fn check_count(what: &str, count: usize) -> Result<(), Refusal> {
    let count_max = limits::BATCH_DATASETS_MAX;
    if count > count_max {
        return Err(Refusal::invalid(format!(
            "A request can name at most {count_max} {what}. Got {count}. Please split them across several requests."
        )));
    }
    Ok(())
}

fn check_dataset(dataset: &Dataset) -> Result<(), Refusal> {
    check_length("name", &dataset.name, limits::DATASET_NAME_LENGTH_MAX)?;
    check_length("digest", &dataset.digest, limits::DATASET_DIGEST_LENGTH_MAX)?;
    check_length("source_type", &dataset.source_type, limits::DATASET_SOURCE_TYPE_LENGTH_MAX)?;
    check_length("source", &dataset.source, limits::DATASET_SOURCE_LENGTH_MAX)?;
    if let Some(schema) = &dataset.schema {
        check_length("schema", schema, limits::DATASET_SCHEMA_LENGTH_MAX)?;
    }
    match &dataset.profile {
        Some(profile) => check_length("profile", profile, limits::DATASET_PROFILE_LENGTH_MAX),
        None => Ok(()),
    }
}

fn check_input_tag(tag: &Tag) -> Result<(), Refusal> {
    check_length("key", &tag.key, limits::INPUT_TAG_KEY_LENGTH_MAX)?;
    check_length("value", &tag.value, limits::INPUT_TAG_VALUE_LENGTH_MAX)
}

fn check_model_id(model_id: &str) -> Result<(), Refusal> {
    check_length("model_id", model_id, limits::LOGGED_MODEL_ID_LENGTH_MAX)
}
