//! The search for logged models.

use tiltyard_domain::entity::LoggedModel;
use tiltyard_domain::search::{
    Comparison, DatasetScope, Filter, LoggedModelAttribute, LoggedModelField, LoggedModelOrderField, Order,
};

use super::condition::{Keyed, holds, state_holds};
use super::page::{Collector, Cut, Page};
use super::sorting::{Listing, Term, and_after, columns, order_by};
use super::sql::Sql;
use super::{artifact_uri, is_one_of};
use crate::engine::Row;
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
const COLUMNS: &str = "l.id, l.deleted, l.model_id, e.store, e.location, l.experiment, l.name, l.created_ms, l.updated_ms, \
     l.status, l.status_message, l.model_type, l.source_run_id";
const WIDTH: usize = 13;

/// The states by the names that filters use.
const STATES: [(i64, &str); 4] = [(0, "UNSPECIFIED"), (1, "PENDING"), (2, "READY"), (3, "FAILED")];
const STAGES: [(i64, &str); 2] = [(0, "active"), (1, "deleted")];

impl Read<'_> {
    /// A page of logged models with what hangs below them.
    pub fn search_logged_models(&mut self, search: &LoggedModelSearch) -> Result<Page<LoggedModel>, Error> {
        let terms: Vec<Term> =
            search.order.iter().enumerate().map(|(place, order)| term(place, order)).collect();
        let mut page = Collector::new(search.cut.size);
        let sql = statement(search, self.workspace(), &terms, page.wanted());
        Listing { sql, terms: &terms, width: WIDTH, row: keyed, shared: &[] }.collect(self, &mut page)?;
        let mut page = page.finish();
        self.fill_logged_models(&mut page.items)?;
        Ok(page.map(|(_, model)| model))
    }
}

fn keyed(row: &dyn Row) -> Result<(i64, LoggedModel), Error> {
    let LoggedModelRow { key, model, .. } = logged_model(row)?;
    Ok((key, model))
}

fn statement(search: &LoggedModelSearch, workspace: i64, terms: &[Term], limit: usize) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(COLUMNS);
    columns(&mut sql, terms);
    sql.push(" FROM logged_models l JOIN experiments e ON e.id = l.experiment LEFT JOIN stores s ON s.id = e.store");
    for (place, order) in search.order.iter().enumerate() {
        join(&mut sql, place, order);
    }
    sql.push(" WHERE +l.workspace = ").bind(workspace).push(" AND l.deleted = 0 AND ");
    is_one_of(&mut sql, "l.experiment", &search.experiments);
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
