//! The search for experiments.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use tiltyard_domain::entity::ViewType;
use tiltyard_domain::search::{
    ExperimentAttribute, ExperimentField, Facts, Value, parse_experiment_filter, parse_experiment_order,
};

use super::super::experiments::ExperimentSearch;
use super::{Place, expected, filter, order, text, texts};
use crate::engine::params;
use crate::{Error, Tx};

#[derive(Debug, Clone)]
struct TestExperiment {
    id: i64,
    name: String,
    created: i64,
    updated: i64,
    deleted: bool,
    tags: BTreeMap<String, String>,
}

const CLAUSES: &[&str] = &[
    "name = 'e2?'",
    "name != 'e3x'",
    "name LIKE 'e%?'",
    "name ILIKE 'E%?%'",
    "experiment_id = '3'",
    "experiment_id != '2'",
    "experiment_id IN ('1', '2', '9')",
    "experiment_id NOT IN ('1', '4')",
    "creation_time > 1",
    "last_update_time <= 1",
    "tags.t = '?'",
    "tags.t != '?'",
    "tags.t LIKE '?%'",
    "tags.t IS NULL",
    "tags.u IS NOT NULL",
];
const FIELDS: &[&str] = &["name", "creation_time", "last_update_time", "experiment_id"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn experiments_are_found_as_the_evaluator_finds_them(
        experiments in vec(experiment(), 0..10),
        asked in vec((filter(CLAUSES), order(FIELDS), any::<bool>(), 1_usize..5), 1..8),
    ) {
        let experiments: Vec<TestExperiment> = (1..).zip(experiments).map(|(id, experiment)| {
            TestExperiment { id, name: format!("e{id}{}", experiment.name), ..experiment }
        }).collect();
        let rows = experiments.clone();
        let place = Place::on_both(move |tx| rows.iter().try_for_each(|row| insert(tx, row)));
        for (filter, order, deleted, size) in asked {
            let (filter, order) = (parse_experiment_filter(&filter).unwrap(), parse_experiment_order(&order).unwrap());
            let in_view: Vec<TestExperiment> =
                experiments.iter().filter(|row| row.deleted == deleted).cloned().collect();
            let expected: Vec<i64> = expected(&in_view, &filter, &order).into_iter().map(|row| row.id).collect();
            let view = if deleted { ViewType::Deleted } else { ViewType::Active };
            let found = place.all_pages(size, |read, cut| {
                let (filter, order) = (filter.clone(), order.clone());
                let page = read.search_experiments(&ExperimentSearch { view, filter, order, cut })?;
                Ok(page.map(|experiment| (experiment.id, experiment.tags.len())))
            });
            let tags = |id: i64| experiments.iter().find(|row| row.id == id).unwrap().tags.len();
            prop_assert_eq!(found, expected.iter().map(|id| (*id, tags(*id))).collect::<Vec<_>>(), "{} {:?}", filter, order);
        }
    }
}

fn experiment() -> impl Strategy<Value = TestExperiment> {
    let key = select(vec!["t".to_owned(), "u".to_owned()]);
    let fields = (text(), 0_i64..3, 0_i64..3, any::<bool>(), btree_map(key, text(), 0..3));
    fields.prop_map(|(name, created, updated, deleted, tags)| TestExperiment {
        id: 0,
        name,
        created,
        updated,
        deleted,
        tags,
    })
}

impl Facts<ExperimentAttribute> for TestExperiment {
    fn values(&self, attribute: &ExperimentAttribute) -> Vec<Value<'_>> {
        vec![match attribute {
            ExperimentAttribute::ExperimentId => Value::Integer(self.id),
            ExperimentAttribute::Name => Value::Text(&self.name),
            ExperimentAttribute::CreationTime => Value::Integer(self.created),
            ExperimentAttribute::LastUpdateTime => Value::Integer(self.updated),
        }]
    }
}

impl Facts<ExperimentField> for TestExperiment {
    fn values(&self, field: &ExperimentField) -> Vec<Value<'_>> {
        match field {
            ExperimentField::Attribute(attribute) => self.values(attribute),
            ExperimentField::Tag(key) => texts(self.tags.get(key)),
        }
    }
}

fn insert(tx: &mut Tx<'_>, row: &TestExperiment) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO experiments (id, workspace, name, location, deleted, created_ms, updated_ms)
         VALUES (?1, 1, ?2, '', ?3, ?4, ?5)",
        &params![row.id, &row.name, row.deleted, row.created, row.updated],
    )?;
    for (key, value) in &row.tags {
        tx.execute(
            "INSERT INTO experiment_tags (experiment, key, value) VALUES (?1, ?2, ?3)",
            &params![row.id, key, value],
        )?;
    }
    Ok(())
}
