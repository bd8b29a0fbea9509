//! The search for logged models.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tiltyard_domain::search::{
    DatasetScope, Facts, LoggedModelAttribute, LoggedModelField, LoggedModelOrderField,
    LoggedModelOrderRequest, Value, parse_logged_model_filter, parse_logged_model_order,
};

use super::super::logged_models::LoggedModelSearch;
use super::runs::{key_of, plain};
use super::{Place, expected, filter, text, texts};
use crate::engine::params;
use crate::{Error, Tx};

#[derive(Debug, Clone)]
struct TestLoggedModel {
    model_id: String,
    experiment: i64,
    name: String,
    source_run_id: Option<String>,
    model_type: Option<String>,
    status: i64,
    created: i64,
    deleted: bool,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    metrics: Vec<Observation>,
}

/// A value of the metric `a` on a dataset, by one of two runs.
#[derive(Debug, Clone)]
struct Observation {
    run: i64,
    step: i64,
    time: i64,
    dataset: (String, String),
    value: f64,
}

const CLAUSES: &[&str] = &[
    "metrics.a > #",
    "metrics.a != #",
    "metrics.unknown = #",
    "params.p = '?'",
    "params.p LIKE '%?'",
    "tags.t != '?'",
    "tags.t ILIKE '?%'",
    "name = '?'",
    "model_id IN ('m1', 'm3')",
    "model_type != '?'",
    "source_run_id = '?'",
    "creation_timestamp >= #",
    "status = 'READY'",
    "status LIKE '%ED'",
    "lifecycle_stage != 'deleted'",
    "experiment_id = '2'",
];
const STATES: [&str; 4] = ["UNSPECIFIED", "PENDING", "READY", "FAILED"];
const FIELDS: &[&str] =
    &["metrics.a", "metrics.unknown", "name", "model_type", "status", "creation_timestamp", "model_id"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]
    #[test]
    fn logged_models_are_found_as_the_evaluator_finds_them(
        models in vec(model(), 0..9),
        asked in vec((filter(CLAUSES), vec(dataset(), 0..2), vec(order(), 0..3), 1_usize..5, experiments(), select(vec![0, 1_000])), 1..8),
    ) {
        let number = |(index, model)| TestLoggedModel { model_id: format!("m{index}"), ..model };
        let models: Vec<TestLoggedModel> = (0..).zip(models).map(number).collect();
        let rows = models.clone();
        let place = Place::on_both(move |tx| {
            for (run, experiment) in [("run b", 1), ("run a", 2)] {
                super::runs::insert(tx, &super::runs::TestRun { experiment, ..plain(run) })?;
            }
            rows.iter().try_for_each(|row| insert(tx, row))
        });
        let models: Vec<TestLoggedModel> = models.into_iter().filter(|model| !model.deleted).collect();
        for (filter, datasets, order, size, experiments, few_max) in asked {
            let filter = parse_logged_model_filter(&filter, &datasets).unwrap();
            let order = parse_logged_model_order(&order).unwrap();
            let in_scope: Vec<TestLoggedModel> =
                models.iter().filter(|model| experiments.contains(&model.experiment)).cloned().collect();
            let expected: Vec<&str> =
                expected(&in_scope, &filter, &order).into_iter().map(|row| row.model_id.as_str()).collect();
            let found = place.all_pages(size, |read, cut| {
                let (filter, order) = (filter.clone(), order.clone());
                let search = LoggedModelSearch { experiments: experiments.clone(), filter, order, cut };
                Ok(read.page_of_logged_models(&search, few_max)?.map(|(_, model)| model.model_id))
            });
            prop_assert_eq!(found, expected, "{} {:?}", filter, order);
        }
    }
}

fn experiments() -> impl Strategy<Value = Vec<i64>> {
    select(vec![vec![1, 2], vec![1, 2], vec![2], vec![]])
}

fn dataset() -> impl Strategy<Value = DatasetScope> {
    let digest = option::of(select(vec!["1".to_owned(), "2".to_owned()]));
    (select(vec!["d", "e"]), digest)
        .prop_map(|(name, digest)| DatasetScope { name: Some(name.to_owned()), digest })
}

fn order() -> impl Strategy<Value = LoggedModelOrderRequest> {
    let scope = prop_oneof![Just(DatasetScope::default()), dataset()];
    (select(FIELDS), any::<bool>(), scope).prop_map(|(field, ascending, dataset)| LoggedModelOrderRequest {
        field_name: field.to_owned(),
        ascending,
        dataset,
    })
}

fn model() -> impl Strategy<Value = TestLoggedModel> {
    let deleted = select(vec![false, false, false, true]);
    let own = (1_i64..3, text(), option::of(text()), option::of(text()), 0_i64..4, 0_i64..3, deleted);
    let keyed = |key: &'static str| btree_map(Just(key.to_owned()), text(), 0..2);
    (own, keyed("p"), keyed("t"), vec(observation(), 0..4)).prop_map(|(own, params, tags, mut metrics)| {
        let (experiment, name, source_run_id, model_type, status, created, deleted) = own;
        let model_id = String::new();
        metrics.sort_by_key(Observation::key);
        metrics.dedup_by_key(|observation| observation.key());
        TestLoggedModel {
            model_id,
            experiment,
            name,
            source_run_id,
            model_type,
            status,
            created,
            deleted,
            params,
            tags,
            metrics,
        }
    })
}

