//! Many metrics, params and tags at once: how many, which together, and params that must not change.
//! What each of them may look like belongs to `check`.

use std::collections::HashSet;

use super::check::{LongValues, Place, check_metric, check_run_id, checked_param, checked_tag};
use crate::entity::{Metric, Param, Tag};
use crate::names::python_quoted;
use crate::{Refusal, limits};

/// What is logged to one run, all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The run.
    pub run_id: String,
    /// Points of metrics.
    pub metrics: Vec<Metric>,
    /// Params.
    pub params: Vec<Param>,
    /// Tags; of several with one key the last stands.
    pub tags: Vec<Tag>,
}

impl Batch {
    /// Checks the batch, and cuts long values where that is wanted. The order of checks is MLflow's.
    ///
    /// # Errors
    /// `InvalidValue` in MLflow's words.
    pub fn checked(self, long_values: LongValues) -> Result<Self, Refusal> {
        check_run_id(&self.run_id)?;
        for (index, metric) in self.metrics.iter().enumerate() {
            check_metric(Place::Item("metrics", index), metric)?;
        }
        let params = self.params.into_iter().enumerate();
        let tags = self.tags.into_iter().enumerate();
        let batch = Self {
            run_id: self.run_id,
            metrics: self.metrics,
            params: params
                .map(|(index, param)| checked_param(Place::Item("params", index), param, long_values))
                .collect::<Result<_, _>>()?,
            tags: tags
                .map(|(index, tag)| checked_tag(Place::Item("tags", index), tag, long_values))
                .collect::<Result<_, _>>()?,
        };
        batch.check_counts()?;
        check_keys_unique(&batch.params)?;
        Ok(batch)
    }

    fn check_counts(&self) -> Result<(), Refusal> {
        let (metrics, params, tags) = (self.metrics.len(), self.params.len(), self.tags.len());
        check_count("metrics", limits::BATCH_METRICS_MAX, metrics)?;
        check_count("params", limits::BATCH_PARAMS_MAX, params)?;
        check_count("tags", limits::BATCH_PARAMS_MAX, tags)?;
        check_count("metrics, params, and tags", limits::BATCH_ENTITIES_MAX, metrics + params + tags)
    }
}

fn check_count(what: &str, count_max: usize, count: usize) -> Result<(), Refusal> {
    if count <= count_max {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "A batch logging request can contain at most {count_max} {what}. Got {count} {what}. \
         Please split up {what} across multiple requests and try again."
    )))
}

fn check_keys_unique(params: &[Param]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    let repeated: Vec<String> = params
        .iter()
        .filter(|param| !seen.insert(&param.key))
        .map(|param| python_quoted(&param.key))
        .collect();
    if repeated.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "Duplicate parameter keys have been submitted: [{}]. Please ensure the request contains only one param value \
         per param key.",
        repeated.join(", ")
    )))
}

/// A param that was logged with one value and now came with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamChange {
    /// The key.
    pub key: String,
    /// The value that stands.
    pub old_value: String,
    /// The value that came.
    pub new_value: String,
}

/// The refusal of a param that came alone.
pub fn changed_param(run_id: &str, change: &ParamChange) -> Refusal {
    let ParamChange { key, old_value, new_value } = change;
    Refusal::invalid(format!(
        "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old_value}' \
         for run ID='{run_id}'. Attempted logging new value '{new_value}'."
    ))
}

/// The refusal of params that came in a batch.
pub fn changed_params(run_id: &str, changes: &[ParamChange]) -> Refusal {
    let shown: Vec<String> = changes
        .iter()
        .map(|ParamChange { key, old_value, new_value }| {
            let [key, old, new] = [key, old_value, new_value].map(|text| python_quoted(text));
            format!("{{'key': {key}, 'old_value': {old}, 'new_value': {new}}}")
        })
        .collect();
    Refusal::invalid(format!(
        "Changing param values is not allowed. Params were already logged='[{}]' for run ID='{run_id}'.",
        shown.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(key: &str) -> Param {
        Param { key: key.to_owned(), value: "1".to_owned() }
    }

    fn tags(count: usize) -> Vec<Tag> {
        (0..count).map(|index| Tag { key: format!("t{index}"), value: String::new() }).collect()
    }

    fn check(batch: Batch, expected: &str) {
        let batch = Batch { run_id: "r".to_owned(), ..batch };
        let answer = batch.checked(LongValues::Cut).map(|_| ()).map_err(|refusal| refusal.message);
        assert!(answer.as_ref().is_err_and(|message| message.contains(expected)), "{answer:?}");
    }

    #[test]
    fn too_many_of_a_kind_are_refused() {
        let params = (0..101).map(|index| param(&format!("p{index}"))).collect();
        check(Batch { params, ..Batch::default() }, "at most 100 params. Got 101 params.");
        check(Batch { tags: tags(101), ..Batch::default() }, "at most 100 tags. Got 101 tags.");
    }

    #[test]
    fn a_param_may_come_once_in_a_batch() {
        let params = vec![param("a"), param("b"), param("a"), param("a")];
        check(
            Batch { params, ..Batch::default() },
            "Duplicate parameter keys have been submitted: ['a', 'a'].",
        );
    }
}
