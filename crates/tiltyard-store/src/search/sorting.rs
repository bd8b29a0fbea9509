//! The order of a search as SQL: what to sort by, and what stands behind a given place.
//! Values come first, then `NaN`, then what has no value, in both directions.

use super::condition::NEVER;
use super::page::Place;
use super::sql::{Bound, Sql};

/// One field of the order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    /// The expression; it binds nothing, so that it can stand in several places.
    pub(super) value: String,
    /// What it may be but a value.
    pub(super) gaps: Gaps,
    /// Largest first.
    pub(super) descending: bool,
    /// Whether an index holds the beginning of the text: sorting by that first changes nothing but the speed.
    indexed: bool,
}

/// What a field may be but a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Gaps {
    /// Nothing: there is always a value.
    None,
    /// `NULL`.
    Null,
    /// `NULL`, or `NaN` where this column is 1.
    NullOrNan(String),
}

/// How much of a text the indexes on values hold.
const INDEXED_CHARS: usize = 100;

/// The expression that indexes on texts hold.
pub(super) fn beginning(expression: &str) -> String {
    format!("substr({expression}, 1, {INDEXED_CHARS})")
}

/// What [`beginning`] is of this text.
pub(super) fn start(text: &str) -> String {
    text.chars().take(INDEXED_CHARS).collect()
}

impl Term {
    /// A field that is never missing.
    pub(super) fn present(value: impl Into<String>, descending: bool) -> Self {
        Self { value: value.into(), gaps: Gaps::None, descending, indexed: false }
    }

    /// A text that is never missing and of which an index holds the beginning.
    pub(super) fn indexed(value: &str, descending: bool) -> Self {
        Self { indexed: true, ..Self::present(value, descending) }
    }

    /// A field that may be missing.
    pub(super) fn nullable(value: impl Into<String>, descending: bool) -> Self {
        Self { value: value.into(), gaps: Gaps::Null, descending, indexed: false }
    }

    /// The metric in the row of that alias, if there is one.
    pub(super) fn metric(alias: &str, descending: bool) -> Self {
        let gaps = Gaps::NullOrNan(format!("{alias}.is_nan"));
        Self { value: format!("{alias}.value"), gaps, descending, indexed: false }
    }

    /// 0 for a value, 1 for `NaN`, 2 for nothing; none where there is always a value.
    fn rank(&self) -> Option<String> {
        match &self.gaps {
            Gaps::None => None,
            Gaps::Null => Some(format!("CASE WHEN {} IS NULL THEN 2 ELSE 0 END", self.value)),
            Gaps::NullOrNan(is_nan) => Some(format!("COALESCE({is_nan}, 2)")),
        }
    }

    fn beyond(&self) -> &'static str {
        if self.descending { " < " } else { " > " }
    }

    fn from(&self) -> &'static str {
        if self.descending { " <= " } else { " >= " }
    }
}

/// Writes the columns that a row's place is read from, each with a comma before it.
pub(super) fn columns(sql: &mut Sql, terms: &[Term]) {
    for term in terms {
        if let Some(rank) = term.rank() {
            sql.push(", ").push(&rank);
        }
        sql.push(", ").push(&term.value);
    }
}

/// Writes `ORDER BY` with all terms.
pub(super) fn order_by(sql: &mut Sql, terms: &[Term]) {
    for (index, term) in terms.iter().enumerate() {
        sql.push(if index == 0 { " ORDER BY " } else { ", " });
        if let Some(rank) = term.rank() {
            sql.push(&rank).push(", ");
        }
        let direction = if term.descending { " DESC" } else { "" };
        if term.indexed {
            sql.push(&beginning(&term.value)).push(direction).push(", ");
        }
        sql.push(&term.value).push(direction);
    }
}

/// Writes that a row stands behind the place, as one more condition.
pub(super) fn and_after(sql: &mut Sql, terms: &[Term], places: &[Place]) {
    if let (Some(term), Some(bound)) = (terms.first(), places.first().and_then(bound)) {
        and_from(sql, term, bound);
    }
    sql.push(" AND ");
    after(sql, terms, places);
}

/// Writes that a row does not stand before the place. That says nothing new, but an index can begin there.
fn and_from(sql: &mut Sql, term: &Term, bound: Bound) {
    match (&term.gaps, bound) {
        (Gaps::None, Bound::Text(text)) if term.indexed => {
            sql.push(" AND ").push(&beginning(&term.value)).push(term.from()).bind(start(&text));
        }
        (Gaps::None, bound) => {
            sql.push(" AND ").push(&term.value).push(term.from()).bind(bound);
        }
        _ => {}
    }
}

/// Writes that the term is at the place, so that an index can begin there.
pub(super) fn and_same(sql: &mut Sql, term: &Term, place: &Place) {
    if let (true, Some(Bound::Text(text))) = (term.indexed, bound(place)) {
        sql.push(" AND ").push(&beginning(&term.value)).push(" = ").bind(start(&text));
    }
    sql.push(" AND ");
    same(sql, term, place);
}

/// Writes that the term stands behind the place, so that an index can begin there.
pub(super) fn and_behind(sql: &mut Sql, term: &Term, place: &Place) {
    if term.indexed
        && let Some(bound) = bound(place)
    {
        and_from(sql, term, bound);
    }
    sql.push(" AND ");
    beyond(sql, term, place);
}

/// Writes that the term, which is never missing, stands before the place.
pub(super) fn and_before(sql: &mut Sql, term: &Term, place: &Place) {
    let turned = Term { descending: !term.descending, ..term.clone() };
    sql.push(" AND ");
    beyond(sql, &turned, place);
}

fn after(sql: &mut Sql, terms: &[Term], places: &[Place]) {
    let (Some((term, terms)), Some((place, places))) = (terms.split_first(), places.split_first()) else {
        sql.push(NEVER);
        return;
    };
    sql.push("(");
    beyond(sql, term, place);
    if !terms.is_empty() {
        sql.push(" OR (");
        same(sql, term, place);
        sql.push(" AND ");
        after(sql, terms, places);
        sql.push(")");
    }
    sql.push(")");
}

/// Writes that the term stands behind the place by itself.
fn beyond(sql: &mut Sql, term: &Term, place: &Place) {
    match (bound(place), term.rank()) {
        (Some(bound), None) => {
            sql.push(&term.value).push(term.beyond()).bind(bound);
        }
        (Some(bound), Some(rank)) => {
            sql.push(&rank).push(" > 0 OR ").push(&term.value).push(term.beyond()).bind(bound);
        }
        (None, Some(rank)) if *place == Place::Nan => {
            sql.push(&rank).push(" > 1");
        }
        (None, _) => {
            sql.push(NEVER);
        }
    }
}

/// Writes that the term is at the place.
fn same(sql: &mut Sql, term: &Term, place: &Place) {
    match (bound(place), term.rank()) {
        (Some(bound), None) => {
            sql.push(&term.value).push(" = ").bind(bound);
        }
        (Some(bound), Some(rank)) => {
            sql.push(&rank).push(" = 0 AND ").push(&term.value).push(" = ").bind(bound);
        }
        (None, Some(rank)) => {
            sql.push(&rank).push(if *place == Place::Nan { " = 1" } else { " = 2" });
        }
        (None, None) => {
            sql.push(NEVER);
        }
    }
}

fn bound(place: &Place) -> Option<Bound> {
    match place {
        Place::Missing | Place::Nan => None,
        Place::Integer(integer) => Some(Bound::Integer(*integer)),
        Place::Real(bits) => Some(Bound::Real(f64::from_bits(*bits))),
        Place::Text(text) => Some(Bound::Text(text.clone())),
    }
}
