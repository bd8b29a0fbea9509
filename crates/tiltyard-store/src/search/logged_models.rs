//! The search for logged models.

use tiltyard_domain::entity::LoggedModel;
use tiltyard_domain::search::{
    Comparison, DatasetScope, Filter, LoggedModelAttribute, LoggedModelField, LoggedModelOrderField, Order,
    Test, TextOperator,
};

use super::condition::{Keyed, holds, state_holds};
use super::listing::{and_all, end};
use super::page::{Cut, Page};
use super::sorting::{Term, columns};
use super::sql::Sql;
use super::{artifact_uri, dialect, is_one_of};
use crate::engine::Row;
use crate::limits::FEW_MAX;
use crate::logged_models::{LoggedModelRow, logged_model};
use crate::{Error, Read};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct LoggedModelSearch {
    /// In which experiments.
    pub experiments: Vec<i64>,
    /// Which logged models.
    pub filter: Filter<LoggedModelField>,
    /// In which order; total.
    pub order: Vec<Order<LoggedModelOrderField>>,
    /// Which part.
    pub cut: Cut,
}

const PARAMS: Keyed = Keyed { table: "logged_model_params", owner: "model", numbered: true };
const TAGS: Keyed = Keyed { table: "logged_model_tags", owner: "model", numbered: true };
const METRICS: Keyed = Keyed { table: "logged_model_metrics", owner: "model", numbered: true };

/// The columns that a logged model is read from.
const COLUMNS: &str = "l.id, l.deleted, l.model_id, e.store, s.root, e.location, l.experiment, l.name, l.created_ms, l.updated_ms, \
     l.status, l.status_message, l.model_type, l.source_run_id";
const WIDTH: usize = 14;
/// The index that has them by their creation.
const CREATION: &str = "logged_models_by_creation";

/// The states by the names that filters use.
const STATES: [(i64, &str); 4] = [(0, "UNSPECIFIED"), (1, "PENDING"), (2, "READY"), (3, "FAILED")];
const STAGES: [(i64, &str); 2] = [(0, "active"), (1, "deleted")];

/// What a search walks through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lead {
    /// Those that pass the comparison of this place, which are few; sorted.
    Few(usize),
    /// Those of one experiment by their creation, which an index has in order.
    Creation,
    /// The same for each experiment: a page of each, and those sorted together.
    CreationInEach,
    /// All of them, sorted: no index has their order.
    All,
}

impl Read<'_> {
    /// A page of logged models with what hangs below them.
    pub fn search_logged_models(&mut self, search: &LoggedModelSearch) -> Result<Page<LoggedModel>, Error> {
        let mut page = self.page_of_logged_models(search, FEW_MAX)?;
        self.fill_logged_models(&mut page.items)?;
        Ok(page.map(|(_, model)| model))
    }

    /// A page of bare logged models with their keys.
    pub(super) fn page_of_logged_models(
        &mut self,
        search: &LoggedModelSearch,
        few_max: usize,
    ) -> Result<Page<(i64, LoggedModel)>, Error> {
        let lead = self.lead_of_logged_models(search, few_max)?;
        let (workspace, terms) = (self.workspace(), terms(search));
        let sql = self.sql();
        let statement = |limit| statement(sql, search, lead, workspace, &terms, limit);
        self.listed(&search.cut, &terms, (WIDTH, keyed), statement)
    }

    pub(super) fn lead_of_logged_models(
        &mut self,
        search: &LoggedModelSearch,
        few_max: usize,
    ) -> Result<Lead, Error> {
        let workspace = self.workspace();
        for (place, comparison) in search.filter.comparisons.iter().enumerate() {
            let write = |sql: &mut Sql| write_few(sql, search, place, workspace);
            if is_countable(comparison) && self.are_few(few_max, write)? {
                return Ok(Lead::Few(place));
            }
        }
        Ok(walk(search))
    }
}

fn walk(search: &LoggedModelSearch) -> Lead {
    let by_creation = LoggedModelOrderField::Attribute(LoggedModelAttribute::CreationTimestamp);
    let is_walked = search.order.first().is_some_and(|first| first.field == by_creation);
    match (is_walked, search.experiments.len()) {
        (false, _) => Lead::All,
        (true, 1) => Lead::Creation,
        (true, _) => Lead::CreationInEach,
    }
}

