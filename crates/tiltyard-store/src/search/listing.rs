//! How every search ends: the filter, where the page begins, the order and the size; and how its rows become a page.
//! Which tables are read, and what a comparison means there, is said by the file of each search.

use tiltyard_domain::search::{Comparison, Filter};

use super::page::{Collector, Cut, Page, Place, Position};
use super::sorting::{Gaps, Term, and_after, order_by};
use super::sql::Sql;
use crate::engine::{Row, Value};
use crate::{Error, Read};

/// Makes a thing of the columns that a row has of its own.
type ReadRow<T> = fn(&dyn Row) -> Result<T, Error>;

/// Writes the comparisons of a filter, each as one more condition.
pub(super) fn and_all<F>(sql: &mut Sql, filter: &Filter<F>, write: impl Fn(&mut Sql, &Comparison<F>)) {
    for comparison in &filter.comparisons {
        sql.push(" AND ");
        write(sql, comparison);
    }
}

/// Writes where the page begins, the order and the size.
pub(super) fn end(sql: &mut Sql, terms: &[Term], after: Option<&[Place]>, limit: usize) {
    if let Some(places) = after {
        and_after(sql, terms, places);
    }
    order_by(sql, terms);
    sql.limit(limit);
}

impl Cut {
    /// The values that the page begins behind.
    pub(super) fn places(&self) -> Option<&[Place]> {
        self.after.as_ref().map(|position| position.0.as_slice())
    }
}

impl Read<'_> {
    /// Whether a statement of keys finds no more than that; it counts no further.
    pub(super) fn are_few(&mut self, max: usize, write_keys: impl FnOnce(&mut Sql)) -> Result<bool, Error> {
        let mut sql = self.sql();
        sql.push("SELECT count(*) FROM (");
        write_keys(&mut sql);
        sql.limit(max + 1).push(") c");
        let count: Option<i64> = self.one(sql.text(), &sql.params(), |row| row.get(0))?;
        Ok(count.is_some_and(|count| usize::try_from(count).is_ok_and(|count| count <= max)))
    }

    /// The page that one statement answers, which is told how many rows are wanted.
    pub(super) fn listed<T>(
        &mut self,
        cut: &Cut,
        terms: &[Term],
        (width, row): (usize, ReadRow<T>),
        statement: impl FnOnce(usize) -> Sql,
    ) -> Result<Page<T>, Error> {
        let mut page = Collector::new(cut.size);
        let sql = statement(page.wanted());
        Listing { sql, terms, width, row, shared: &[] }.collect(self, &mut page)?;
        Ok(page.finish())
    }
}

/// Reads the place of a row from the columns of its terms, the first of which is `column`.
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
    place_of(value).ok_or_else(|| Error::Corrupt(format!("{value:?} cannot be sorted by")))
}

/// The place of a value; none for what cannot be sorted by.
pub(super) fn place_of(value: Value<'_>) -> Option<Place> {
    match value {
        Value::Integer(integer) => Some(Place::Integer(integer)),
        Value::Real(real) => Some(Place::Real(real.to_bits())),
        Value::Text(text) => Some(Place::Text(text.to_owned())),
        Value::Null | Value::Bytes(_) => None,
    }
}

/// A statement that is ready to be run: its first columns are a row's own, then come those of the terms.
pub(super) struct Listing<'a, T> {
    pub(super) sql: Sql,
    pub(super) terms: &'a [Term],
    /// How many columns the row has of its own, and what they make.
    pub(super) width: usize,
    pub(super) row: ReadRow<T>,
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
