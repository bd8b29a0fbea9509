//! The search for model versions, those of prompts among them.

use tiltyard_domain::entity::Version;
use tiltyard_domain::search::{
    Comparison, Filter, NumberOperator, Order, Test, TextOperator, VersionAttribute, VersionField,
    VersionOrderField,
};

use super::condition::{Keyed, flag_holds, holds};
use super::dialect;
use super::listing::{and_all, end};
use super::page::{Cut, Page};
use super::prefix::{and_begins, prefix};
use super::sorting::{Term, beginning, columns, start};
use super::sql::Sql;
use crate::limits::FEW_MAX;
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
/// Always holds, and opens `versions_by_number` to a statement.
const BY_NUMBER: &str = " AND v.number > 0";
const TAGS: Keyed = Keyed { table: "version_tags", owner: "version", numbered: false };

/// What a search walks through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lead {
    /// The versions of the model that is named.
    Model,
    /// Those that pass the comparison of this place, which are few or found by what they are made from; sorted.
    Few(usize),
    /// All of them, in the order of an index.
    All,
}

impl VersionSearch {
    /// Whether a page of one model's versions is asked for that an index has in order, which is quick however many there
    /// are.
    pub fn is_quick(&self) -> bool {
        let others = self.filter.comparisons.iter().filter(|found| !is_of_model(&found.field)).count();
        self.model().is_some() && others == 0 && first(self) != Some(VersionOrderField::CreationTimestamp)
    }

    /// The one model whose versions are asked for, if it is one.
    fn model(&self) -> Option<&str> {
        let name = VersionField::Attribute(VersionAttribute::Name);
        self.filter.comparisons.iter().find_map(|found| match &found.test {
            Test::Text { operator: TextOperator::Equal, value } if found.field == name => {
                Some(value.as_str())
            }
            _ => None,
        })
    }

    /// The comparison of this place.
    fn comparison(&self, place: usize) -> Option<&Comparison<VersionField>> {
        self.filter.comparisons.get(place)
    }

    /// The places of comparisons that pass the test.
    fn places(&self, is_such: impl Fn(&Comparison<VersionField>) -> bool) -> Vec<usize> {
        let comparisons = self.filter.comparisons.iter().enumerate();
        comparisons.filter(|(_, comparison)| is_such(comparison)).map(|(place, _)| place).collect()
    }
}

/// Whether all versions of a model pass or none.
fn is_of_model(field: &VersionField) -> bool {
    matches!(field, VersionField::Attribute(VersionAttribute::Name) | VersionField::Prompt)
}

fn equals(test: &Test) -> bool {
    matches!(test, Test::Text { operator: TextOperator::Equal, .. })
}

/// Whether a comparison says what versions are made from; not many share that.
fn says_origin(comparison: &Comparison<VersionField>) -> bool {
    match comparison.field {
        VersionField::Attribute(VersionAttribute::RunId) => names_runs(&comparison.test),
        VersionField::Attribute(VersionAttribute::SourcePath) => equals(&comparison.test),
        _ => false,
    }
}

/// Whether an index finds what passes a comparison, which may be few or many.
fn is_countable(Comparison { field, test }: &Comparison<VersionField>) -> bool {
    match (field, test) {
        (VersionField::Attribute(VersionAttribute::Name), Test::Like(pattern)) => !prefix(pattern).is_empty(),
        (VersionField::Attribute(VersionAttribute::Name), Test::OneOf { negated, .. }) => !negated,
        (VersionField::Attribute(VersionAttribute::VersionNumber), Test::Integer { operator, .. }) => {
            *operator != NumberOperator::NotEqual
        }
        (VersionField::Tag(_), test) => equals(test),
        _ => false,
    }
}

impl Read<'_> {
    /// A page of versions with their tags and aliases.
    pub fn search_versions(&mut self, search: &VersionSearch) -> Result<Page<Version>, Error> {
        let mut page = self.page_of_versions(search, FEW_MAX)?;
        self.fill_versions(&mut page.items)?;
        Ok(page.map(|(_, version)| version))
    }

    /// A page of bare versions with the keys of their models.
    pub(super) fn page_of_versions(
        &mut self,
        search: &VersionSearch,
        few_max: usize,
    ) -> Result<Page<(i64, Version)>, Error> {
        let lead = self.lead_of_versions(search, few_max)?;
        let (workspace, terms) = (self.workspace(), terms(search));
        let sql = self.sql();
        let statement = |limit| statement(sql, search, lead, workspace, &terms, limit);
        self.listed(&search.cut, &terms, (WIDTH, version), statement)
    }

    pub(super) fn lead_of_versions(&mut self, search: &VersionSearch, few_max: usize) -> Result<Lead, Error> {
        if let Some(place) = search.places(says_origin).first() {
            return Ok(Lead::Few(*place));
        }
        let (workspace, names_one) = (self.workspace(), search.model().is_some());
        // Numbers and names say less than that it is this model.
        let counts = |found: &Comparison<VersionField>| {
            is_countable(found) && !(names_one && matches!(found.field, VersionField::Attribute(_)))
        };
        for place in search.places(counts) {
            if self.are_few(few_max, |sql| write_few(sql, search, place, workspace))? {
                return Ok(Lead::Few(place));
            }
        }
        Ok(if names_one { Lead::Model } else { Lead::All })
    }
}

