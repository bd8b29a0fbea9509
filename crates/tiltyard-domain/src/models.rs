//! Rules of registered models and their versions: tags, version numbers, prompts.
//! Where a version's bytes may come from stands in `source`, who held its pointers in `history`.

use crate::entity::Tag;
use crate::names::{check_key, check_length, whole_number};
use crate::search::PROMPT_MARKER_TAG;
use crate::{Refusal, limits};

/// The tag that holds a prompt version's text.
const PROMPT_TEXT_TAG: &str = "mlflow.prompt.text";

/// Reads a version number as clients write it.
///
/// # Errors
/// `InvalidValue` in MLflow's words when it is no integer.
pub fn parse_version(text: &str) -> Result<i64, Refusal> {
    whole_number(text)
        .ok_or_else(|| Refusal::invalid(format!("Parameter 'version' must be an integer, got '{text}'.")))
}

/// Checks a tag of a model.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_tag(tag: &Tag) -> Result<(), Refusal> {
    check_key("key", &tag.key)?;
    check_length("key", &tag.key, limits::KEY_LENGTH_MAX)?;
    check_length("value", &tag.value, limits::MODEL_TAG_VALUE_LENGTH_MAX)
}

/// Checks a tag of a version; a prompt's text has a message of its own.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_version_tag(tag: &Tag) -> Result<(), Refusal> {
    if tag.key == PROMPT_TEXT_TAG && tag.value.chars().count() > limits::MODEL_TAG_VALUE_LENGTH_MAX {
        let length_max = limits::MODEL_TAG_VALUE_LENGTH_MAX;
        return Err(Refusal::invalid(format!("Prompt text exceeds max length of {length_max} characters.")));
    }
    check_tag(tag)
}

/// Whether tags mark what carries them as a prompt. Of tags with the same key the last one counts.
pub fn is_prompt(tags: &[Tag]) -> bool {
    let marker = tags.iter().rev().find(|tag| tag.key == PROMPT_MARKER_TAG);
    marker.is_some_and(|tag| tag.value.eq_ignore_ascii_case("true"))
}

/// Why a name cannot be given to a new model or prompt.
pub fn name_taken(name: &str, holder_is_prompt: bool, wanted_for_prompt: bool) -> Refusal {
    let kind = |is_prompt| if is_prompt { "Prompt" } else { "Registered Model" };
    if holder_is_prompt == wanted_for_prompt {
        return Refusal::exists(format!("{} (name={name}) already exists.", kind(wanted_for_prompt)));
    }
    let (wanted, holder) = (kind(wanted_for_prompt).to_lowercase(), kind(holder_is_prompt).to_lowercase());
    Refusal::exists(format!(
        "Tried to create a {wanted} with name '{name}', but the name is already taken by a {holder}. MLflow does not \
         allow creating a model and a prompt with the same name."
    ))
}
