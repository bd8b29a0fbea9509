//! The searches for models and versions.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tiltyard_domain::entity::Tag;
use tiltyard_domain::search::{
    Facts, ModelField, ModelOrderField, Value, VersionAttribute, VersionField, VersionOrderField,
    parse_model_filter, parse_model_order, parse_version_filter, parse_version_order,
};

use super::super::models::ModelSearch;
use super::super::versions::VersionSearch;
use super::{Place, expected, filter, order, text, texts};
use crate::engine::params;
use crate::{Error, Tx};

#[derive(Debug, Clone)]
struct TestModel {
    name: String,
    updated: i64,
    prompt: bool,
    deleted: bool,
    tags: BTreeMap<String, String>,
    versions: Vec<TestVersion>,
}

#[derive(Debug, Clone)]
struct TestVersion {
    model: String,
    number: i64,
    created: i64,
    updated: i64,
    run_id: Option<String>,
    source: String,
    prompt: bool,
    tags: BTreeMap<String, String>,
}

const MODEL_CLAUSES: &[&str] = &[
    "name = 'm1?'",
    "name != 'm2x'",
    "name LIKE 'm%?'",
    "name ILIKE 'M%'",
    "name IN ('m1x', 'm2', 'm3?')",
    "name NOT IN ('m1x')",
    "tags.t = '?'",
    "tags.t ILIKE '%?'",
    "tags.t IS NULL",
    "tags.`mlflow.prompt.is_prompt` = 'true'",
    "tags.`mlflow.prompt.is_prompt` != 'true'",
];
const VERSION_CLAUSES: &[&str] = &[
    "name = 'm1'",
    "name LIKE 'm%?'",
    "name LIKE 'm1%'",
    "name IN ('m0', 'm1', 'm2x')",
    "run_id = '?'",
    "run_id != '?'",
    "run_id IN ('x', '?')",
    "run_id NOT IN ('x', '?')",
    "run_id LIKE '%'",
    "run_id = ''",
    "source_path LIKE '%?'",
    "version_number > 1",
    "version_number = 2",
    "tags.t = '?'",
    "tags.t IS NOT NULL",
    "tags.`mlflow.prompt.is_prompt` = 'true'",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn models_and_versions_are_found_as_the_evaluator_finds_them(
        models in vec(model(), 0..7),
        for_models in vec((filter(MODEL_CLAUSES), order(&["name", "timestamp"]), 1_usize..4), 1..6),
        for_versions in vec((
            filter(VERSION_CLAUSES),
            order(&["name", "version_number", "creation_timestamp", "last_updated_timestamp"]),
            1_usize..6,
            select(vec![0, 1_000]),
        ), 1..6),
    ) {
        let models = named(models);
        let rows = models.clone();
        let place = Place::on_both(move |tx| rows.iter().try_for_each(|row| insert(tx, row)));
        let models: Vec<TestModel> = models.into_iter().filter(|model| !model.deleted).collect();
        for (filter, order, size) in for_models {
            let (filter, order) = (parse_model_filter(&filter).unwrap(), parse_model_order(&order).unwrap());
            let expected: Vec<(&str, usize)> =
                expected(&models, &filter, &order).into_iter().map(|row| (row.name.as_str(), row.tags.len())).collect();
            let found = place.all_pages(size, |read, cut| {
                let search = ModelSearch { filter: filter.clone(), order: order.clone(), cut };
                read.search_models(&search)
            });
            let found: Vec<(&str, usize)> = found.iter().map(|model| (model.name.as_str(), model.tags.len())).collect();
            prop_assert_eq!(found, expected, "{} {:?}", filter, order);
        }
        let versions: Vec<TestVersion> = models.into_iter().flat_map(|model| model.versions).collect();
        for (filter, order, size, few_max) in for_versions {
            let (filter, order) = (parse_version_filter(&filter).unwrap(), parse_version_order(&order).unwrap());
            let expected: Vec<(&str, i64)> =
                expected(&versions, &filter, &order).into_iter().map(|row| (row.model.as_str(), row.number)).collect();
            let found = place.all_pages(size, |read, cut| {
                let search = VersionSearch { filter: filter.clone(), order: order.clone(), cut };
                Ok(read.page_of_versions(&search, few_max)?.map(|(_, version)| version))
            });
            let found: Vec<(&str, i64)> =
                found.iter().map(|version| (version.model.as_str(), version.number)).collect();
            prop_assert_eq!(found, expected, "{} {:?}", filter, order);
        }
    }
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    let key = select(vec!["t".to_owned(), "mlflow.prompt.is_prompt".to_owned()]);
    btree_map(key, text(), 0..3)
}

fn model() -> impl Strategy<Value = TestModel> {
    let deleted = select(vec![false, false, false, true]);
    (text(), 0_i64..3, deleted, tags(), vec(version(), 0..4)).prop_map(
        |(name, updated, deleted, tags, versions)| TestModel {
            name,
            updated,
            prompt: false,
            deleted,
            tags,
            versions,
        },
    )
}

fn version() -> impl Strategy<Value = TestVersion> {
    (0_i64..3, 0_i64..3, option::of(text()), text(), tags()).prop_map(
        |(created, updated, run_id, source, tags)| {
            let model = String::new();
            TestVersion { model, number: 0, created, updated, run_id, source, prompt: false, tags }
        },
    )
}

