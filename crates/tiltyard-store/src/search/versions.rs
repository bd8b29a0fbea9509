//! The search for model versions, those of prompts among them.

use tiltyard_domain::entity::Version;
use tiltyard_domain::search::{
    Comparison, Filter, Order, Test, TextOperator, VersionAttribute, VersionField, VersionOrderField,
};

use super::condition::{Keyed, holds};
use super::models::write_prompt;
use super::page::{Collector, Cut, Page};
use super::sorting::{Listing, Term, and_after, columns, order_by};
use super::sql::Sql;
use crate::models::{VERSION_COLUMNS, version};
use crate::{Error, Read};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct VersionSearch {
    /// Which versions.
    pub filter: Filter<VersionField>,
    /// In which order; total.
    pub order: Vec<Order<VersionOrderField>>,
    /// Which part.
    pub cut: Cut,
}

/// The columns of a version and the key of its model.
const WIDTH: usize = 18;
const TAGS: Keyed = Keyed { table: "version_tags", owner: "version", numbered: false };

impl VersionSearch {
    /// Whether the versions of one model are asked for, which is quick however many models there are.
    pub fn names_one_model(&self) -> bool {
        let name = VersionField::Attribute(VersionAttribute::Name);
        let exactly = |test: &Test| matches!(test, Test::Text { operator: TextOperator::Equal, .. });
        self.filter.comparisons.iter().any(|found| found.field == name && exactly(&found.test))
    }
}

impl Read<'_> {
    /// A page of versions with their tags and aliases.
    pub fn search_versions(&mut self, search: &VersionSearch) -> Result<Page<Version>, Error> {
        let terms = terms(search);
        let mut page = Collector::new(search.cut.size);
        let sql = statement(search, self.workspace(), &terms, page.wanted());
        Listing { sql, terms: &terms, width: WIDTH, row: version, shared: &[] }.collect(self, &mut page)?;
        let mut page = page.finish();
        self.fill_versions(&mut page.items)?;
        Ok(page.map(|(_, version)| version))
    }
}

/// Writes the statement of a page.
pub(super) fn statement(search: &VersionSearch, workspace: i64, terms: &[Term], limit: usize) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(VERSION_COLUMNS).push(", m.id");
    columns(&mut sql, terms);
    sql.push(" FROM versions v JOIN models m ON m.id = v.model WHERE ");
    // The sign keeps the index of names out of it where no name is given: it would lead through every model.
    sql.push(if search.names_one_model() { "m.workspace = " } else { "+m.workspace = " }).bind(workspace);
    sql.push(" AND m.deleted_ms IS NULL AND v.deleted_ms IS NULL");
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

fn write(sql: &mut Sql, comparison: &Comparison<VersionField>) {
    let test = &comparison.test;
    match &comparison.field {
        VersionField::Attribute(attribute) => holds(sql, column(*attribute, test), test),
        VersionField::Tag(key) => TAGS.text_holds(sql, "v.id", key, test),
        VersionField::Prompt => write_prompt(sql, test),
    }
}

fn column(attribute: VersionAttribute, test: &Test) -> &'static str {
    match attribute {
        VersionAttribute::Name => "m.name",
        VersionAttribute::VersionNumber => "v.number",
        VersionAttribute::RunId => run_id(test),
        VersionAttribute::SourcePath => "v.source",
    }
}

/// As in MLflow, a version without a run has an empty run id. Where that cannot match, the bare column does, which has
/// an index.
fn run_id(test: &Test) -> &'static str {
    let names_a_run = match test {
        Test::Text { operator: TextOperator::Equal, value } => !value.is_empty(),
        Test::OneOf { values, negated: false } => values.iter().all(|value| !value.is_empty()),
        _ => false,
    };
    if names_a_run { "v.run_id" } else { "coalesce(v.run_id, '')" }
}

/// What a page is sorted by.
pub(super) fn terms(search: &VersionSearch) -> Vec<Term> {
    search.order.iter().map(term).collect()
}

fn term(order: &Order<VersionOrderField>) -> Term {
    let column = match order.field {
        VersionOrderField::Name => "m.name",
        VersionOrderField::VersionNumber => "v.number",
        VersionOrderField::CreationTimestamp => "v.created_ms",
        VersionOrderField::LastUpdatedTimestamp => "v.updated_ms",
    };
    Term::present(column, order.descending)
}
