//! The search for experiments.

use tiltyard_domain::entity::{Experiment, Tag, ViewType};
use tiltyard_domain::search::{Comparison, ExperimentAttribute, ExperimentField, Filter, Order};

use super::and_in_view;
use super::condition::{Keyed, holds};
use super::listing::{and_all, end};
use super::page::{Cut, Page};
use super::sorting::{Term, columns};
use super::sql::Sql;
use crate::engine::Row;
use crate::experiments::{COLUMNS, experiment};
use crate::groups::{Places, keys_of};
use crate::{Error, Read};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ExperimentSearch {
    /// Active ones, deleted ones or both.
    pub view: ViewType,
    /// Which of them.
    pub filter: Filter<ExperimentField>,
    /// In which order; total.
    pub order: Vec<Order<ExperimentAttribute>>,
    /// Which part.
    pub cut: Cut,
}

const TAGS: Keyed = Keyed { table: "experiment_tags", owner: "experiment", numbered: false };
const TAGS_BELOW: &str = "SELECT experiment, key, value FROM experiment_tags
     WHERE experiment IN ({keys}) ORDER BY experiment, key";

impl Read<'_> {
    /// A page of experiments with their tags.
    pub fn search_experiments(&mut self, search: &ExperimentSearch) -> Result<Page<Experiment>, Error> {
        let terms: Vec<Term> = search.order.iter().map(term).collect();
        let workspace = self.workspace();
        let sql = self.sql();
        let statement = |limit| statement(sql, search, workspace, &terms, limit);
        let mut page = self.listed(&search.cut, &terms, (8, keyed), statement)?;
        let places = Places::of(&page.items);
        self.each_of(TAGS_BELOW, &keys_of(&page.items), |row| {
            let tag = Tag { key: row.get(1)?, value: row.get(2)? };
            places.find(&mut page.items, row.get(0)?)?.tags.push(tag);
            Ok(())
        })?;
        Ok(page.map(|(_, experiment)| experiment))
    }
}

fn keyed(row: &dyn Row) -> Result<(i64, Experiment), Error> {
    Ok((row.get(0)?, experiment(row)?))
}

fn statement(mut sql: Sql, search: &ExperimentSearch, workspace: i64, terms: &[Term], limit: usize) -> Sql {
    sql.push("SELECT ").push(COLUMNS);
    columns(&mut sql, terms);
    sql.push(" FROM experiments e LEFT JOIN stores s ON s.id = e.store WHERE e.workspace = ").bind(workspace);
    and_in_view(&mut sql, "e.deleted", search.view);
    and_all(&mut sql, &search.filter, write);
    end(&mut sql, terms, search.cut.places(), limit);
    sql
}

fn write(sql: &mut Sql, comparison: &Comparison<ExperimentField>) {
    match &comparison.field {
        ExperimentField::Attribute(attribute) => holds(sql, column(*attribute), &comparison.test),
        ExperimentField::Tag(key) => TAGS.text_holds(sql, "e.id", key, &comparison.test),
    }
}

fn term(order: &Order<ExperimentAttribute>) -> Term {
    Term::present(column(order.field), order.descending)
}

fn column(attribute: ExperimentAttribute) -> &'static str {
    match attribute {
        ExperimentAttribute::ExperimentId => "e.id",
        ExperimentAttribute::Name => "e.name",
        ExperimentAttribute::CreationTime => "e.created_ms",
        ExperimentAttribute::LastUpdateTime => "e.updated_ms",
    }
}
