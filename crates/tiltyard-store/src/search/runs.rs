//! The search for runs: each part of the plan as one statement.

use tiltyard_domain::entity::{Run, ViewType};
use tiltyard_domain::search::{Comparison, Filter, Order, RunAttribute, RunField, RunOrderField, Test};

use super::condition::{holds, metric_holds};
use super::listing::{Listing, end};
use super::page::{Collector, Cut, Page};
use super::run_fields::{led_term, term, write_own};
use super::run_plan::{self, Lead, Part, Range, Scope, Values, sorted_values, values_of};
use super::sorting::{Term, and_before, and_behind, and_same, columns};
use super::sql::Sql;
use super::{and_in_view, dialect, is_one_of};
use crate::limits::FEW_MAX;
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

/// The columns that a run is read from.
const COLUMNS: &str = "r.id, r.run_id, r.experiment, r.name, r.user_id, r.status, r.started_ms, r.ended_ms, r.deleted, \
     e.store, s.root, e.location";
const WIDTH: usize = 12;

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
        for part in self.plan(search, few_max)? {
            if page.wanted() > 0 {
                let (sql, terms) = statement(self.sql(), search, &part, self.workspace(), page.wanted());
                let listing = Listing { sql, terms: &terms, width: WIDTH, row: run, shared: &part.shared };
                listing.collect(self, &mut page)?;
            }
        }
        Ok(page.finish())
    }

    pub(super) fn plan<'a>(&mut self, search: &'a RunSearch, few_max: usize) -> Result<Vec<Part<'a>>, Error> {
        Ok(match self.few(search, few_max)? {
            Some(few) => vec![run_plan::whole(search, Lead::Few(few))],
            None => run_plan::parts(search, &self.look(search)?),
        })
    }
}

/// Writes the statement of a part, and says what its rows are sorted by.
pub(super) fn statement(
    mut sql: Sql,
    search: &RunSearch,
    part: &Part<'_>,
    workspace: i64,
    limit: usize,
) -> (Sql, Vec<Term>) {
    let scope = part.scope(search);
    if scope == Scope::Each {
        return spread(sql, search, part, workspace, limit);
    }
    let terms = terms(search, part);
    sql.push("SELECT ").push(COLUMNS);
    columns(&mut sql, &terms);
    write_walk(&mut sql, search, part);
    sql.push(" CROSS JOIN experiments e LEFT JOIN stores s ON s.id = e.store");
    join_values(&mut sql, search, part, part.is_led());
    // The sign keeps the index of run ids out of it: those of experiments and values are better.
    dialect::no_index(sql.push(" WHERE e.id = r.experiment AND "));
    sql.push("r.workspace = ").bind(workspace).push(" AND ");
    write_conditions(&mut sql, search, part, scope, workspace);
    end(&mut sql, &terms, part.after, limit);
    (sql, terms)
}

/// Writes the statement of a part that lies in several stretches of its index: a page of each, and those sorted together.
fn spread(
    mut sql: Sql,
    search: &RunSearch,
    part: &Part<'_>,
    workspace: i64,
    limit: usize,
) -> (Sql, Vec<Term>) {
    let terms = terms_by(search, part, &Lead::All);
    sql.push("SELECT ").push(COLUMNS);
    columns(&mut sql, &terms);
    sql.push(" FROM experiments e LEFT JOIN stores s ON s.id = e.store CROSS JOIN ");
    if splits_view(search, part) {
        sql.push("(SELECT 0 AS deleted UNION ALL SELECT 1) w CROSS JOIN ");
    }
    sql.push("runs r");
    join_values(&mut sql, search, part, false);
    dialect::no_index(sql.push(" WHERE ")).push("e.workspace = ").bind(workspace).push(" AND ");
    is_one_of(&mut sql, "e.id", &search.experiments);
    sql.push(" AND ");
    dialect::among(&mut sql, "r.id", |sql| write_stretch(sql, search, part, workspace, limit));
    end(&mut sql, &terms, None, limit);
    (sql, terms)
}

/// Writes the statement that finds the runs of the stretch of `e` and, where there are two, `w`.
fn write_stretch(sql: &mut Sql, search: &RunSearch, part: &Part<'_>, workspace: i64, limit: usize) {
    let terms = terms(search, part);
    sql.push("SELECT r.id");
    write_walk(sql, search, part);
    join_values(sql, search, part, part.is_led());
    sql.push(" WHERE ");
    write_conditions(sql, search, part, Scope::Each, workspace);
    end(sql, &terms, part.after, limit);
}

/// Whether active and deleted runs are two stretches of the index.
fn splits_view(search: &RunSearch, part: &Part<'_>) -> bool {
    search.view == ViewType::All && part.lead.values().is_none()
}

/// Writes the tables in the order in which they are to be walked: `CROSS JOIN` says so to SQLite.
fn write_walk(sql: &mut Sql, search: &RunSearch, part: &Part<'_>) {
    sql.push(" FROM ");
    if let Some(values) = part.lead.values() {
        sql.push(values.table.table).push(" d CROSS JOIN ");
    }
    sql.push("runs r");
    if let Some(index) = index(search, &part.lead) {
        dialect::by_index(sql, index);
    }
}

