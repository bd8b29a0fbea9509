//! Puts the content into `MLflow`'s own `SQLite` schema, which `MLflow` made itself: through its REST API the runs would take
//! most of an hour. Only for benchmarks, and only for the columns `MLflow` 3 fills when the same arrives by REST.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

use super::{
    ALIAS, CHAMPION, Content, SeedRun, VERSIONS_PER_MODEL, model_name, model_source, run_of_version,
    seed_run, seed_stage,
};
use crate::failure::{During as _, Outcome};

const RUN: &str = "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, \
    start_time, source_version, lifecycle_stage, artifact_uri, experiment_id) \
    VALUES (?1, ?2, 'UNKNOWN', '', '', 'bench', 'RUNNING', ?3, '', 'active', ?4, ?5)";
const METRIC: &str =
    "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?1, ?2, ?3, ?4, 0, 0)";
const LATEST: &str = "INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?1, ?2, ?3, ?4, 0, 0)";
const PARAM: &str = "INSERT INTO params (key, value, run_uuid) VALUES (?1, ?2, ?3)";
const TAG: &str = "INSERT INTO tags (key, value, run_uuid) VALUES (?1, ?2, ?3)";
const MODEL: &str = "INSERT INTO registered_models (name, creation_time, last_updated_time, description) \
    VALUES (?1, ?2, ?2, '')";
const VERSION: &str = "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, \
    current_stage, source, run_id, status, run_link, storage_location) \
    VALUES (?1, ?2, ?3, ?3, '', ?4, ?5, ?6, 'READY', '', ?5)";
const MODEL_ALIAS: &str = "INSERT INTO registered_model_aliases (alias, version, name) VALUES (?1, ?2, ?3)";

/// Adds runs until there are `count`.
pub(crate) fn add_runs(database: &Path, content: &mut Content, count: usize) -> Outcome<()> {
    in_transaction(database, |transaction| {
        for index in content.runs.len()..count {
            let id = format!("{index:032x}");
            insert_run(transaction, content, &id, index)?;
            content.runs.push(id);
        }
        Ok(())
    })
}

/// Adds `count` registered models with their versions.
pub(crate) fn add_models(database: &Path, content: &mut Content, count: usize) -> Outcome<()> {
    in_transaction(database, |transaction| {
        (0..count).try_for_each(|index| insert_model(transaction, content, index))
    })?;
    content.models = count;
    content.versions = VERSIONS_PER_MODEL;
    Ok(())
}

fn in_transaction(
    database: &Path,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
) -> Outcome<()> {
    let mut connection = Connection::open(database).during("opening MLflow's database")?;
    let transaction = connection.transaction().during("starting to seed MLflow")?;
    work(&transaction).during("seeding MLflow's tables")?;
    transaction.commit().during("committing MLflow's seed")
}

fn insert_run(
    transaction: &Transaction<'_>,
    content: &Content,
    id: &str,
    index: usize,
) -> rusqlite::Result<()> {
    let SeedRun { name, metrics, params, tags } = seed_run(index);
    let experiment = &content.searched_experiment;
    let artifacts = format!("mlflow-artifacts:/{experiment}/{id}/artifacts");
    let time = content.start_millis;
    transaction.prepare_cached(RUN)?.execute(params![id, name, time, artifacts, experiment])?;
    for (key, value) in metrics {
        transaction.prepare_cached(METRIC)?.execute(params![key, value, time, id])?;
        transaction.prepare_cached(LATEST)?.execute(params![key, value, time, id])?;
    }
    for (key, value) in params {
        transaction.prepare_cached(PARAM)?.execute(params![key, value, id])?;
    }
    for (key, value) in tags.into_iter().chain([("mlflow.runName", name)]) {
        transaction.prepare_cached(TAG)?.execute(params![key, value, id])?;
    }
    Ok(())
}

fn insert_model(transaction: &Transaction<'_>, content: &Content, index: usize) -> rusqlite::Result<()> {
    let (name, time) = (model_name(index), content.start_millis);
    transaction.prepare_cached(MODEL)?.execute(params![name, time])?;
    for version in 1..=VERSIONS_PER_MODEL {
        let run = run_of_version(content, index, version);
        let source = model_source(&content.searched_experiment, run);
        let stage = seed_stage(version);
        transaction.prepare_cached(VERSION)?.execute(params![name, version, time, stage, source, run])?;
    }
    transaction.prepare_cached(MODEL_ALIAS)?.execute(params![ALIAS, CHAMPION, name])?;
    Ok(())
}
