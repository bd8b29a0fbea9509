//! The search for runs.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tiltyard_domain::entity::{RunStatus, ViewType};
use tiltyard_domain::search::{
    DatasetAttribute, Facts, RunAttribute, RunField, RunOrderField, Value, parse_run_filter, parse_run_order,
};

use super::super::runs::RunSearch;
use super::{Place, expected, filter, order, text, texts};
use crate::engine::params;
use crate::{Error, Tx};

#[derive(Debug, Clone)]
pub(super) struct TestRun {
    pub(super) run_id: String,
    pub(super) experiment: i64,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) status: RunStatus,
    pub(super) started: i64,
    pub(super) ended: Option<i64>,
    pub(super) deleted: bool,
    pub(super) metrics: BTreeMap<String, f64>,
    pub(super) params: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) datasets: Vec<(String, String, Option<String>)>,
    pub(super) uri: String,
}

const CLAUSES: &[&str] = &[
    "metrics.a > #",
    "metrics.a != #",
    "metrics.a <= #",
    "metrics.b = #",
    "metrics.b < 1e999",
    "metrics.unknown != #",
    "params.p = '?'",
    "params.p != '?'",
    "params.p LIKE '%?_'",
    "params.p LIKE '?%'",
    "params.p ILIKE '?%'",
    "params.p IS NULL",
    "params.unknown IS NULL",
    "params.p IS NOT NULL",
    "tags.t = '?'",
    "tags.t ILIKE '?'",
    "tags.t IS NULL",
    "run_name = '?'",
    "run_name LIKE '?%'",
    "run_id IN ('r1', 'r3', 'r5', '?')",
    "run_id NOT IN ('r2')",
    "status = 'FINISHED'",
    "status != 'FAILED'",
    "status LIKE '%ED'",
    "user_id = '?'",
    "start_time >= #",
    "end_time != #",
    "artifact_uri LIKE '%r1%'",
    "datasets.name = '?'",
    "datasets.digest IN ('x', '?')",
    "datasets.context != '?'",
];

const FIELDS: &[&str] = &[
    "metrics.a",
    "metrics.b",
    "metrics.unknown",
    "params.p",
    "tags.t",
    "start_time",
    "end_time",
    "status",
    "run_name",
    "user_id",
    "artifact_uri",
    "run_id",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn runs_are_found_as_the_evaluator_finds_them(
        runs in vec(run(), 0..12),
        asked in vec((filter(CLAUSES), order(FIELDS), experiments(), view(), 1_usize..6, select(vec![0, 2, 1_000])), 1..12),
    ) {
        let runs = numbered(runs);
        let place = {
            let runs = runs.clone();
            Place::on_both(move |tx| runs.iter().try_for_each(|run| insert(tx, run)))
        };
        for (filter, order, experiments, view, size, few_max) in asked {
            let (filter, order) = (parse_run_filter(&filter).unwrap(), parse_run_order(&order).unwrap());
            let in_scope: Vec<TestRun> =
                runs.iter().filter(|run| experiments.contains(&run.experiment) && in_view(run, view)).cloned().collect();
            let expected: Vec<&str> =
                expected(&in_scope, &filter, &order).into_iter().map(|run| run.run_id.as_str()).collect();
            let found = place.all_pages(size, |read, cut| {
                let (filter, order) = (filter.clone(), order.clone());
                let search = RunSearch { experiments: experiments.clone(), view, filter, order, cut };
                Ok(read.page_of_runs(&search, few_max)?.map(|(_, run)| run.run_id))
            });
            prop_assert_eq!(found, expected, "{} by {:?} few {}", filter, order, few_max);
        }
    }
}

#[test]
fn runs_added_between_pages_make_no_gaps_and_no_repeats() {
    let run = |index: usize| {
        let metrics = BTreeMap::from([("a".to_owned(), f64::from(u8::try_from(index).unwrap()))]);
        TestRun { metrics, ..plain(&format!("r{index:02}")) }
    };
    let place = Place::filled(move |tx| (10..20).try_for_each(|index| insert(tx, &run(index))));
    let added = std::cell::Cell::new(0);
    let found = place.all_pages(2, |read, cut| {
        let page = read.page_of_runs(&by_metric(cut), 0)?.map(|(_, run)| run.run_id);
        let index = added.replace(added.get() + 1);
        place.change(move |tx| insert(tx, &run(30 + index)));
        Ok(page)
    });
    let expected: Vec<String> = (10..20).rev().map(|index| format!("r{index}")).collect();
    assert_eq!(found, expected);
}

