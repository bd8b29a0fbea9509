//! Which rows of the tables of MLflow's server make a run, a model and a version.

use super::{Database, Row, row, whole};
use crate::{
    failure::{Failure, Outcome},
    seed::{Content, VERSIONS_PER_MODEL, model_name, run_of_version, scale},
};

/// Adds what `fill` of this folder wants.
pub(crate) fn rows(database: &mut dyn Database, content: &Content, size: scale::Size) -> Outcome<()> {
    add_runs(database, content)?;
    add_models(database, content, size)
}

fn add_runs(database: &mut dyn Database, content: &Content) -> Outcome<()> {
    let ids = &content.runs;
    let [first, ..] = ids.as_slice() else { return Err(Failure::new("there is no first run")) };
    let pattern = row(database, &format!("SELECT * FROM runs WHERE run_uuid = '{first}'"))?;
    database.load("runs", &pattern, ids.len() as u64 - 1, &mut |index, row| {
        let run = usize::try_from(index).unwrap_or(usize::MAX) + 1;
        row.clone_from(&pattern);
        row.replace(first, &ids[run]).set("name", scale::tag(run, "mlflow.runName"));
        row.set("start_time", scale::start_millis(run)).set("end_time", scale::end_millis(run));
    })?;
    let metric = |row: &mut Row, run: usize, place: u64| {
        row.set("key", scale::metric_key(place)).set("value", scale::metric(run, place));
        row.set("timestamp", scale::start_millis(run));
    };
    add_below(database, "metrics", ids, scale::METRICS, metric)?;
    add_below(database, "latest_metrics", ids, scale::METRICS, metric)?;
    add_below(database, "params", ids, scale::PARAMS, |row, run, place| {
        row.set("key", scale::param_key(place)).set("value", scale::param(run, place));
    })?;
    add_below(database, "tags", ids, scale::TAGS.len() as u64, |row, run, place| {
        let key = scale::TAGS[usize::try_from(place).unwrap_or_default()];
        row.set("key", key).set("value", scale::tag(run, key));
    })
}

/// Copies a row that hangs below the first run, that many times for every other one.
fn add_below(
    database: &mut dyn Database,
    table: &str,
    ids: &[String],
    width: u64,
    fill: impl Fn(&mut Row, usize, u64),
) -> Outcome<()> {
    let pattern = row(database, &format!("SELECT * FROM {table} WHERE run_uuid = '{}' LIMIT 1", ids[0]))?;
    database.load(table, &pattern, (ids.len() as u64 - 1) * width, &mut |index, row| {
        let run = usize::try_from(index / width).unwrap_or(usize::MAX) + 1;
        row.set("run_uuid", ids[run].as_str());
        fill(row, run, index % width);
    })
}

fn add_models(database: &mut dyn Database, content: &Content, size: scale::Size) -> Outcome<()> {
    let (name, run) = (model_name(scale::LARGE_MODEL), content.runs.first().cloned().unwrap_or_default());
    let copied = size.models as u64 - 1;
    let model_of = |index: u64, width: u64| usize::try_from(index / width).unwrap_or(usize::MAX) + 1;
    for (table, order) in
        [("registered_models", "name"), ("model_versions", "version"), ("registered_model_aliases", "alias")]
    {
        let rows = database.rows(&format!("SELECT * FROM {table} WHERE name = '{name}' ORDER BY {order}"))?;
        let Some(first) = rows.first() else { return Err(Failure::new(format!("{table} is empty"))) };
        let width = rows.len() as u64;
        database.load(table, first, copied * width, &mut |index, row| {
            let model = model_of(index, width);
            row.clone_from(&rows[usize::try_from(index % width).unwrap_or_default()]);
            let version = u32::try_from(row.integer("version")).unwrap_or_default();
            row.set("name", model_name(model)).replace(&run, run_of_version(content, model, version));
        })?;
    }
    let first =
        row(database, &format!("SELECT * FROM model_versions WHERE name = '{name}' AND version = 1"))?;
    let added = u64::from(size.versions.saturating_sub(VERSIONS_PER_MODEL));
    database.load("model_versions", &first, added, &mut |index, row| {
        let version = u32::try_from(index).unwrap_or(u32::MAX) + VERSIONS_PER_MODEL + 1;
        row.clone_from(&first);
        row.set("version", i64::from(version));
        row.set("creation_time", content.start_millis + i64::from(version));
        row.set("last_updated_time", content.start_millis + whole(version as usize));
        row.replace(&run, run_of_version(content, scale::LARGE_MODEL, version));
    })
}