/// Writes the statement of a page.
pub(super) fn statement(
    mut sql: Sql,
    search: &VersionSearch,
    lead: Lead,
    workspace: i64,
    terms: &[Term],
    limit: usize,
) -> Sql {
    sql.push("SELECT ").push(VERSION_COLUMNS).push(", m.id");
    columns(&mut sql, terms);
    write_walk(&mut sql, search, lead);
    // The sign keeps the index of names out of it where versions are walked through.
    sql.push(" WHERE m.id = v.model AND ");
    if !leads_by_name(search, lead) {
        dialect::no_index(&mut sql);
    }
    sql.push("m.workspace = ").bind(workspace);
    sql.push(" AND m.deleted_ms IS NULL AND v.deleted_ms IS NULL");
    match (lead, search.model()) {
        (Lead::Few(place), _) => {
            dialect::among(sql.push(" AND "), "v.id", |sql| write_few(sql, search, place, workspace));
        }
        // Found first and alone: an index then has this model's versions in order.
        (Lead::Model, Some(model)) => {
            sql.push(" AND v.model = (SELECT x.id FROM models x WHERE x.workspace = ").bind(workspace);
            sql.push(" AND x.name = ").bind(model).push(" AND x.deleted_ms IS NULL)");
        }
        (Lead::All, _) if first(search) == Some(VersionOrderField::VersionNumber) => {
            sql.push(BY_NUMBER);
        }
        _ => {}
    }
    and_all(&mut sql, &search.filter, write);
    end(&mut sql, terms, search.cut.places(), limit);
    sql
}

/// Writes the tables in the order in which they are to be walked, and by which index.
fn write_walk(sql: &mut Sql, search: &VersionSearch, lead: Lead) {
    if leads_by_name(search, lead) {
        dialect::by_index(sql.push(" FROM models m"), "models_by_name");
        sql.push(" CROSS JOIN versions v");
        return;
    }
    sql.push(" FROM versions v");
    match lead {
        Lead::All => dialect::by_index(sql, index(search)),
        Lead::Model if first(search) == Some(VersionOrderField::LastUpdatedTimestamp) => {
            dialect::by_index(sql, "versions_of_model_by_update");
        }
        _ => {}
    }
    sql.push(" CROSS JOIN models m");
}

fn leads_by_name(search: &VersionSearch, lead: Lead) -> bool {
    !matches!(lead, Lead::Few(_)) && first(search) == Some(VersionOrderField::Name)
}

fn first(search: &VersionSearch) -> Option<VersionOrderField> {
    search.order.first().map(|order| order.field)
}

/// The index that has versions in the order that is asked for.
fn index(search: &VersionSearch) -> &'static str {
    match first(search) {
        Some(VersionOrderField::CreationTimestamp) => "versions_by_creation",
        Some(VersionOrderField::VersionNumber) => "versions_by_number",
        _ => "versions_by_update",
    }
}

/// Writes the statement that finds the keys of versions that pass a comparison, by the index that knows them.
fn write_few(sql: &mut Sql, search: &VersionSearch, place: usize, workspace: i64) {
    let Some(Comparison { field, test }) = search.comparison(place) else { return };
    match field {
        VersionField::Tag(key) => {
            sql.push("SELECT x.version FROM version_tags x WHERE x.key = ").bind(key.as_str());
            if let Test::Text { value, .. } = test {
                sql.push(" AND ").push(&beginning("x.value")).push(" = ").bind(start(value));
            }
            sql.push(" AND ");
            holds(sql, "x.value", test);
        }
        VersionField::Attribute(VersionAttribute::Name) => {
            sql.push(
                "SELECT v.id FROM models m CROSS JOIN versions v WHERE v.model = m.id AND m.workspace = ",
            );
            sql.bind(workspace).push(" AND m.deleted_ms IS NULL");
            if let Test::Like(pattern) = test {
                and_begins(sql, "m.name", pattern);
            }
            sql.push(" AND ");
            holds(sql, "m.name", test);
        }
        VersionField::Attribute(attribute) => {
            sql.push("SELECT v.id FROM versions v WHERE v.deleted_ms IS NULL");
            if *attribute == VersionAttribute::VersionNumber {
                sql.push(BY_NUMBER);
            }
            sql.push(" AND ");
            holds(sql, column(*attribute, test), test);
        }
        VersionField::Prompt => {}
    }
}

fn write(sql: &mut Sql, comparison: &Comparison<VersionField>) {
    let test = &comparison.test;
    match &comparison.field {
        VersionField::Attribute(attribute) => holds(sql, column(*attribute, test), test),
        VersionField::Tag(key) => TAGS.text_holds(sql, "v.id", key, test),
        VersionField::Prompt => flag_holds(sql, "m.has_prompt_versions", test),
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
    if names_runs(test) { "v.run_id" } else { "coalesce(v.run_id, '')" }
}

fn names_runs(test: &Test) -> bool {
    match test {
        Test::Text { operator: TextOperator::Equal, value } => !value.is_empty(),
        Test::OneOf { values, negated: false } => values.iter().all(|value| !value.is_empty()),
        _ => false,
    }
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
