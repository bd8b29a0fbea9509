//! What is looked at before a search for runs is planned: which comparison leaves few runs, and where a page is likely to
//! end. Each is one statement that reads no more of an index than a page or two.

use tiltyard_domain::entity::ViewType;
use tiltyard_domain::search::{
    DatasetAttribute, NumberOperator, Order, RunAttribute, RunField, RunOrderField, Test, TextOperator,
};

use super::condition::{holds, metric_holds};
use super::listing::place_of;
use super::page::Place;
use super::prefix::{and_begins, prefix};
use super::run_fields::{led_term, write_own};
use super::run_plan::{Lead, Part, Range, Scope, Values, sorted_values, values_of};
use super::runs::{RunSearch, write_lead};
use super::sorting::{beginning, start};
use super::sql::Sql;
use super::{and_in_view, is_one_of};
use crate::limits::COUNTED_MAX;
use crate::{Error, Read};

/// What may leave few runs. A number is the place of the comparison in the filter.
#[derive(Clone, Copy)]
pub(super) enum Few<'a> {
    /// Those that are named by id.
    Named(usize),
    /// Those with such a value.
    Valued(usize, Values<'a>),
    /// Those that are such themselves.
    Own(usize),
    /// Those that used such a dataset.
    Using(usize),
    /// Those in view.
    InView,
}

/// What was seen before a walk was planned.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Whether values are longer than the index holds.
    pub(super) long: bool,
    /// The value of the last run of the page, were no run filtered out; none where the index has its equals in order.
    pub(super) turn: Option<Place>,
}

impl Read<'_> {
    /// What leaves the fewest runs, if those are few. It counts no further than that.
    pub(super) fn few<'a>(
        &mut self,
        search: &'a RunSearch,
        few_max: usize,
    ) -> Result<Option<Few<'a>>, Error> {
        let candidates = candidates(search);
        if let Some(named) = candidates.iter().find(|candidate| matches!(candidate, Few::Named(_))) {
            return Ok(Some(*named));
        }
        if candidates.is_empty() {
            return Ok(None);
        }
        let sql = counting(self.sql(), search, &candidates, few_max + 1, self.workspace());
        let counts = self.one(sql.text(), &sql.params(), |row| {
            (0..candidates.len()).map(|column| row.get(column)).collect::<Result<Vec<i64>, Error>>()
        })?;
        let counted = counts.unwrap_or_default().into_iter().zip(candidates);
        let fewest = counted
            .filter(|(count, _)| usize::try_from(*count).is_ok_and(|count| count <= few_max))
            .min_by_key(|(count, _)| *count);
        Ok(fewest.map(|(_, candidate)| candidate))
    }

    /// Looks where a page is likely to end, and whether values are long, as far as the plan depends on it.
    pub(super) fn look(&mut self, search: &RunSearch) -> Result<Look, Error> {
        let Some(first) = search.order.first() else { return Ok(Look::default()) };
        let texts = sorted_values(&first.field).filter(|values| !values.are_metrics);
        if texts.is_none() && !turns(search) {
            return Ok(Look::default());
        }
        let sql = looking(self.sql(), search, first, texts);
        let seen = self.one(sql.text(), &sql.params(), |row| Ok((row.get(0)?, place_of(row.value(1)?))))?;
        let (long, turn) = seen.unwrap_or((false, None));
        Ok(Look { long, turn: turn.filter(|_| !long) })
    }
}

/// Whether runs that are equal in the first field of the order stand in the index the other way round.
fn turns(search: &RunSearch) -> bool {
    let [first, second, ..] = search.order.as_slice() else { return false };
    let by_start =
        |order: &Order<RunOrderField>| order.field == RunOrderField::Attribute(RunAttribute::StartTime);
    let walks = match first.field {
        RunOrderField::Attribute(attribute) => {
            matches!(attribute, RunAttribute::RunName | RunAttribute::EndTime)
        }
        _ => true,
    };
    walks && by_start(second) && first.descending == second.descending
}

