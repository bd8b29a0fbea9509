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
    fn apply(
        self,
        what: impl FnOnce() -> String,
        mut value: String,
        length_max: usize,
    ) -> Result<String, Refusal> {
        if self == Self::Refuse && value.len() > length_max {
            check_length(&what(), &value, length_max)?;
        } else if value.len() > length_max
            && let Some((end, _)) = value.char_indices().nth(length_max)
        {
            value.truncate(end);
        }
        Ok(value)
    }
}

/// Where in the request something stands, for refusals; its text is made only when there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the request itself.
    Request,
    /// It is an item of a list of the request, such as `metrics[3]`.
    Item(&'static str, usize),
}

impl Place {
    /// The path of a field, such as `metrics[3].name`.
    fn field(self, field: &str) -> String {
        match self {
            Self::Request => field.to_owned(),
            Self::Item(list, index) => format!("{list}[{index}].{field}"),
        }
    }

    fn check_key(self, field: &str, key: &str) -> Result<(), Refusal> {
        check_key(field, key).or_else(|_| check_key(&self.field(field), key))
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

/// Checks a metric.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn check_metric(place: Place, metric: &Metric) -> Result<(), Refusal> {
    check_data_set(metric)?;
    place.check_key("name", &metric.key)?;
    if metric.timestamp.0 < 0 {
        return Err(Refusal::invalid(format!(
            "Invalid value {} for parameter '{}' supplied: metric '{}' (value={:?}). \
             Timestamp must be a nonnegative long (64-bit integer) ",
            metric.timestamp.0,
            place.field("timestamp"),
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
pub fn checked_param(place: Place, param: Param, long_values: LongValues) -> Result<Param, Refusal> {
    place.check_key("key", &param.key)?;
    check_length("Param key", &param.key, limits::KEY_LENGTH_MAX)?;
    let value =
        long_values.apply(|| "Param value".to_owned(), param.value, limits::PARAM_VALUE_LENGTH_MAX)?;
    Ok(Param { key: param.key, value })
}

/// Checks a tag, and cuts its value where that is wanted.
///
/// # Errors
/// `InvalidValue` in MLflow's words.
pub fn checked_tag(place: Place, tag: Tag, long_values: LongValues) -> Result<Tag, Refusal> {
    place.check_key("key", &tag.key)?;
    checked_tag_lengths(place, tag, long_values)
}

/// Checks the lengths of a tag, and cuts its value where that is wanted.
pub(super) fn checked_tag_lengths(place: Place, tag: Tag, long_values: LongValues) -> Result<Tag, Refusal> {
    if tag.key.len() > limits::KEY_LENGTH_MAX {
        check_length(&place.field("key"), &tag.key, limits::KEY_LENGTH_MAX)?;
    }
    let value = long_values.apply(|| place.field("value"), tag.value, limits::RUN_TAG_VALUE_LENGTH_MAX)?;
    Ok(Tag { key: tag.key, value })
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
        let refusal = check_metric(Place::Item("metrics", 1), &metric("a;b", 1)).unwrap_err();
        assert!(refusal.message.contains("for parameter 'metrics[1].name' supplied"), "{refusal}");
        let refusal = check_metric(Place::Request, &metric("a", -1)).unwrap_err();
        assert_eq!(
            refusal.message,
            "Invalid value -1 for parameter 'timestamp' supplied: metric 'a' (value=1.0). \
             Timestamp must be a nonnegative long (64-bit integer) "
        );
        let half = Metric { dataset_name: Some("d".to_owned()), ..metric("a", 1) };
        assert!(check_metric(Place::Request, &half).is_err());
    }

    #[test]
    fn long_values_are_cut_by_characters_or_refused() {
        let tag = || Tag { key: "k".to_owned(), value: "é".repeat(8_001) };
        assert_eq!(checked_tag(Place::Request, tag(), LongValues::Cut).unwrap().value.chars().count(), 8_000);
        let refusal = checked_tag(Place::Item("tags", 0), tag(), LongValues::Refuse).unwrap_err();
        assert_eq!(refusal.message, "'tags[0].value' exceeds the maximum length of 8000 characters");
        let exact = Param { key: "k".to_owned(), value: "é".repeat(6_000) };
        assert_eq!(checked_param(Place::Request, exact.clone(), LongValues::Cut), Ok(exact));
    }
}
