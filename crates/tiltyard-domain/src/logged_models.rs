//! Rules of logged models: ids, names, params, tags.
//! What a registered model may be called stands in `names`.

use crate::entity::{NewLoggedModel, Param, Tag};
use crate::names::{check_length, python_quoted};
use crate::{Refusal, limits};

/// The tag that lists the versions registered from a logged model, as JSON.
pub const VERSIONS_TAG: &str = "mlflow.modelVersions";

/// Characters that would make a name mean a path, a URI or a quoted text.
const BAD_CHARACTERS: [char; 6] = ['/', ':', '.', '%', '"', '\''];

/// The id of a logged model, made of a fresh id.
pub fn id_from(fresh_id: &str) -> String {
    format!("m-{fresh_id}")
}

/// Where the files of a logged model lie below its experiment's location.
pub fn folder(model_id: &str) -> String {
    format!("models/{model_id}/artifacts")
}

/// Checks what a caller says of a logged model to be made.
///
/// # Errors
/// `InvalidValue`, for the name in MLflow's words.
pub fn check_new(new: &NewLoggedModel) -> Result<(), Refusal> {
    if let Some(name) = &new.name {
        check_name(name)?;
    }
    check_length("model_type", &new.model_type, limits::LOGGED_MODEL_NAME_LENGTH_MAX)?;
    check_length("source_run_id", &new.source_run_id, limits::KEY_LENGTH_MAX)?;
    check_params(&new.params)?;
    check_tags(&new.tags)
}

/// Checks a logged model's params. MLflow asks nothing of them; the bounds keep them storable on every engine.
///
/// # Errors
/// `InvalidValue`.
pub fn check_params(params: &[Param]) -> Result<(), Refusal> {
    check_count("params", params.len())?;
    params.iter().try_for_each(|param| check_entry(&param.key, &param.value))
}

/// Checks a logged model's tags. MLflow asks nothing of them; the bounds keep them storable on every engine.
///
/// # Errors
/// `InvalidValue`.
pub fn check_tags(tags: &[Tag]) -> Result<(), Refusal> {
    check_count("tags", tags.len())?;
    tags.iter().try_for_each(|tag| check_entry(&tag.key, &tag.value))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.contains(BAD_CHARACTERS) {
        return Err(Refusal::invalid(format!(
            "Invalid model name ({}) provided. Model name must be a non-empty string and cannot contain the following \
             characters: ('/', ':', '.', '%', '\"', \"'\")",
            python_quoted(name)
        )));
    }
    check_length("name", name, limits::LOGGED_MODEL_NAME_LENGTH_MAX)
}

fn check_entry(key: &str, value: &str) -> Result<(), Refusal> {
    check_length("key", key, limits::LOGGED_MODEL_KEY_LENGTH_MAX)?;
    check_length("value", value, limits::MODEL_TAG_VALUE_LENGTH_MAX)
}

fn check_count(what: &str, count: usize) -> Result<(), Refusal> {
    let count_max = limits::LOGGED_MODEL_BATCH_MAX;
    if count > count_max {
        return Err(Refusal::invalid(format!(
            "A request can carry at most {count_max} {what}. Got {count}. Please split them across several requests."
        )));
    }
    Ok(())
}
