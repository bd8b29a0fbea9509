//! The search for registered models, prompts among them.

use tiltyard_domain::entity::Model;
use tiltyard_domain::search::{Comparison, Filter, ModelField, ModelOrderField, Order, Test};

use super::condition::{Keyed, holds};
use super::page::{Collector, Cut, Page};
use super::sorting::{Listing, Term, and_after, columns, order_by};
use super::sql::Sql;
use crate::models::{MODEL_COLUMNS, model};
use crate::{Error, Read};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ModelSearch {
    /// Which models.
    pub filter: Filter<ModelField>,
    /// In which order; total.
    pub order: Vec<Order<ModelOrderField>>,
    /// Which part.
    pub cut: Cut,
}

const TAGS: Keyed = Keyed { table: "model_tags", owner: "model", numbered: false };

impl Read<'_> {
    /// A page of models with their tags, aliases and latest versions.
    pub fn search_models(&mut self, search: &ModelSearch) -> Result<Page<Model>, Error> {
        let terms: Vec<Term> = search.order.iter().map(term).collect();
        let mut page = Collector::new(search.cut.size);
        let sql = statement(search, self.workspace(), &terms, page.wanted());
        Listing { sql, terms: &terms, width: 7, row: model, shared: &[] }.collect(self, &mut page)?;
        let mut page = page.finish();
        self.fill_models(&mut page.items)?;
        Ok(page.map(|(_, model)| model))
    }
}

fn statement(search: &ModelSearch, workspace: i64, terms: &[Term], limit: usize) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(MODEL_COLUMNS);
    columns(&mut sql, terms);
    sql.push(" FROM models m WHERE m.workspace = ").bind(workspace).push(" AND m.deleted_ms IS NULL");
    for comparison in &search.filter.comparisons {
        sql.push(" AND ");
        write(&mut sql, comparison);
    }
    if let Some(position) = &search.cut.after {
        and_after(&mut sql, terms, &position.0);
    }
    order_by(&mut sql, terms);
    sql.limit(limit);
    sql
}

fn write(sql: &mut Sql, comparison: &Comparison<ModelField>) {
    match &comparison.field {
        ModelField::Name => holds(sql, "m.name", &comparison.test),
        ModelField::Tag(key) => TAGS.text_holds(sql, "m.id", key, &comparison.test),
        ModelField::Prompt => write_prompt(sql, &comparison.test),
    }
}

/// Writes that a model is a prompt, or that it is none.
pub(super) fn write_prompt(sql: &mut Sql, test: &Test) {
    sql.push(if *test == Test::Present(true) { "m.is_prompt = 1" } else { "m.is_prompt = 0" });
}

fn term(order: &Order<ModelOrderField>) -> Term {
    let column = match order.field {
        ModelOrderField::Name => "m.name",
        ModelOrderField::LastUpdated => "m.updated_ms",
    };
    Term::present(column, order.descending)
}