/// Gives the models their names, and the versions their models, numbers and kinds.
fn named(models: Vec<TestModel>) -> Vec<TestModel> {
    let name = |(index, mut model): (usize, TestModel)| {
        model.name = format!("m{index}{}", model.name);
        model.prompt = model.tags.get("mlflow.prompt.is_prompt").is_some_and(|value| value == "true");
        for (number, version) in (1..).zip(&mut model.versions) {
            version.model.clone_from(&model.name);
            version.number = number;
        }
        let marker = |version: &TestVersion| {
            version.tags.get("mlflow.prompt.is_prompt").is_some_and(|value| value == "true")
        };
        let has_prompts = model.versions.iter().any(marker);
        for version in &mut model.versions {
            version.prompt = has_prompts;
        }
        model
    };
    models.into_iter().enumerate().map(name).collect()
}

fn presence(present: bool) -> Vec<Value<'static>> {
    if present { vec![Value::Text("true")] } else { Vec::new() }
}

impl Facts<ModelField> for TestModel {
    fn values(&self, field: &ModelField) -> Vec<Value<'_>> {
        match field {
            ModelField::Name => vec![Value::Text(&self.name)],
            ModelField::Tag(key) => texts(self.tags.get(key)),
            ModelField::Prompt => presence(self.prompt),
        }
    }
}

impl Facts<ModelOrderField> for TestModel {
    fn values(&self, field: &ModelOrderField) -> Vec<Value<'_>> {
        match field {
            ModelOrderField::Name => vec![Value::Text(&self.name)],
            ModelOrderField::LastUpdated => vec![Value::Integer(self.updated)],
        }
    }
}

impl Facts<VersionField> for TestVersion {
    fn values(&self, field: &VersionField) -> Vec<Value<'_>> {
        match field {
            VersionField::Attribute(VersionAttribute::Name) => vec![Value::Text(&self.model)],
            VersionField::Attribute(VersionAttribute::VersionNumber) => vec![Value::Integer(self.number)],
            VersionField::Attribute(VersionAttribute::RunId) => {
                vec![Value::Text(self.run_id.as_deref().unwrap_or_default())]
            }
            VersionField::Attribute(VersionAttribute::SourcePath) => vec![Value::Text(&self.source)],
            VersionField::Tag(key) => texts(self.tags.get(key)),
            VersionField::Prompt => presence(self.prompt),
        }
    }
}

impl Facts<VersionOrderField> for TestVersion {
    fn values(&self, field: &VersionOrderField) -> Vec<Value<'_>> {
        vec![match field {
            VersionOrderField::Name => Value::Text(&self.model),
            VersionOrderField::VersionNumber => Value::Integer(self.number),
            VersionOrderField::CreationTimestamp => Value::Integer(self.created),
            VersionOrderField::LastUpdatedTimestamp => Value::Integer(self.updated),
        }]
    }
}

/// Two models with two versions each, which pass the filters of the tests of plans.
pub(super) fn some_versions() -> Place {
    let version = |number| TestVersion {
        model: String::new(),
        number,
        created: number,
        updated: number,
        run_id: Some("x".to_owned()),
        source: "x".to_owned(),
        prompt: false,
        tags: BTreeMap::from([("t".to_owned(), "x".to_owned())]),
    };
    let model = move |name: &str| TestModel {
        name: name.to_owned(),
        updated: 0,
        prompt: false,
        deleted: false,
        tags: BTreeMap::new(),
        versions: vec![version(1), version(2)],
    };
    Place::filled(move |tx| insert(tx, &model("m")).and_then(|()| insert(tx, &model("n"))))
}

fn insert(tx: &mut Tx<'_>, row: &TestModel) -> Result<(), Error> {
    let deleted_ms = row.deleted.then_some(1_i64);
    let id: i64 = tx
        .one(
            "INSERT INTO models
                 (workspace, name, created_ms, updated_ms, last_version, pointer_revision, is_prompt, deleted_ms)
             VALUES (1, ?1, 0, ?2, 0, 0, ?3, ?4) RETURNING id",
            &params![&row.name, row.updated, row.prompt, deleted_ms],
            |row| row.get(0),
        )?
        .unwrap();
    insert_tags(tx, "INSERT INTO model_tags (model, key, value) VALUES (?1, ?2, ?3)", id, &row.tags)?;
    for version in &row.versions {
        let id: i64 = tx
            .one(
                "INSERT INTO versions
                     (model, number, created_ms, updated_ms, stage, source, run_id, status, verified, deleted_ms)
                 VALUES (?1, ?2, ?3, ?4, 'None', ?5, ?6, 3, 0, ?7) RETURNING id",
                &params![
                    id, version.number, version.created, version.updated, &version.source, version.run_id.as_deref(),
                    deleted_ms
                ],
                |row| row.get(0),
            )?
            .unwrap();
        for (key, value) in &version.tags {
            tx.set_version_tag(id, &Tag { key: key.clone(), value: value.clone() })?;
        }
    }
    Ok(())
}

fn insert_tags(tx: &mut Tx<'_>, sql: &str, id: i64, tags: &BTreeMap<String, String>) -> Result<(), Error> {
    for (key, value) in tags {
        tx.execute(sql, &params![id, key, value])?;
    }
    Ok(())
}
