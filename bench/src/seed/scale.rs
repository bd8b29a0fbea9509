//! The content of the stores of the scale suite: runs of 20 metrics and 10 params in one experiment, models of ten
//! versions, and one model of many. Like the other content, all of it follows from an index.

use serde_json::{Value, json};

use super::{Content, seed_run};
use crate::{
    failure::{Failure, Outcome},
    stats::float,
};

/// Metrics of a run.
pub(crate) const METRICS: u64 = 20;
/// Params of a run.
pub(crate) const PARAMS: u64 = 10;
/// Tags of a run, in the order in which the product makes their keys.
pub(crate) const TAGS: [&str; 3] = ["mlflow.user", "mlflow.source.name", "mlflow.runName"];
/// The model that has many versions.
pub(crate) const LARGE_MODEL: usize = 0;

/// The versions that it has in a small store: more than a page of them.
pub(crate) const FEW_VERSIONS: u32 = 200;

/// The first run began then.
const FIRST_START_MILLIS: i64 = 1_750_000_000_000;
/// Runs begin one after the other, and take nearly as long.
const PACE_MILLIS: i64 = 20_000;
const DURATION_MILLIS: i64 = 19_000;
const GOLDEN: f64 = 0.618_033_988_749_894_9;
const FIRST_METRICS: [&str; 5] = ["accuracy", "loss", "f1", "auc", "duration_seconds"];
const FIRST_PARAMS: [&str; 5] = ["model", "max_depth", "learning_rate", "seed", "dataset"];

/// How large a store is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Runs of the experiment that is searched.
    pub(crate) runs: usize,
    /// Registered models.
    pub(crate) models: usize,
    /// Versions of the first of them.
    pub(crate) versions: u32,
}

/// Name of a metric.
pub(crate) fn metric_key(metric: u64) -> String {
    name(&FIRST_METRICS, metric, "score")
}

/// Name of a param.
pub(crate) fn param_key(param: u64) -> String {
    name(&FIRST_PARAMS, param, "option")
}

fn name(first: &[&str], index: u64, others: &str) -> String {
    let known = usize::try_from(index).ok().and_then(|index| first.get(index));
    known.map_or_else(|| format!("{others}_{index:02}"), |name| (*name).to_owned())
}

/// Value of a metric of a run, to six digits. Each is spread evenly; the loss falls as the accuracy rises.
pub(crate) fn metric(run: usize, metric: u64) -> f64 {
    let spread = |factor: u64| (float(run as u64) * GOLDEN * float(factor)).fract();
    let value = match metric {
        0 => spread(1),
        1 => 1.0 - spread(1),
        4 => 600.0 * spread(7),
        other => spread(2 * other - 1),
    };
    (value * 1e6).round() / 1e6
}

/// Value of a param of a run.
pub(crate) fn param(run: usize, param: u64) -> String {
    match usize::try_from(param).ok().filter(|param| *param < FIRST_PARAMS.len()) {
        Some(known) => seed_run(run).params[known].1.clone(),
        None => (run as u64 % (7 * param)).to_string(),
    }
}

/// Value of a tag of a run.
pub(crate) fn tag(run: usize, tag: &str) -> String {
    let seed = seed_run(run);
    let known = seed.tags.into_iter().find(|(key, _)| *key == tag);
    known.map_or(seed.name, |(_, value)| value)
}

/// When a run began.
pub(crate) fn start_millis(run: usize) -> i64 {
    FIRST_START_MILLIS + PACE_MILLIS * i64::try_from(run).unwrap_or_default()
}

/// When a run ended.
pub(crate) fn end_millis(run: usize) -> i64 {
    start_millis(run) + DURATION_MILLIS
}

/// Id of a run: as the product's, they begin with the time, and go on at random.
pub(crate) fn run_id(run: usize) -> String {
    let random = mixed(run as u64);
    format!("{:012x}7{:03x}{:016x}", start_millis(run), mixed(random) & 0xfff, random | 1 << 63)
}

/// A number that looks like chance and follows from another.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// What must be known to use a seeded store again; the ids of its runs follow from their number.
pub(crate) fn noted(content: &Content) -> String {
    json!({
        "searched_experiment": content.searched_experiment,
        "written_experiment": content.written_experiment,
        "first_run": content.runs.first(),
        "runs": content.runs.len(),
        "write_runs": content.write_runs,
        "models": content.models,
        "versions": content.versions,
        "start_millis": content.start_millis,
    })
    .to_string()
}

/// Reads what [`noted`] wrote.
pub(crate) fn read_note(note: &str) -> Outcome<Content> {
    content_of(note).ok_or_else(|| Failure::new(format!("this is no note of a seeded store: {note}")))
}

fn content_of(note: &str) -> Option<Content> {
    let note: Value = serde_json::from_str(note).ok()?;
    let text = |value: &Value| Some(value.as_str()?.to_owned());
    let number = |name: &str| note.get(name)?.as_u64();
    Some(Content {
        searched_experiment: text(note.get("searched_experiment")?)?,
        written_experiment: text(note.get("written_experiment")?)?,
        runs: run_ids(text(note.get("first_run")?)?, usize::try_from(number("runs")?).ok()?),
        write_runs: note.get("write_runs")?.as_array()?.iter().map(text).collect::<Option<_>>()?,
        models: usize::try_from(number("models")?).ok()?,
        versions: u32::try_from(number("versions")?).ok()?,
        start_millis: note.get("start_millis")?.as_i64()?,
    })
}

/// Ids of that many runs. The first was made by REST, and has the id that it was given.
pub(crate) fn run_ids(first: String, runs: usize) -> Vec<String> {
    std::iter::once(first).chain((1..runs).map(run_id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_used_again_by_its_note() {
        let content = Content {
            searched_experiment: "1".to_owned(),
            written_experiment: "2".to_owned(),
            runs: run_ids("a".to_owned(), 3),
            write_runs: vec!["b".to_owned()],
            models: 4,
            versions: 5,
            start_millis: 6,
        };
        assert_eq!(noted(&read_note(&noted(&content)).unwrap()), noted(&content));
        assert!(read_note("{}").is_err());
    }

    #[test]
    fn ids_are_as_long_as_those_of_the_product_and_differ() {
        assert_eq!(run_id(1).len(), 32);
        assert!(run_id(1) < run_id(2));
    }
}