/// Whether an index finds what passes a comparison, which may be few or many.
fn is_countable(Comparison { field, test }: &Comparison<LoggedModelField>) -> bool {
    let LoggedModelField::Attribute(attribute) = field else { return false };
    let is_indexed = matches!(
        attribute,
        LoggedModelAttribute::ModelId | LoggedModelAttribute::SourceRunId | LoggedModelAttribute::Name
    );
    let narrows =
        matches!(test, Test::Text { operator: TextOperator::Equal, .. } | Test::OneOf { negated: false, .. });
    is_indexed && narrows
}

/// Writes the statement that finds the keys of logged models that pass a comparison, by the index that knows them.
fn write_few(sql: &mut Sql, search: &LoggedModelSearch, place: usize, workspace: i64) {
    let Some(comparison) = search.filter.comparisons.get(place) else { return };
    sql.push("SELECT l.id FROM logged_models l WHERE ");
    match comparison.field {
        LoggedModelField::Attribute(LoggedModelAttribute::Name) => {
            is_one_of(sql, "l.experiment", &search.experiments);
            sql.push(" AND l.deleted = 0 AND ");
        }
        LoggedModelField::Attribute(LoggedModelAttribute::ModelId) => {
            sql.push("l.workspace = ").bind(workspace).push(" AND ");
        }
        _ => {}
    }
    write(sql, comparison);
}

pub(super) fn terms(search: &LoggedModelSearch) -> Vec<Term> {
    search.order.iter().enumerate().map(|(place, order)| term(place, order)).collect()
}

fn keyed(row: &dyn Row) -> Result<(i64, LoggedModel), Error> {
    let LoggedModelRow { key, model, .. } = logged_model(row)?;
    Ok((key, model))
}

/// Writes the statement of a page.
pub(super) fn statement(
    mut sql: Sql,
    search: &LoggedModelSearch,
    lead: Lead,
    workspace: i64,
    terms: &[Term],
    limit: usize,
) -> Sql {
    sql.push("SELECT ").push(COLUMNS);
    columns(&mut sql, terms);
    if lead == Lead::CreationInEach {
        spread(&mut sql, search, workspace, terms, limit);
        return sql;
    }
    sql.push(" FROM logged_models l");
    if !matches!(lead, Lead::Few(_)) {
        dialect::by_index(&mut sql, CREATION);
    }
    sql.push(" CROSS JOIN experiments e LEFT JOIN stores s ON s.id = e.store");
    join_all(&mut sql, search);
    dialect::no_index(sql.push(" WHERE e.id = l.experiment AND "));
    sql.push("l.workspace = ").bind(workspace).push(" AND ");
    if let Lead::Few(place) = lead {
        dialect::among(&mut sql, "l.id", |sql| write_few(sql, search, place, workspace));
        // The sign keeps the indexes of experiments out of it: the logged models are known.
        dialect::no_index(sql.push(" AND "));
    }
    is_one_of(&mut sql, "l.experiment", &search.experiments);
    rest(&mut sql, search, terms, limit);
    sql
}

/// Writes, behind the columns, where they come from when several experiments are searched: a page of each, and those
/// sorted together.
fn spread(sql: &mut Sql, search: &LoggedModelSearch, workspace: i64, terms: &[Term], limit: usize) {
    sql.push(" FROM experiments e LEFT JOIN stores s ON s.id = e.store CROSS JOIN logged_models l");
    join_all(sql, search);
    dialect::no_index(sql.push(" WHERE ")).push("e.workspace = ").bind(workspace).push(" AND ");
    is_one_of(sql, "e.id", &search.experiments);
    dialect::among(sql.push(" AND "), "l.id", |sql| {
        dialect::by_index(sql.push("SELECT l.id FROM logged_models l"), CREATION);
        join_all(sql, search);
        sql.push(" WHERE l.experiment = e.id");
        rest(sql, search, terms, limit);
    });
    end(sql, terms, None, limit);
}

/// Writes all that does not depend on what is walked through.
fn rest(sql: &mut Sql, search: &LoggedModelSearch, terms: &[Term], limit: usize) {
    sql.push(" AND l.deleted = 0");
    and_all(sql, &search.filter, write);
    end(sql, terms, search.cut.places(), limit);
}

fn join_all(sql: &mut Sql, search: &LoggedModelSearch) {
    for (place, order) in search.order.iter().enumerate() {
        join(sql, place, order);
    }
}

