//! Puts the content into a server through its REST API, over many connections, as a busy team would.
//! Slow for `MLflow`, which is why `mlflow` exists beside it.

use std::net::SocketAddr;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::{
    ALIAS, CHAMPION, Content, SEARCHED_EXPERIMENT, SeedRun, VERSIONS_PER_MODEL, WRITE_RUNS,
    WRITTEN_EXPERIMENT, model_name, model_source, run_of_version, scale, seed_run, seed_stage,
};
use crate::{
    client::Connection,
    failure::{During as _, Failure, Outcome},
    requests,
};

const CONNECTIONS: usize = 64;

/// A server to be filled, and the client version to claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// `MLflow` version the headers claim.
    pub(crate) client_version: &'a str,
}

impl Target<'_> {
    async fn connect(self) -> Outcome<Connection> {
        Connection::open(self.address, self.client_version).await
    }
}

/// Creates both experiments and the runs to write to: the part every server gets by REST.
pub(crate) async fn lay_ground(target: Target<'_>, start_millis: i64) -> Outcome<Content> {
    let mut connection = target.connect().await?;
    let searched_experiment = create_experiment(&mut connection, SEARCHED_EXPERIMENT).await?;
    let written_experiment = create_experiment(&mut connection, WRITTEN_EXPERIMENT).await?;
    let mut write_runs = Vec::with_capacity(WRITE_RUNS);
    for index in 0..WRITE_RUNS {
        let call = requests::create_run(&written_experiment, &format!("write-{index}"), start_millis, &[]);
        write_runs.push(run_id(&connection.expect(call).await?)?);
    }
    Ok(Content { searched_experiment, written_experiment, write_runs, start_millis, ..Content::default() })
}

/// Adds runs until there are `count`.
pub(crate) async fn add_runs(target: Target<'_>, content: &mut Content, count: usize) -> Outcome<()> {
    let first = content.runs.len();
    let seen: &Content = content;
    let lanes =
        (0..CONNECTIONS).map(|lane| run_lane(target, seen, (first + lane..count).step_by(CONNECTIONS)));
    let mut runs: Vec<(usize, String)> = try_join_all(lanes).await?.into_iter().flatten().collect();
    runs.sort_unstable();
    content.runs.extend(runs.into_iter().map(|(_, id)| id));
    Ok(())
}

/// Adds `count` registered models with their versions.
pub(crate) async fn add_models(target: Target<'_>, content: &mut Content, count: usize) -> Outcome<()> {
    let seen: &Content = content;
    let lanes = (0..CONNECTIONS).map(|lane| model_lane(target, seen, (lane..count).step_by(CONNECTIONS)));
    try_join_all(lanes).await?;
    content.models = count;
    content.versions = VERSIONS_PER_MODEL;
    Ok(())
}

/// Adds the first run and the first model of a store of the scale suite.
pub(crate) async fn add_first(target: Target<'_>, content: &mut Content) -> Outcome<()> {
    add_scale_run(target, content, 0).await?;
    add_model(&mut target.connect().await?, content, scale::LARGE_MODEL).await?;
    content.models = 1;
    content.versions = VERSIONS_PER_MODEL;
    Ok(())
}

/// Adds the rest of such a store: slow, and the measure of whether rows that were copied in are the same.
pub(crate) async fn add_others(target: Target<'_>, content: &mut Content, size: scale::Size) -> Outcome<()> {
    for run in 1..size.runs {
        add_scale_run(target, content, run).await?;
    }
    let mut connection = target.connect().await?;
    for model in 1..size.models {
        add_model(&mut connection, content, model).await?;
    }
    let name = model_name(scale::LARGE_MODEL);
    for version in VERSIONS_PER_MODEL + 1..=size.versions {
        let run = run_of_version(content, scale::LARGE_MODEL, version);
        let source = model_source(&content.searched_experiment, run);
        connection.expect(requests::create_version(&name, &source, run)).await?;
    }
    content.models = size.models;
    content.versions = size.versions;
    Ok(())
}

async fn add_scale_run(target: Target<'_>, content: &mut Content, run: usize) -> Outcome<()> {
    let mut connection = target.connect().await?;
    let [user, source, name] = scale::TAGS.map(|key| (key, scale::tag(run, key)));
    let time = scale::start_millis(run);
    let create = requests::create_run(&content.searched_experiment, &name.1, time, &[user, source]);
    let id = run_id(&connection.expect(create).await?)?;
    let points: Vec<requests::Point> = (0..scale::METRICS)
        .map(|metric| requests::Point {
            key: scale::metric_key(metric),
            value: scale::metric(run, metric),
            time,
            step: 0,
        })
        .collect();
    let names: Vec<String> = (0..scale::PARAMS).map(scale::param_key).collect();
    let params: Vec<(&str, String)> = (0..scale::PARAMS)
        .zip(&names)
        .map(|(param, name)| (name.as_str(), scale::param(run, param)))
        .collect();
    connection.expect(requests::log_batch(&id, &points, &params)).await?;
    connection.expect(requests::end_run(&id, scale::end_millis(run))).await?;
    content.runs.push(id);
    Ok(())
}

async fn run_lane(
    target: Target<'_>,
    content: &Content,
    indexes: impl Iterator<Item = usize>,
) -> Outcome<Vec<(usize, String)>> {
    let mut connection = target.connect().await?;
    let mut made = Vec::new();
    for index in indexes {
        made.push((index, add_run(&mut connection, content, index).await?));
    }
    Ok(made)
}

async fn add_run(connection: &mut Connection, content: &Content, index: usize) -> Outcome<String> {
    let SeedRun { name, metrics, params, tags } = seed_run(index);
    let time = content.start_millis;
    let create = requests::create_run(&content.searched_experiment, &name, time, &tags);
    let id = run_id(&connection.expect(create).await?)?;
    let points = metrics.map(|(key, value)| requests::Point { key: key.to_owned(), value, time, step: 0 });
    connection.expect(requests::log_batch(&id, &points, &params)).await?;
    Ok(id)
}

async fn model_lane(
    target: Target<'_>,
    content: &Content,
    indexes: impl Iterator<Item = usize>,
) -> Outcome<()> {
    let mut connection = target.connect().await?;
    for index in indexes {
        add_model(&mut connection, content, index).await?;
    }
    Ok(())
}

async fn add_model(connection: &mut Connection, content: &Content, index: usize) -> Outcome<()> {
    let name = model_name(index);
    connection.expect(requests::create_model(&name)).await?;
    for version in 1..=VERSIONS_PER_MODEL {
        let run = run_of_version(content, index, version);
        let source = model_source(&content.searched_experiment, run);
        connection.expect(requests::create_version(&name, &source, run)).await?;
        if seed_stage(version) != "None" {
            connection.expect(requests::transition(&name, version, seed_stage(version))).await?;
        }
    }
    connection.expect(requests::set_alias(&name, ALIAS, CHAMPION)).await?;
    Ok(())
}

async fn create_experiment(connection: &mut Connection, name: &str) -> Outcome<String> {
    let answer = connection.expect(requests::create_experiment(name)).await?;
    text_at(&answer, "/experiment_id")
}

/// The id in an answer to a run's creation.
pub(crate) fn run_id(answer: &[u8]) -> Outcome<String> {
    text_at(answer, "/run/info/run_id")
}

fn text_at(answer: &[u8], pointer: &str) -> Outcome<String> {
    let value: Value = serde_json::from_slice(answer).during("parsing an answer")?;
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Failure::new(format!("the answer {value} has no {pointer}")))
}