pub(super) fn by_metric(cut: crate::Cut) -> RunSearch {
    let filter = parse_run_filter("").unwrap();
    let order = parse_run_order(&["metrics.a DESC".to_owned()]).unwrap();
    RunSearch { experiments: vec![1], view: ViewType::Active, filter, order, cut }
}

pub(super) fn plain(run_id: &str) -> TestRun {
    TestRun {
        run_id: run_id.to_owned(),
        experiment: 1,
        name: String::new(),
        user: String::new(),
        status: RunStatus::Finished,
        started: 0,
        ended: None,
        deleted: false,
        metrics: BTreeMap::new(),
        params: BTreeMap::new(),
        tags: BTreeMap::new(),
        datasets: Vec::new(),
        uri: String::new(),
    }
}

fn run() -> impl Strategy<Value = TestRun> {
    let number = || select(vec![-1.0, 0.0, 0.5, 1.0, 1e308, f64::NAN]);
    let key = |keys: &[&str]| select(keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
    let own = (
        1_i64..3,
        text(),
        text(),
        select(RunStatus::ALL.to_vec()),
        0_i64..3,
        option::of(0_i64..3),
        any::<bool>(),
    );
    let below = (
        btree_map(key(&["a", "b"]), number(), 0..3),
        btree_map(key(&["p", "q"]), text(), 0..3),
        btree_map(key(&["t", "mlflow.runName"]), text(), 0..3),
        vec((text(), text(), option::of(text())), 0..3),
    );
    (own, below).prop_map(|(own, below)| {
        let (experiment, name, user, status, started, ended, deleted) = own;
        let (metrics, params, tags, mut datasets) = below;
        datasets.sort();
        datasets.dedup_by(|left, right| left.0 == right.0 && left.1 == right.1);
        let own = TestRun { experiment, name, user, status, started, ended, deleted, ..plain("") };
        TestRun { metrics, params, tags, datasets, ..own }
    })
}

fn numbered(runs: Vec<TestRun>) -> Vec<TestRun> {
    let number = |(index, run): (usize, TestRun)| {
        let run_id = format!("r{}", 100 - index);
        TestRun { uri: format!("file:///{}/{run_id}/artifacts", run.experiment), run_id, ..run }
    };
    runs.into_iter().enumerate().map(number).collect()
}

fn experiments() -> impl Strategy<Value = Vec<i64>> {
    select(vec![vec![], vec![1], vec![1], vec![2], vec![1, 2], vec![2, 7]])
}

fn view() -> impl Strategy<Value = ViewType> {
    select(vec![ViewType::Active, ViewType::Deleted, ViewType::All])
}

fn in_view(run: &TestRun, view: ViewType) -> bool {
    view == ViewType::All || run.deleted == (view == ViewType::Deleted)
}

impl TestRun {
    fn attribute(&self, attribute: RunAttribute) -> Vec<Value<'_>> {
        match attribute {
            RunAttribute::RunId => vec![Value::Text(&self.run_id)],
            RunAttribute::RunName => vec![Value::Text(&self.name)],
            RunAttribute::StartTime => vec![Value::Integer(self.started)],
            RunAttribute::EndTime => self.ended.map(Value::Integer).into_iter().collect(),
            RunAttribute::Status => vec![Value::Text(self.status.name())],
            RunAttribute::UserId => vec![Value::Text(&self.user)],
            RunAttribute::ArtifactUri => vec![Value::Text(&self.uri)],
        }
    }
}

impl Facts<RunField> for TestRun {
    fn values(&self, field: &RunField) -> Vec<Value<'_>> {
        match field {
            RunField::Attribute(RunAttribute::RunName) => texts(self.tags.get("mlflow.runName")),
            RunField::Attribute(attribute) => self.attribute(*attribute),
            RunField::Metric(key) => {
                self.metrics.get(key).map(|value| Value::Number(*value)).into_iter().collect()
            }
            RunField::Param(key) => texts(self.params.get(key)),
            RunField::Tag(key) => texts(self.tags.get(key)),
            RunField::Dataset(attribute) => {
                self.datasets.iter().flat_map(|dataset| dataset_values(dataset, *attribute)).collect()
            }
        }
    }
}

