//! One metric, param or tag: its key, its length, its value.
//! Checks over several of them belong to `batch`.

use crate::entity::{Metric, Param, Tag};
use crate::names::{check_key, check_length, quoted};
use crate::{Refusal, limits};

/// What happens to a param or tag whose value is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LongValues {
    /// It is cut to the limit, as MLflow does unless told otherwise.
    #[default]
    Cut,
    /// It is refused.
    Refuse,
}

impl LongValues {
    fn apply(self, what: &str, mut value: String, length_max: usize) -> Result<String, Refusal> {
        if self == Self::Refuse {
            check_length(what, &value, length_max)?;
        } else if value.len() > length_max
            && let Some((end, _)) = value.char_indices().nth(length_max)
        {
            value.truncate(end);
        }
        Ok(value)
    }
}

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

/// Checks a metric. `path` is where it stands in the request, such as `metrics[3]`, or nothing when it is the request.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_metric(path: &str, metric: &Metric) -> Result<(), Refusal> {
    check_data_set(metric)?;
    check_key(&below(path, "name"), &metric.key)?;
    if metric.timestamp.0 < 0 {
        return Err(Refusal::invalid(format!(
            "Invalid value {} for parameter '{}' supplied: metric '{}' (value={:?}). \
             Timestamp must be a nonnegative long (64-bit integer) ",
            metric.timestamp.0,
            below(path, "timestamp"),
            metric.key,
            metric.value
        )));
    }
    check_length("Metric name", &metric.key, limits::KEY_LENGTH_MAX)
}

fn check_data_set(metric: &Metric) -> Result<(), Refusal> {
    if metric.dataset_name.is_some() == metric.dataset_digest.is_some() {
        return Ok(());
    }
    Err(Refusal::invalid("Both dataset_name and dataset_digest must be provided if one is provided"))
}

/// Checks a param, and cuts its value where that is wanted.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn checked_param(path: &str, param: Param, long_values: LongValues) -> Result<Param, Refusal> {
    check_key(&below(path, "key"), &param.key)?;
    check_length("Param key", &param.key, limits::KEY_LENGTH_MAX)?;
    let value = long_values.apply("Param value", param.value, limits::PARAM_VALUE_LENGTH_MAX)?;
    Ok(Param { key: param.key, value })
}

/// Checks a tag, and cuts its value where that is wanted.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn checked_tag(path: &str, tag: Tag, long_values: LongValues) -> Result<Tag, Refusal> {
    let key_path = below(path, "key");
    check_key(&key_path, &tag.key)?;
    checked_tag_lengths(path, tag, long_values)
}

/// Checks the lengths of a tag, and cuts its value where that is wanted.
pub(super) fn checked_tag_lengths(path: &str, tag: Tag, long_values: LongValues) -> Result<Tag, Refusal> {
    check_length(&below(path, "key"), &tag.key, limits::KEY_LENGTH_MAX)?;
    let value = long_values.apply(&below(path, "value"), tag.value, limits::RUN_TAG_VALUE_LENGTH_MAX)?;
    Ok(Tag { key: tag.key, value })
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn metric(key: &str, timestamp: i64) -> Metric {
        Metric {
            key: key.to_owned(),
            value: 1.0,
            timestamp: Timestamp(timestamp),
            step: 0,
            dataset_name: None,
            dataset_digest: None,
            model_id: None,
            run_id: None,
        }
    }

    #[test]
    fn run_ids_are_short_words() {
        for (run_id, good) in [("a", true), ("0-_é", true), ("", false), ("-a", false), ("a;b", false)] {
            assert_eq!(check_run_id(run_id).is_ok(), good, "{run_id}");
        }
        assert!(check_run_id(&"a".repeat(256)).is_ok());
        assert!(check_run_id(&"a".repeat(257)).is_err());
    }

    #[test]
    fn a_refused_metric_says_where_it_stands() {
        let refusal = check_metric("metrics[1]", &metric("a;b", 1)).unwrap_err();
        assert!(refusal.message.contains("for parameter 'metrics[1].name' supplied"), "{refusal}");
        let refusal = check_metric("", &metric("a", -1)).unwrap_err();
        assert_eq!(
            refusal.message,
            "Invalid value -1 for parameter 'timestamp' supplied: metric 'a' (value=1.0). \
             Timestamp must be a nonnegative long (64-bit integer) "
        );
        let half = Metric { dataset_name: Some("d".to_owned()), ..metric("a", 1) };
        assert!(check_metric("", &half).is_err());
    }

    #[test]
    fn long_values_are_cut_by_characters_or_refused() {
        let tag = || Tag { key: "k".to_owned(), value: "é".repeat(8_001) };
        assert_eq!(checked_tag("", tag(), LongValues::Cut).unwrap().value.chars().count(), 8_000);
        let refusal = checked_tag("tags[0]", tag(), LongValues::Refuse).unwrap_err();
        assert_eq!(refusal.message, "'tags[0].value' exceeds the maximum length of 8000 characters");
        let exact = Param { key: "k".to_owned(), value: "é".repeat(6_000) };
        assert_eq!(checked_param("", exact.clone(), LongValues::Cut), Ok(exact));
    }
}
