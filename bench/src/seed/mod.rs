//! The content both servers hold: what it is. How it gets in is the affair of `mlflow` (SQL), `rest` (HTTP) and, for
//! stores of millions of rows, `bulk`. Everything follows from an index, so that all stores hold the same.

pub(crate) mod bulk;
pub(crate) mod mlflow;
pub(crate) mod rest;
pub(crate) mod scale;

/// Versions of every registered model.
pub(crate) const VERSIONS_PER_MODEL: u32 = 10;
/// The version that holds Production, and the alias.
pub(crate) const CHAMPION: u32 = 9;
/// The alias of [`CHAMPION`].
pub(crate) const ALIAS: &str = "champion";
/// Runs kept apart for writing to: one per connection.
pub(crate) const WRITE_RUNS: usize = 64;
/// Experiment that is searched.
pub(crate) const SEARCHED_EXPERIMENT: &str = "credit-scoring";
/// Experiment that is written to, so that searches keep the size they are measured at.
pub(crate) const WRITTEN_EXPERIMENT: &str = "nightly-training";

/// Fraction of the golden ratio: multiples of it spread evenly over 0..1 and never repeat.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
const FAMILIES: [&str; 4] = ["xgboost", "lightgbm", "forest", "linear"];

/// Ids a server gave to the content, needed to ask for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    /// Id of [`SEARCHED_EXPERIMENT`].
    pub(crate) searched_experiment: String,
    /// Id of [`WRITTEN_EXPERIMENT`].
    pub(crate) written_experiment: String,
    /// Runs of the searched experiment, by index.
    pub(crate) runs: Vec<String>,
    /// Runs to write to, by connection.
    pub(crate) write_runs: Vec<String>,
    /// Number of registered models.
    pub(crate) models: usize,
    /// Versions of the first model; the others have [`VERSIONS_PER_MODEL`].
    pub(crate) versions: u32,
    /// When seeding began, in milliseconds.
    pub(crate) start_millis: i64,
}

/// A seeded run.
#[derive(Debug)]
pub(crate) struct SeedRun {
    /// Its name.
    pub(crate) name: String,
    /// Latest value of each metric.
    pub(crate) metrics: [(&'static str, f64); 5],
    /// Parameters.
    pub(crate) params: [(&'static str, String); 5],
    /// Tags, the name's aside.
    pub(crate) tags: [(&'static str, String); 2],
}

/// The run of an index. One in four is of a family; accuracy is even over 0..1.
pub(crate) fn seed_run(index: usize) -> SeedRun {
    let spread = |factor: u32| (crate::stats::float(index as u64) * GOLDEN * f64::from(factor)).fract();
    let accuracy = spread(1);
    SeedRun {
        name: format!("training-{index}"),
        metrics: [
            ("accuracy", accuracy),
            ("loss", 1.0 - accuracy),
            ("f1", spread(3)),
            ("auc", spread(5)),
            ("duration_seconds", 600.0 * spread(7)),
        ],
        params: [
            ("model", FAMILIES[index % FAMILIES.len()].to_owned()),
            ("max_depth", (index % 12).to_string()),
            ("learning_rate", format!("0.{:03}", index % 300)),
            ("seed", index.to_string()),
            ("dataset", format!("loans-2026-{:02}", index % 11 + 1)),
        ],
        tags: [
            ("mlflow.user", format!("analyst-{}", index % 20)),
            ("mlflow.source.name", "train.py".to_owned()),
        ],
    }
}

/// Name of the model of an index.
pub(crate) fn model_name(index: usize) -> String {
    format!("model-{index}")
}

/// Stage of a version once seeded.
pub(crate) fn seed_stage(version: u32) -> &'static str {
    match version {
        CHAMPION => "Production",
        VERSIONS_PER_MODEL => "Staging",
        _ => "None",
    }
}

/// The run that a version of a model (by index) came from.
pub(crate) fn run_of_version(content: &Content, model: usize, version: u32) -> &str {
    let index = model * VERSIONS_PER_MODEL as usize + version as usize;
    content.runs.get(index % content.runs.len().max(1)).map_or("", String::as_str)
}

/// Where the model of a run lies.
pub(crate) fn model_source(experiment: &str, run: &str) -> String {
    format!("mlflow-artifacts:/{experiment}/{run}/artifacts/model")
}

/// Content that exists nowhere, for the bare server: requests of the same length that nobody looks at.
pub(crate) fn imaginary(runs: usize, models: usize) -> Content {
    let ids = |count: usize| (0..count).map(|index| format!("{index:032x}")).collect();
    Content {
        searched_experiment: "1".to_owned(),
        written_experiment: "2".to_owned(),
        runs: ids(runs),
        write_runs: ids(WRITE_RUNS),
        models,
        versions: VERSIONS_PER_MODEL,
        start_millis: 1_700_000_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_store_already_fills_a_page_of_the_search() {
        let matches =
            (0..2_000).map(seed_run).filter(|run| run.params[0].1 == "xgboost" && run.metrics[0].1 > 0.5);
        assert!(matches.count() >= 100);
    }
}