fn dataset_values(dataset: &(String, String, Option<String>), attribute: DatasetAttribute) -> Vec<Value<'_>> {
    match attribute {
        DatasetAttribute::Name => vec![Value::Text(&dataset.0)],
        DatasetAttribute::Digest => vec![Value::Text(&dataset.1)],
        DatasetAttribute::Context => texts(dataset.2.as_ref()),
    }
}

impl Facts<RunOrderField> for TestRun {
    fn values(&self, field: &RunOrderField) -> Vec<Value<'_>> {
        match field {
            RunOrderField::Attribute(attribute) => self.attribute(*attribute),
            RunOrderField::Metric(key) => {
                self.metrics.get(key).map(|value| Value::Number(*value)).into_iter().collect()
            }
            RunOrderField::Param(key) => texts(self.params.get(key)),
            RunOrderField::Tag(key) => texts(self.tags.get(key)),
        }
    }
}

/// Puts a run into the tables, and its experiment where that is missing.
pub(super) fn insert(tx: &mut Tx<'_>, run: &TestRun) -> Result<(), Error> {
    let experiment = run.experiment;
    let location = format!("file:///{experiment}");
    tx.execute(
        "INSERT INTO experiments (id, workspace, name, location, deleted, created_ms, updated_ms)
         VALUES (?1, 1, ?2, ?2, 0, 0, 0) ON CONFLICT DO NOTHING",
        &params![experiment, &location],
    )?;
    let key: i64 = tx
        .one(
            "INSERT INTO runs (workspace, run_id, experiment, name, user_id, status, started_ms, ended_ms, deleted)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
            &params![
                &run.run_id, experiment, &run.name, &run.user, run.status as i64, run.started, run.ended, run.deleted
            ],
            |row| row.get(0),
        )?
        .unwrap();
    for (name, value) in &run.metrics {
        let name = key_of(tx, name)?;
        tx.execute(
            "INSERT INTO latest_metrics (run, key, experiment, started_ms, step, time_ms, value, is_nan)
             VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?6)",
            &params![
                key,
                name,
                experiment,
                run.started,
                if value.is_nan() { 0.0 } else { *value },
                value.is_nan()
            ],
        )?;
    }
    for (table, texts) in [("params", &run.params), ("run_tags", &run.tags)] {
        for (name, value) in texts {
            let name = key_of(tx, name)?;
            let sql = format!(
                "INSERT INTO {table} (run, key, experiment, started_ms, value) VALUES (?1, ?2, ?3, ?4, ?5)"
            );
            tx.execute(&sql, &params![key, name, experiment, run.started, value])?;
        }
    }
    run.datasets.iter().try_for_each(|dataset| insert_dataset(tx, key, experiment, dataset))
}

fn insert_dataset(
    tx: &mut Tx<'_>,
    run: i64,
    experiment: i64,
    (name, digest, context): &(String, String, Option<String>),
) -> Result<(), Error> {
    // A dataset of its own for each use, so that uses may differ in nothing but their context.
    let source = format!("{run} {name} {digest}");
    tx.execute(
        "INSERT INTO datasets (experiment, name, digest, source_type, source) VALUES (?1, ?2, ?3, 't', ?4)
         ON CONFLICT DO NOTHING",
        &params![experiment, name, digest, &source],
    )?;
    let dataset: i64 = tx
        .one(
            "SELECT id FROM datasets WHERE experiment = ?1 AND name = ?2 AND digest = ?3",
            &params![experiment, name, digest],
            |row| row.get(0),
        )?
        .unwrap();
    tx.execute(
        "INSERT INTO run_datasets (run, dataset, place) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
        &params![run, dataset],
    )?;
    if let Some(context) = context {
        tx.execute(
            "INSERT INTO run_dataset_tags (run, dataset, key, value) VALUES (?1, ?2, 'mlflow.data.context', ?3)
             ON CONFLICT DO NOTHING",
            &params![run, dataset, context],
        )?;
    }
    Ok(())
}

pub(super) fn key_of(tx: &mut Tx<'_>, name: &str) -> Result<i64, Error> {
    tx.execute("INSERT INTO keys (name) VALUES (?1) ON CONFLICT DO NOTHING", &params![name])?;
    Ok(tx.one("SELECT id FROM keys WHERE name = ?1", &params![name], |row| row.get(0))?.unwrap())
}