/// Writes the look: whether there are long values, and the value of the last run of the page in the experiment that gets
/// furthest with it.
fn looking(mut sql: Sql, search: &RunSearch, first: &Order<RunOrderField>, texts: Option<Values<'_>>) -> Sql {
    sql.push("SELECT ");
    match texts {
        Some(values) => {
            sql.push("EXISTS (SELECT 1 FROM ").push(values.table.table).push(" d WHERE ");
            write_values(&mut sql, search, values);
            sql.push(" AND d.value <> ").push(&beginning("d.value")).push(")");
        }
        None => {
            sql.push("0");
        }
    }
    if !turns(search) {
        sql.push(", NULL");
        return sql;
    }
    sql.push(if first.descending { ", (SELECT max((" } else { ", (SELECT min((" });
    write_last_of_page(&mut sql, search, first);
    sql.push(")) FROM experiments e WHERE ");
    is_one_of(&mut sql, "e.id", &search.experiments);
    sql.push(")");
    sql
}

fn write_last_of_page(sql: &mut Sql, search: &RunSearch, first: &Order<RunOrderField>) {
    let lead = match sorted_values(&first.field) {
        Some(values) => Lead::Sorted(values, false),
        None if first.field == RunOrderField::Attribute(RunAttribute::EndTime) => Lead::Ended(true),
        None => Lead::Runs,
    };
    let behind = search.cut.places().and_then(<[Place]>::first).cloned();
    let behind = behind.filter(|place| !matches!(place, Place::Missing | Place::Nan));
    let part =
        Part { lead, range: Range::Between(behind, None), settled: 0, shared: Vec::new(), after: None };
    let term = led_term(&part, first);
    sql.push("SELECT ").push(&term.value).push(" FROM ");
    match lead.values() {
        Some(values) => sql.push(values.table.table).push(" d WHERE "),
        None => sql.push("runs r WHERE "),
    };
    write_lead(sql, search, &part, Scope::Each);
    if lead.values().is_none() {
        // The active runs alone say well enough where a page of all runs ends.
        let view = if search.view == ViewType::All { ViewType::Active } else { search.view };
        and_in_view(sql, "r.deleted", view);
    }
    sql.push(" ORDER BY ").push(&term.value).push(if first.descending { " DESC" } else { "" });
    sql.limit(1).push(" OFFSET ").bind(i64::try_from(search.cut.size).unwrap_or(i64::MAX));
}

/// What an index can answer and the order does not follow anyway.
fn candidates(search: &RunSearch) -> Vec<Few<'_>> {
    let Some(first) = search.order.first() else { return Vec::new() };
    let mut found: Vec<Few<'_>> = search
        .filter
        .comparisons
        .iter()
        .enumerate()
        .filter(|(_, comparison)| !is_same(&comparison.field, &first.field))
        .filter_map(|(place, comparison)| candidate(place, &comparison.field, &comparison.test))
        .take(COUNTED_MAX)
        .collect();
    if search.view == ViewType::Deleted && sorted_values(&first.field).is_some() {
        found.push(Few::InView);
    }
    found
}

fn candidate<'a>(place: usize, field: &'a RunField, test: &Test) -> Option<Few<'a>> {
    let equals = matches!(test, Test::Text { operator: TextOperator::Equal, .. });
    let narrows = match test {
        Test::Like(pattern) => values_of(field).is_some() && !prefix(pattern).is_empty(),
        Test::Number { operator, .. } | Test::Integer { operator, .. } => {
            *operator != NumberOperator::NotEqual
        }
        Test::OneOf { negated, .. } => !negated,
        _ => equals,
    };
    if let Some(values) = values_of(field) {
        return narrows.then_some(Few::Valued(place, values));
    }
    match field {
        RunField::Attribute(RunAttribute::RunId) => narrows.then_some(Few::Named(place)),
        RunField::Attribute(RunAttribute::Status) => Some(Few::Own(place)),
        RunField::Attribute(RunAttribute::StartTime | RunAttribute::EndTime) => {
            narrows.then_some(Few::Own(place))
        }
        RunField::Dataset(DatasetAttribute::Name | DatasetAttribute::Digest) => {
            narrows.then_some(Few::Using(place))
        }
        _ => None,
    }
}

