//! Rules of registered models and their versions: tags, version numbers, prompts, and where a rollback goes.
//! Where a version's bytes may come from stands in `source`.

use std::collections::BTreeSet;

use crate::entity::{HistoryEntry, Tag};
use crate::names::{check_key, check_length};
use crate::search::PROMPT_MARKER_TAG;
use crate::{Refusal, limits};

/// The tag that holds a prompt version's text.
const PROMPT_TEXT_TAG: &str = "mlflow.prompt.text";

/// Reads a version number as clients write it.
///
/// # Errors
/// `InvalidValue` in MLflow's words when it is no integer.
pub fn parse_version(text: &str) -> Result<i64, Refusal> {
    text.trim()
        .parse()
        .map_err(|_| Refusal::invalid(format!("Parameter 'version' must be an integer, got '{text}'.")))
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

/// Where a rollback of a pointer goes: to the last version that held it, does not hold it now, was not itself rolled back
/// from, and still exists. `history` is the pointer's own, oldest first.
pub fn rollback_target(history: &[HistoryEntry], holders: &[i64], existing: &BTreeSet<i64>) -> Option<i64> {
    let eligible = |entry: &&HistoryEntry| {
        entry.until.is_some()
            && !entry.rolled_back
            && !holders.contains(&entry.version)
            && existing.contains(&entry.version)
    };
    // A version may have been rolled back from and promoted again since: its newest hold speaks for it.
    let newest_of = |version: i64| history.iter().rev().find(|entry| entry.version == version);
    history
        .iter()
        .rev()
        .filter(eligible)
        .find(|entry| newest_of(entry.version).is_some_and(|newest| !newest.rolled_back))
        .map(|entry| entry.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::pointer::{Pointer, Stage};
    use crate::promotion::Cause;

    fn held(version: i64, until: Option<i64>, rolled_back: bool) -> HistoryEntry {
        HistoryEntry {
            pointer: Pointer::Stage(Stage::Production),
            version,
            since: Timestamp(0),
            until: until.map(Timestamp),
            actor: "ada".to_owned(),
            cause: Cause::Move,
            reason: None,
            rolled_back,
        }
    }

    fn check(history: &[HistoryEntry], holders: &[i64], existing: &[i64], expected: Option<i64>) {
        assert_eq!(rollback_target(history, holders, &existing.iter().copied().collect()), expected);
    }

    #[test]
    fn a_rollback_goes_by_history_and_not_by_number() {
        let history = [held(7, Some(1), false), held(3, Some(2), false), held(5, None, false)];
        check(&history, &[5], &[3, 5, 7], Some(3));
        check(&history, &[5], &[5, 7], Some(7));
        check(&history, &[5], &[5], None);
    }

    #[test]
    fn a_second_rollback_goes_further_back() {
        let history =
            [held(1, Some(1), false), held(2, Some(2), false), held(3, Some(3), true), held(2, None, false)];
        check(&history, &[2], &[1, 2, 3], Some(1));
    }

    #[test]
    fn a_version_rolled_back_from_and_promoted_again_is_a_target_again() {
        let history =
            [held(1, Some(1), false), held(2, Some(2), true), held(2, Some(4), false), held(3, None, false)];
        check(&history, &[3], &[1, 2, 3], Some(2));
    }

    #[test]
    fn an_empty_pointer_goes_back_to_its_last_holder() {
        check(&[held(1, Some(1), false), held(2, Some(2), false)], &[], &[1, 2], Some(2));
        check(&[], &[], &[1], None);
    }
}
