//! The search for runs: each part of the plan as one statement.

use tiltyard_domain::entity::{Run, RunStatus, ViewType};
use tiltyard_domain::search::{
    Comparison, DatasetAttribute, Filter, Order, RunAttribute, RunField, RunOrderField, Test, TextOperator,
};

use super::condition::{Keyed, holds, metric_holds, state_holds};
use super::page::{Collector, Cut, Page};
use super::run_plan::{self, Lead, Part, Values, sorted_values, values_of};
use super::sorting::{Listing, Term, and_after, beginning, columns, order_by, start};
use super::sql::Sql;
use super::{and_in_view, artifact_uri, is_one_of};
use crate::runs::run;
use crate::{Error, Read};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct RunSearch {
    /// In which experiments.
    pub experiments: Vec<i64>,
    /// Active runs, deleted ones or both.
    pub view: ViewType,
    /// Which runs.
    pub filter: Filter<RunField>,
    /// In which order; total.
    pub order: Vec<Order<RunOrderField>>,
    /// Which part.
    pub cut: Cut,
}

/// Runs that are taken and sorted rather than walked to in order.
const FEW_MAX: usize = 1_000;

/// The columns that a run is read from.
const COLUMNS: &str = "r.id, r.run_id, r.experiment, r.name, r.user_id, r.status, r.started_ms, r.ended_ms, r.deleted, \
     e.store, e.location";
const WIDTH: usize = 11;

const DATASET_TAGS: Keyed = Keyed { table: "run_dataset_tags", owner: "run", numbered: false };
const CONTEXT_TAG: &str = "mlflow.data.context";

impl Read<'_> {
    /// A page of runs with what hangs below them.
    pub fn search_runs(&mut self, search: &RunSearch) -> Result<Page<Run>, Error> {
        let mut page = self.page_of_runs(search, FEW_MAX)?;
        self.fill_runs(&mut page.items)?;
        Ok(page.map(|(_, run)| run))
    }

    /// A page of bare runs with their keys.
    pub(super) fn page_of_runs(
        &mut self,
        search: &RunSearch,
        few_max: usize,
    ) -> Result<Page<(i64, Run)>, Error> {
        let mut page = Collector::new(search.cut.size);
        let parts = match self.few(search, few_max)? {
            Some(lead) => vec![run_plan::whole(search, lead)],
            None => run_plan::parts(search),
        };
        for part in parts {
            if page.wanted() > 0 {
                self.search_part(search, &part, &mut page)?;
            }
        }
        Ok(page.finish())
    }

    fn search_part(
        &mut self,
        search: &RunSearch,
        part: &Part<'_>,
        page: &mut Collector<(i64, Run)>,
    ) -> Result<(), Error> {
        let terms = terms(part);
        let sql = statement(search, part, self.workspace(), &terms, page.wanted());
        Listing { sql, terms: &terms, width: WIDTH, row: run, shared: &part.shared }.collect(self, page)
    }

    /// The comparison that leaves the fewest runs, if those are few. It counts no further than that.
    fn few<'a>(&mut self, search: &'a RunSearch, few_max: usize) -> Result<Option<Lead<'a>>, Error> {
        let candidates = run_plan::countable(search);
        if candidates.is_empty() {
            return Ok(None);
        }
        let sql = counting(search, &candidates, few_max + 1);
        let counts = self.one(sql.text(), &sql.params(), |row| {
            (0..candidates.len()).map(|column| row.get(column)).collect::<Result<Vec<i64>, Error>>()
        })?;
        let counted = counts.unwrap_or_default().into_iter().zip(candidates);
        let fewest = counted
            .filter(|(count, _)| usize::try_from(*count).is_ok_and(|count| count <= few_max))
            .min_by_key(|(count, _)| *count);
        Ok(fewest.map(|(_, (place, values))| Lead::Few(values, place)))
    }
}