fn is_same(filtered: &RunField, sorted: &RunOrderField) -> bool {
    match (filtered, sorted) {
        (RunField::Metric(left), RunOrderField::Metric(right))
        | (RunField::Param(left), RunOrderField::Param(right))
        | (RunField::Tag(left), RunOrderField::Tag(right)) => left == right,
        (RunField::Attribute(left), RunOrderField::Attribute(right)) => left == right,
        _ => false,
    }
}

fn counting(mut sql: Sql, search: &RunSearch, candidates: &[Few<'_>], limit: usize, workspace: i64) -> Sql {
    for (index, candidate) in candidates.iter().enumerate() {
        sql.push(if index == 0 { "SELECT " } else { ", " });
        sql.push("(SELECT count(*) FROM (");
        candidate.write_keys(&mut sql, search, workspace);
        sql.limit(limit);
        sql.push(") c").push(&index.to_string()).push(")");
    }
    sql
}

impl Few<'_> {
    /// The comparison that these runs pass anyway.
    pub(super) fn comparison(&self) -> Option<usize> {
        match self {
            Self::Named(place) | Self::Valued(place, _) | Self::Own(place) | Self::Using(place) => {
                Some(*place)
            }
            Self::InView => None,
        }
    }

    /// Writes the statement that finds the keys of these runs, among them perhaps some that are not in view.
    pub(super) fn write_keys(&self, sql: &mut Sql, search: &RunSearch, workspace: i64) {
        let comparison = self.comparison().and_then(|place| search.filter.comparisons.get(place));
        match self {
            Self::Valued(_, values) => {
                sql.push("SELECT d.run FROM ").push(values.table.table).push(" d WHERE ");
                write_values(sql, search, *values);
                if let Some(comparison) = comparison {
                    and_indexed(sql, *values, &comparison.test);
                }
                return;
            }
            Self::Using(_) => {
                sql.push(
                    "SELECT i.run FROM datasets x CROSS JOIN run_datasets i WHERE i.dataset = x.id AND ",
                );
                is_one_of(sql, "x.experiment", &search.experiments);
            }
            Self::Named(_) => {
                sql.push("SELECT r.id FROM runs r WHERE r.workspace = ").bind(workspace);
            }
            Self::Own(_) | Self::InView => {
                sql.push("SELECT r.id FROM runs r WHERE ");
                is_one_of(sql, "r.experiment", &search.experiments);
                write_view(sql, search.view);
            }
        }
        if let Some(comparison) = comparison {
            sql.push(" AND ");
            match (&comparison.field, self) {
                (RunField::Dataset(attribute), Self::Using(_)) => {
                    let name = *attribute == DatasetAttribute::Name;
                    holds(sql, if name { "x.name" } else { "x.digest" }, &comparison.test);
                }
                (field, _) => write_own(sql, field, &comparison.test),
            }
        }
    }
}

/// Writes the view so that indexes which begin with it can be used further.
fn write_view(sql: &mut Sql, view: ViewType) {
    match view {
        ViewType::All => {
            sql.push(" AND r.deleted IN (0, 1)");
        }
        view => and_in_view(sql, "r.deleted", view),
    }
}

/// Writes that row `d` is one of the values, in any of the experiments.
fn write_values(sql: &mut Sql, search: &RunSearch, values: Values<'_>) {
    is_one_of(sql, "d.experiment", &search.experiments);
    sql.push(" AND d.key = ");
    values.table.bind_key(sql, values.key);
}

/// Writes a comparison so that the index on values answers it: texts are indexed by their beginning.
fn and_indexed(sql: &mut Sql, values: Values<'_>, test: &Test) {
    if values.are_metrics {
        return metric_holds(sql.push(" AND "), "d", test);
    }
    match test {
        Test::Text { operator: TextOperator::Equal, value } => {
            sql.push(" AND ").push(&beginning("d.value")).push(" = ").bind(start(value));
        }
        Test::Like(pattern) => and_begins(sql, &beginning("d.value"), pattern),
        _ => {}
    }
    holds(sql.push(" AND "), "d.value", test);
}
