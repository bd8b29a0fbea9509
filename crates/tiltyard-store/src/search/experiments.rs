//! The search for experiments.

use tiltyard_domain::entity::{Experiment, Tag, ViewType};
use tiltyard_domain::search::{Comparison, ExperimentAttribute, ExperimentField, Filter, Order};

use super::and_in_view;
use super::condition::{Keyed, holds};
use super::listing::{and_all, end};
use super::page::{Cut, Page};
use super::sorting::{Term, columns};
use super::sql::Sql;
use crate::experiments::experiment;
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

impl Read<'_> {
    /// A page of experiments with their tags.
    pub fn search_experiments(&mut self, search: &ExperimentSearch) -> Result<Page<Experiment>, Error> {
        let terms: Vec<Term> = search.order.iter().map(term).collect();
        let workspace = self.workspace();
        let sql = self.sql();
        let statement = |limit| statement(sql, search, workspace, &terms, limit);
        let mut page = self.listed(&search.cut, &terms, (7, experiment), statement)?;
        self.fill_experiment_tags(&mut page.items)?;
        Ok(page)
    }

    fn fill_experiment_tags(&mut self, experiments: &mut [Experiment]) -> Result<(), Error> {
        let ids: Vec<i64> = experiments.iter().map(|experiment| experiment.id).collect();
        let mut sql = self.sql();
        sql.push("SELECT experiment, key, value FROM experiment_tags WHERE ");
        super::is_one_of(&mut sql, "experiment", &ids);
        sql.push(" ORDER BY experiment, key");
        let places: std::collections::HashMap<i64, usize> =
            ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        self.each(sql.text(), &sql.params(), |row| {
            if let Some(place) = places.get(&row.get(0)?) {
                experiments[*place].tags.push(Tag { key: row.get(1)?, value: row.get(2)? });
            }
            Ok(())
        })
    }
}

fn statement(mut sql: Sql, search: &ExperimentSearch, workspace: i64, terms: &[Term], limit: usize) -> Sql {
    sql.push("SELECT e.id, e.name, e.store, e.location, e.deleted, e.created_ms, e.updated_ms");
    columns(&mut sql, terms);
    sql.push(" FROM experiments e WHERE e.workspace = ").bind(workspace);
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
