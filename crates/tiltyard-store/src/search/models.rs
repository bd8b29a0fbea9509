//! The search for registered models, prompts among them.

use tiltyard_domain::entity::Model;
use tiltyard_domain::search::{Comparison, Filter, ModelField, ModelOrderField, Order};

use super::condition::{Keyed, flag_holds, holds};
use super::listing::{and_all, end};
use super::page::{Cut, Page};
use super::sorting::{Term, columns};
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
        let workspace = self.workspace();
        let sql = self.sql();
        let statement = |limit| statement(sql, search, workspace, &terms, limit);
        let mut page = self.listed(&search.cut, &terms, (7, model), statement)?;
        self.fill_models(&mut page.items)?;
        Ok(page.map(|(_, model)| model))
    }
}

fn statement(mut sql: Sql, search: &ModelSearch, workspace: i64, terms: &[Term], limit: usize) -> Sql {
    sql.push("SELECT ").push(MODEL_COLUMNS);
    columns(&mut sql, terms);
    sql.push(" FROM models m WHERE m.workspace = ").bind(workspace).push(" AND m.deleted_ms IS NULL");
    and_all(&mut sql, &search.filter, write);
    end(&mut sql, terms, search.cut.places(), limit);
    sql
}

fn write(sql: &mut Sql, comparison: &Comparison<ModelField>) {
    match &comparison.field {
        ModelField::Name => holds(sql, "m.name", &comparison.test),
        ModelField::Tag(key) => TAGS.text_holds(sql, "m.id", key, &comparison.test),
        ModelField::Prompt => flag_holds(sql, "m.is_prompt", &comparison.test),
    }
}

fn term(order: &Order<ModelOrderField>) -> Term {
    let column = match order.field {
        ModelOrderField::Name => "m.name",
        ModelOrderField::LastUpdated => "m.updated_ms",
    };
    Term::present(column, order.descending)
}