/// Joins the observation that a model is sorted by: the latest one, by its whole key.
fn join(sql: &mut Sql, place: usize, order: &Order<LoggedModelOrderField>) {
    let LoggedModelOrderField::Metric { key, dataset } = &order.field else { return };
    let alias = format!("o{place}");
    sql.push(" LEFT JOIN logged_model_metrics ").push(&alias);
    sql.push(" ON ").push(&alias).push(".model = l.id AND ").push(&alias).push(".key = ");
    METRICS.bind_key(sql, key);
    let column = |name: &str| format!("{alias}.{name}");
    let whole_key = ["run", "step", "time_ms", "dataset_name", "dataset_digest"].map(column).join(", ");
    sql.push(" AND (").push(&whole_key);
    sql.push(") = (SELECT x.run, x.step, x.time_ms, x.dataset_name, x.dataset_digest");
    sql.push(" FROM logged_model_metrics x JOIN runs xr ON xr.id = x.run WHERE x.model = l.id AND x.key = ");
    METRICS.bind_key(sql, key);
    and_on(sql, std::slice::from_ref(dataset));
    sql.push(" ORDER BY x.time_ms DESC, x.step DESC, xr.run_id, x.dataset_name, x.dataset_digest LIMIT 1)");
}

/// Writes that the observation in row `x` was made on one of the datasets; nothing where there are none.
fn and_on(sql: &mut Sql, datasets: &[DatasetScope]) {
    for (index, dataset) in datasets.iter().enumerate() {
        sql.push(if index == 0 { " AND (" } else { " OR " }).push("(1 = 1");
        if let Some(name) = &dataset.name {
            sql.push(" AND x.dataset_name = ").bind(name.as_str());
        }
        if let Some(digest) = &dataset.digest {
            sql.push(" AND x.dataset_digest = ").bind(digest.as_str());
        }
        sql.push(")");
    }
    if !datasets.is_empty() {
        sql.push(")");
    }
}

fn write(sql: &mut Sql, comparison: &Comparison<LoggedModelField>) {
    let test = &comparison.test;
    match &comparison.field {
        LoggedModelField::Attribute(LoggedModelAttribute::Status) => {
            state_holds(sql, "l.status", &STATES, test);
        }
        LoggedModelField::Attribute(LoggedModelAttribute::LifecycleStage) => {
            state_holds(sql, "l.deleted", &STAGES, test);
        }
        LoggedModelField::Attribute(attribute) => holds(sql, &column(*attribute), test),
        LoggedModelField::Param(key) => PARAMS.text_holds(sql, "l.id", key, test),
        LoggedModelField::Tag(key) => TAGS.text_holds(sql, "l.id", key, test),
        LoggedModelField::Metric { key, datasets } => {
            METRICS.exists(sql, "l.id", key, false);
            and_on(sql, datasets);
            sql.push(" AND ");
            super::condition::metric_holds(sql, "x", test);
            sql.push(")");
        }
        LoggedModelField::Measured { datasets } => {
            sql.push("EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model = l.id");
            and_on(sql, datasets);
            sql.push(")");
        }
    }
}

fn column(attribute: LoggedModelAttribute) -> String {
    let column = match attribute {
        LoggedModelAttribute::ArtifactLocation => {
            return artifact_uri("'/models/' || l.model_id || '/artifacts'");
        }
        LoggedModelAttribute::CreationTimestamp => "l.created_ms",
        LoggedModelAttribute::ExperimentId => "l.experiment",
        LoggedModelAttribute::LastUpdatedTimestamp => "l.updated_ms",
        LoggedModelAttribute::LifecycleStage => "l.deleted",
        LoggedModelAttribute::ModelId => "l.model_id",
        LoggedModelAttribute::ModelType => "l.model_type",
        LoggedModelAttribute::Name => "l.name",
        LoggedModelAttribute::SourceRunId => "l.source_run_id",
        LoggedModelAttribute::Status => "l.status",
        LoggedModelAttribute::StatusMessage => "l.status_message",
    };
    column.to_owned()
}

fn term(place: usize, order: &Order<LoggedModelOrderField>) -> Term {
    let descending = order.descending;
    match &order.field {
        LoggedModelOrderField::Metric { .. } => Term::metric(&format!("o{place}"), descending),
        LoggedModelOrderField::Attribute(
            attribute @ (LoggedModelAttribute::ModelType
            | LoggedModelAttribute::SourceRunId
            | LoggedModelAttribute::StatusMessage),
        ) => Term::nullable(column(*attribute), descending),
        LoggedModelOrderField::Attribute(attribute) => Term::present(column(*attribute), descending),
    }
}