fn counting(search: &RunSearch, candidates: &[(usize, Values<'_>)], limit: usize) -> Sql {
    let mut sql = Sql::default();
    for (index, (place, values)) in candidates.iter().enumerate() {
        sql.push(if index == 0 { "SELECT " } else { ", " });
        sql.push("(SELECT count(*) FROM (SELECT 1 FROM ").push(values.table.table).push(" d WHERE ");
        write_lead_values(&mut sql, search, values);
        and_indexed(&mut sql, values, &search.filter.comparisons[*place].test);
        sql.limit(limit);
        sql.push(") c").push(&index.to_string()).push(")");
    }
    sql
}

/// Writes the statement of a part.
pub(super) fn statement(
    search: &RunSearch,
    part: &Part<'_>,
    workspace: i64,
    terms: &[Term],
    limit: usize,
) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(COLUMNS);
    columns(&mut sql, terms);
    write_from(&mut sql, part);
    // The sign keeps the index of run ids out of it: those of experiments and values are better.
    sql.push(" WHERE e.id = r.experiment AND +r.workspace = ").bind(workspace).push(" AND ");
    write_lead(&mut sql, search, part);
    and_in_view(&mut sql, "r.deleted", search.view);
    for (place, comparison) in search.filter.comparisons.iter().enumerate() {
        if !matches!(part.lead, Lead::Few(_, leading) if leading == place) {
            sql.push(" AND ");
            write(&mut sql, part, comparison);
        }
    }
    if let Some(places) = part.after {
        and_after(&mut sql, terms, places);
    }
    order_by(&mut sql, terms);
    sql.limit(limit);
    sql
}

/// Writes the tables in the order in which they are to be walked: `CROSS JOIN` says so to SQLite.
fn write_from(sql: &mut Sql, part: &Part<'_>) {
    sql.push(" FROM ");
    if let Lead::Sorted(values) | Lead::Nan(values) | Lead::Few(values, _) = &part.lead {
        sql.push(values.table.table).push(" d CROSS JOIN ");
    }
    sql.push("runs r CROSS JOIN experiments e LEFT JOIN stores s ON s.id = e.store");
    for (place, order) in part.order.iter().enumerate() {
        if let Some(values) = sorted_values(&order.field)
            && !leads(part, place)
        {
            let alias = format!("o{place}");
            sql.push(" LEFT JOIN ").push(values.table.table).push(" ").push(&alias);
            sql.push(" ON ").push(&alias).push(".run = r.id AND ").push(&alias).push(".key = ");
            values.table.bind_key(sql, values.key);
        }
    }
}

/// Whether a part walks through the values of this field of its order.
fn leads(part: &Part<'_>, place: usize) -> bool {
    place == 0 && matches!(part.lead, Lead::Sorted(_))
}

fn write_lead(sql: &mut Sql, search: &RunSearch, part: &Part<'_>) {
    match &part.lead {
        Lead::Runs => is_one_of(sql, "r.experiment", &search.experiments),
        Lead::Missing(values) => {
            is_one_of(sql, "r.experiment", &search.experiments);
            sql.push(" AND ");
            values.table.exists(sql, "r.id", values.key, true);
            sql.push(")");
        }
        Lead::Sorted(values) | Lead::Nan(values) | Lead::Few(values, _) => {
            sql.push("r.id = d.run AND ");
            write_lead_values(sql, search, values);
        }
    }
    match &part.lead {
        Lead::Sorted(values) if values.are_metrics => {
            sql.push(" AND d.is_nan = 0");
        }
        Lead::Nan(_) => {
            sql.push(" AND d.is_nan = 1");
        }
        Lead::Few(values, place) => and_indexed(sql, values, &search.filter.comparisons[*place].test),
        _ => {}
    }
}

fn write_lead_values(sql: &mut Sql, search: &RunSearch, values: &Values<'_>) {
    is_one_of(sql, "d.experiment", &search.experiments);
    sql.push(" AND d.key = ");
    values.table.bind_key(sql, values.key);
}

/// Writes a comparison so that the index on values answers it: texts are indexed by their beginning.
fn and_indexed(sql: &mut Sql, values: &Values<'_>, test: &Test) {
    sql.push(" AND ");
    if values.are_metrics {
        return metric_holds(sql, "d", test);
    }
    if let Test::Text { operator: TextOperator::Equal, value } = test {
        sql.push(&beginning("d.value")).push(" = ").bind(start(value)).push(" AND ");
    }
    holds(sql, "d.value", test);
}

fn write(sql: &mut Sql, part: &Part<'_>, comparison: &Comparison<RunField>) {
    let Comparison { field, test } = comparison;
    let Some(values) = values_of(field) else { return write_own(sql, field, test) };
    let run = part.lead.run();
    match &part.lead {
        Lead::Sorted(lead) | Lead::Nan(lead) if lead.answer(field) => {
            if values.are_metrics {
                metric_holds(sql, "d", test);
            } else {
                holds(sql, "d.value", test);
            }
        }
        _ if values.are_metrics => values.table.metric_holds(sql, run, values.key, test),
        _ => values.table.text_holds(sql, run, values.key, test),
    }
}

/// Writes a comparison of what a run or its datasets hold themselves.
fn write_own(sql: &mut Sql, field: &RunField, test: &Test) {
    match field {
        RunField::Attribute(RunAttribute::Status) => {
            let states = RunStatus::ALL.map(|status| (status as i64, status.name()));
            state_holds(sql, "r.status", &states, test);
        }
        RunField::Attribute(attribute) => holds(sql, &column(*attribute), test),
        RunField::Dataset(DatasetAttribute::Context) => {
            DATASET_TAGS.text_holds(sql, "r.id", CONTEXT_TAG, test);
        }
        RunField::Dataset(attribute) => {
            let column = if *attribute == DatasetAttribute::Name { "x.name" } else { "x.digest" };
            sql.push("EXISTS (SELECT 1 FROM run_datasets i JOIN datasets x ON x.id = i.dataset WHERE i.run = r.id AND ");
            holds(sql, column, test);
            sql.push(")");
        }
        RunField::Metric(_) | RunField::Param(_) | RunField::Tag(_) => {}
    }
}

/// What a part is sorted by.
pub(super) fn terms(part: &Part<'_>) -> Vec<Term> {
    (0..part.order.len()).map(|place| term(part, place)).collect()
}

fn term(part: &Part<'_>, place: usize) -> Term {
    let Order { field, descending } = &part.order[place];
    match field {
        RunOrderField::Metric(_) if leads(part, place) => Term::present("d.value", *descending),
        _ if leads(part, place) => Term::indexed("d.value", *descending),
        RunOrderField::Metric(_) => Term::metric(&format!("o{place}"), *descending),
        RunOrderField::Param(_) | RunOrderField::Tag(_) => {
            Term::nullable(format!("o{place}.value"), *descending)
        }
        RunOrderField::Attribute(RunAttribute::EndTime) => Term::nullable("r.ended_ms", *descending),
        RunOrderField::Attribute(RunAttribute::Status) => Term::present(status_name(), *descending),
        RunOrderField::Attribute(attribute) => Term::present(column(*attribute), *descending),
    }
}

/// The name of a run's status, by which runs are sorted.
fn status_name() -> String {
    let cases = RunStatus::ALL.map(|status| format!(" WHEN {} THEN '{}'", status as i64, status.name()));
    format!("CASE r.status{} END", cases.concat())
}

fn column(attribute: RunAttribute) -> String {
    let column = match attribute {
        RunAttribute::ArtifactUri => return artifact_uri("'/' || r.run_id || '/artifacts'"),
        RunAttribute::RunId => "r.run_id",
        RunAttribute::RunName => "r.name",
        RunAttribute::StartTime => "r.started_ms",
        RunAttribute::EndTime => "r.ended_ms",
        RunAttribute::Status => "r.status",
        RunAttribute::UserId => "r.user_id",
    };
    column.to_owned()
}