/// The index that has the runs of a walk in order.
fn index(search: &RunSearch, lead: &Lead<'_>) -> Option<&'static str> {
    let first = search.order.first().map(|order| &order.field);
    match lead {
        Lead::Runs => match first {
            Some(RunOrderField::Attribute(RunAttribute::RunName)) => Some("runs_by_name"),
            _ => Some("runs_by_start"),
        },
        Lead::Ended(true) => Some("runs_by_end"),
        Lead::Ended(false) | Lead::Missing(_) => Some("runs_by_start"),
        Lead::Status(_) => Some("runs_by_status"),
        _ => None,
    }
}

/// Writes the joins of the values that runs are sorted by, but for the one that is walked through.
fn join_values(sql: &mut Sql, search: &RunSearch, part: &Part<'_>, is_led: bool) {
    for (place, order) in part.order(search).iter().enumerate() {
        if let Some(values) = sorted_values(&order.field)
            && !(is_led && place == 0)
        {
            let alias = format!("o{place}");
            sql.push(" LEFT JOIN ").push(values.table.table).push(" ").push(&alias);
            sql.push(" ON ").push(&alias).push(".run = r.id AND ").push(&alias).push(".key = ");
            values.table.bind_key(sql, values.key);
        }
    }
}

fn write_conditions(sql: &mut Sql, search: &RunSearch, part: &Part<'_>, scope: Scope, workspace: i64) {
    if part.lead.values().is_some() {
        sql.push("r.id = d.run AND ");
    }
    write_lead(sql, search, part, scope);
    if scope == Scope::Each && splits_view(search, part) {
        sql.push(" AND r.deleted = w.deleted");
    } else {
        and_in_view(sql, "r.deleted", search.view);
    }
    let mut passed = None;
    if let Lead::Few(few) = &part.lead {
        dialect::among(sql.push(" AND "), "r.id", |sql| few.write_keys(sql, search, workspace));
        passed = few.comparison();
    }
    for (place, comparison) in search.filter.comparisons.iter().enumerate() {
        if passed != Some(place) {
            sql.push(" AND ");
            write(sql, part, comparison);
        }
    }
}

/// Writes what a part walks through, and in which range.
pub(super) fn write_lead(sql: &mut Sql, search: &RunSearch, part: &Part<'_>, scope: Scope) {
    let of_experiment = |sql: &mut Sql, column: &str| match (scope, &part.lead) {
        (Scope::Each, _) => {
            sql.push(column).push(" = e.id");
        }
        // The sign keeps the indexes of experiments out of it: the runs are known.
        (_, Lead::Few(_)) => is_one_of(dialect::no_index(sql), column, &search.experiments),
        _ => is_one_of(sql, column, &search.experiments),
    };
    let Some(values) = part.lead.values() else {
        of_experiment(sql, "r.experiment");
        write_kind_of_run(sql, &part.lead);
        return write_range(sql, search, part);
    };
    of_experiment(sql, "d.experiment");
    sql.push(" AND d.key = ");
    values.table.bind_key(sql, values.key);
    if values.are_metrics {
        sql.push(if matches!(part.lead, Lead::Nan(_)) { " AND d.is_nan = 1" } else { " AND d.is_nan = 0" });
    }
    write_range(sql, search, part);
}

fn write_kind_of_run(sql: &mut Sql, lead: &Lead<'_>) {
    match lead {
        Lead::Ended(true) => {
            sql.push(" AND r.ended_ms IS NOT NULL");
        }
        Lead::Ended(false) => {
            sql.push(" AND r.ended_ms IS NULL");
        }
        Lead::Status(status) => {
            sql.push(" AND r.status = ").bind(*status as i64);
        }
        Lead::Missing(values) => {
            sql.push(" AND ");
            values.table.exists(sql, "r.id", values.key, true);
            sql.push(")");
        }
        _ => {}
    }
}

fn write_range(sql: &mut Sql, search: &RunSearch, part: &Part<'_>) {
    let Some(first) = search.order.first() else { return };
    let term = led_term(part, first);
    match &part.range {
        Range::At(place) => and_same(sql, &term, place),
        Range::Between(behind, before) => {
            if let Some(place) = behind {
                and_behind(sql, &term, place);
            }
            if let Some(place) = before {
                and_before(sql, &term, place);
            }
        }
    }
}

fn write(sql: &mut Sql, part: &Part<'_>, comparison: &Comparison<RunField>) {
    let Comparison { field, test } = comparison;
    let Some(values) = values_of(field) else { return write_own(sql, field, test) };
    let run = part.lead.run();
    match part.lead.values() {
        Some(lead) if lead.are_those_of(field) => write_led(sql, values, test),
        _ if values.are_metrics => values.table.metric_holds(sql, run, values.key, test),
        _ => values.table.text_holds(sql, run, values.key, test),
    }
}

/// Writes a comparison of the value that is walked through.
fn write_led(sql: &mut Sql, values: Values<'_>, test: &Test) {
    if values.are_metrics {
        metric_holds(sql, "d", test);
    } else {
        holds(sql, "d.value", test);
    }
}

/// What the walk of a part is sorted by.
fn terms(search: &RunSearch, part: &Part<'_>) -> Vec<Term> {
    let mut terms = terms_by(search, part, &part.lead);
    if let (true, Some(first), Some(order)) = (part.is_led(), terms.first_mut(), search.order.first()) {
        *first = led_term(part, order);
    }
    terms
}

fn terms_by(search: &RunSearch, part: &Part<'_>, lead: &Lead<'_>) -> Vec<Term> {
    part.order(search).iter().enumerate().map(|(place, order)| term(lead, place, order)).collect()
}