fn observation() -> impl Strategy<Value = Observation> {
    let name = select(vec!["", "d", "e"]);
    let value = select(vec![-1.0, 0.0, 0.5, 1.0, 2.0, f64::NAN]);
    (1_i64..3, 0_i64..2, 0_i64..2, name, 1_i32..3, value).prop_map(
        |(run, step, time, name, digest, value)| {
            let digest = if name.is_empty() { String::new() } else { digest.to_string() };
            Observation { run, step, time, dataset: (name.to_owned(), digest), value }
        },
    )
}

impl Observation {
    fn key(&self) -> (i64, i64, i64, (String, String)) {
        (self.run, self.step, self.time, self.dataset.clone())
    }

    /// Latest first; among equals the run named "run a", which is the second.
    fn rank(&self) -> (i64, i64, i64, (String, String)) {
        (-self.time, -self.step, -self.run, self.dataset.clone())
    }

    fn is_on(&self, scope: &DatasetScope) -> bool {
        let (name, digest) = &self.dataset;
        scope.covers(Some(name), Some(digest))
    }
}

impl TestLoggedModel {
    fn attribute(&self, attribute: LoggedModelAttribute) -> Vec<Value<'_>> {
        match attribute {
            LoggedModelAttribute::CreationTimestamp | LoggedModelAttribute::LastUpdatedTimestamp => {
                vec![Value::Integer(self.created)]
            }
            LoggedModelAttribute::ExperimentId => vec![Value::Integer(self.experiment)],
            LoggedModelAttribute::LifecycleStage => vec![Value::Text("active")],
            LoggedModelAttribute::ModelId => vec![Value::Text(&self.model_id)],
            LoggedModelAttribute::ModelType => texts(self.model_type.as_ref()),
            LoggedModelAttribute::Name => vec![Value::Text(&self.name)],
            LoggedModelAttribute::SourceRunId => texts(self.source_run_id.as_ref()),
            LoggedModelAttribute::Status => vec![Value::Text(STATES[usize::try_from(self.status).unwrap()])],
            LoggedModelAttribute::ArtifactLocation | LoggedModelAttribute::StatusMessage => Vec::new(),
        }
    }

    fn on(&self, datasets: &[DatasetScope]) -> Vec<&Observation> {
        let counts = |observation: &&Observation| {
            datasets.is_empty() || datasets.iter().any(|dataset| observation.is_on(dataset))
        };
        self.metrics.iter().filter(counts).collect()
    }
}

impl Facts<LoggedModelField> for TestLoggedModel {
    fn values(&self, field: &LoggedModelField) -> Vec<Value<'_>> {
        let numbers = |found: Vec<&Observation>| found.iter().map(|one| Value::Number(one.value)).collect();
        match field {
            LoggedModelField::Attribute(attribute) => self.attribute(*attribute),
            LoggedModelField::Param(key) => texts(self.params.get(key)),
            LoggedModelField::Tag(key) => texts(self.tags.get(key)),
            LoggedModelField::Metric { key, datasets } if key == "a" => numbers(self.on(datasets)),
            LoggedModelField::Metric { .. } => Vec::new(),
            LoggedModelField::Measured { datasets } => numbers(self.on(datasets)),
        }
    }
}

impl Facts<LoggedModelOrderField> for TestLoggedModel {
    fn values(&self, field: &LoggedModelOrderField) -> Vec<Value<'_>> {
        match field {
            // Sorted by its number, as MLflow does; filtered by its name.
            LoggedModelOrderField::Attribute(LoggedModelAttribute::Status) => {
                vec![Value::Integer(self.status)]
            }
            LoggedModelOrderField::Attribute(attribute) => self.attribute(*attribute),
            LoggedModelOrderField::Metric { key, dataset } if key == "a" => {
                let latest =
                    self.on(std::slice::from_ref(dataset)).into_iter().min_by_key(|found| found.rank());
                latest.map(|found| Value::Number(found.value)).into_iter().collect()
            }
            LoggedModelOrderField::Metric { .. } => Vec::new(),
        }
    }
}

fn insert(tx: &mut Tx<'_>, row: &TestLoggedModel) -> Result<(), Error> {
    let id: i64 = tx
        .one(
            "INSERT INTO logged_models
                 (workspace, model_id, experiment, name, source_run_id, model_type, status, created_ms, updated_ms, deleted)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) RETURNING id",
            &params![
                &row.model_id, row.experiment, &row.name, row.source_run_id.as_deref(), row.model_type.as_deref(),
                row.status, row.created, row.deleted
            ],
            |row| row.get(0),
        )?
        .unwrap();
    for (table, texts) in [("logged_model_params", &row.params), ("logged_model_tags", &row.tags)] {
        for (key, value) in texts {
            let key = key_of(tx, key)?;
            let sql = format!("INSERT INTO {table} (model, key, value) VALUES (?1, ?2, ?3)");
            tx.execute(&sql, &params![id, key, value])?;
        }
    }
    let key = key_of(tx, "a")?;
    for Observation { run, step, time, dataset: (name, digest), value } in &row.metrics {
        tx.execute(
            "INSERT INTO logged_model_metrics
                 (model, key, run, dataset_name, dataset_digest, step, time_ms, value, is_nan)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            &params![
                id,
                key,
                *run,
                name,
                digest,
                *step,
                *time,
                if value.is_nan() { 0.0 } else { *value },
                value.is_nan()
            ],
        )?;
    }
    Ok(())
}
