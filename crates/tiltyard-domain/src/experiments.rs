//! Rules of experiments: names, ids, tags, locations.

use crate::entity::{NewExperiment, Tag};
use crate::names::{check_key, check_length};
use crate::{Refusal, limits};

/// Reads an experiment id as clients write it; empty means MLflow's default, 0.
///
/// # Errors
/// `InvalidValue` in MLflow's words when it is no integer.
pub fn parse_id(text: &str) -> Result<i64, Refusal> {
    if text.is_empty() { Ok(0) } else { parse_given_id(text) }
}

/// Reads an experiment id where MLflow has no default.
///
/// # Errors
/// `InvalidValue` in MLflow's words when it is no integer.
pub fn parse_given_id(text: &str) -> Result<i64, Refusal> {
    text.trim().parse().map_err(|_| {
        Refusal::invalid(format!("Invalid experiment ID '{text}'. Experiment ID must be a valid integer."))
    })
}

/// Checks what a caller says of an experiment to be made, whose location may have so many characters.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_new(new: &NewExperiment, location_length_max: usize) -> Result<(), Refusal> {
    check_name(&new.name)?;
    new.tags.iter().try_for_each(check_tag)?;
    match &new.location {
        Some(location) => check_location(location, location_length_max),
        None => Ok(()),
    }
}

/// Checks an experiment's name.
///
/// # Errors
/// `InvalidValue` when it is empty or too long.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid(format!("Invalid experiment name: '{name}'")));
    }
    check_length("name", name, limits::EXPERIMENT_NAME_LENGTH_MAX)
}

/// Checks an experiment's tag.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_tag(tag: &Tag) -> Result<(), Refusal> {
    check_key("key", &tag.key)?;
    check_length("key", &tag.key, limits::KEY_LENGTH_MAX)?;
    check_length("value", &tag.value, limits::EXPERIMENT_TAG_VALUE_LENGTH_MAX)
}

fn check_location(location: &str, length_max: usize) -> Result<(), Refusal> {
    if location.starts_with("runs:") {
        return Err(Refusal::invalid(format!(
            "Artifact location cannot be a runs:/ URI. Given: '{location}'"
        )));
    }
    if location.chars().count() > length_max {
        return Err(Refusal::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than {length_max}. \
             Provide a shorter one."
        )));
    }
    Ok(())
}
