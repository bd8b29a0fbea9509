//! The order of a search as SQL: what to sort by, what stands behind a given place, and how a row's place is read.
//! Values come first, then `NaN`, then what has no value, in both directions.

use super::condition::NEVER;
use super::page::{Collector, Place, Position};
use super::sql::{Bound, Sql};
use crate::engine::{Row, Value};
use crate::{Error, Read};

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

/// Writes the columns that [`place`] reads, each with a comma before it.
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

/// Reads the place of a row from the columns that [`columns`] wrote, the first of which is `column`.
fn place(row: &dyn Row, mut column: usize, terms: &[Term]) -> Result<Vec<Place>, Error> {
    let mut places = Vec::with_capacity(terms.len());
    for term in terms {
        let rank = if term.gaps == Gaps::None { 0 } else { row.get::<i64>(column)? };
        column += usize::from(term.gaps != Gaps::None);
        places.push(match rank {
            0 => present(row.value(column)?)?,
            1 => Place::Nan,
            _ => Place::Missing,
        });
        column += 1;
    }
    Ok(places)
}

fn present(value: Value<'_>) -> Result<Place, Error> {
    match value {
        Value::Integer(integer) => Ok(Place::Integer(integer)),
        Value::Real(real) => Ok(Place::Real(real.to_bits())),
        Value::Text(text) => Ok(Place::Text(text.to_owned())),
        Value::Null | Value::Bytes(_) => Err(Error::Corrupt(format!("{value:?} cannot be sorted by"))),
    }
}

/// A statement that is ready to be run: its first columns are a row's own, then come those of the terms.
pub(super) struct Listing<'a, T> {
    pub(super) sql: Sql,
    pub(super) terms: &'a [Term],
    /// How many columns the row has of its own, and what they make.
    pub(super) width: usize,
    pub(super) row: fn(&dyn Row) -> Result<T, Error>,
    /// Places that all rows share, before those of the terms.
    pub(super) shared: &'a [Place],
}

impl<T> Listing<'_, T> {
    /// Runs the statement and puts its rows into the page.
    pub(super) fn collect(&self, read: &mut Read<'_>, page: &mut Collector<T>) -> Result<(), Error> {
        read.each(self.sql.text(), &self.sql.params(), |row| {
            if !page.keeps_next() {
                page.see_more();
                return Ok(());
            }
            if page.ends_with_next() {
                let own = place(row, self.width, self.terms)?;
                page.end_at(Position([self.shared, &own].concat()));
            }
            page.keep((self.row)(row)?);
            Ok(())
        })
    }
}
