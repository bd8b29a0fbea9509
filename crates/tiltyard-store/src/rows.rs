//! Many rows written, or asked for, by one statement: on PostgreSQL, where each statement is a message, with a list for each
//! column; on SQLite, where running a statement again costs little, row by row.

use std::fmt::Write;

use crate::engine::{Dialect, Param, Row};
use crate::{Error, Read, Tx};

impl Read<'_> {
    /// Shows what a statement finds for each of the rows, of which each column is given as a list. `sql` says `{rows}` where it
    /// would say `VALUES (…)`.
    pub(crate) fn each_of_rows(
        &mut self,
        sql: &str,
        columns: &[Param<'_>],
        mut show: impl FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self.dialect() {
            Dialect::Postgres if row_count(columns) == 0 => Ok(()),
            Dialect::Postgres => self.each(&in_lists(sql, columns), columns, show),
            Dialect::Sqlite => {
                let sql = sql.replace("{rows}", &values(columns.len()));
                each_row(columns, |row| self.each(&sql, row, &mut show))
            }
        }
    }
}

impl Tx<'_> {
    /// Inserts rows, of which each column is given as a list, and tells how many it changed. `sql` says `{rows}` where it
    /// would say `VALUES (…)`.
    pub(crate) fn insert_rows(&mut self, sql: &str, columns: &[Param<'_>]) -> Result<usize, Error> {
        match self.dialect() {
            Dialect::Postgres => self.execute(&in_lists(sql, columns), columns),
            Dialect::Sqlite => self.insert_each(sql, columns),
        }
    }

    /// The same where nobody needs to know at once how many rows it changed.
    pub(crate) fn send_rows(&mut self, sql: &str, columns: &[Param<'_>]) -> Result<(), Error> {
        match self.dialect() {
            Dialect::Postgres if row_count(columns) == 0 => Ok(()),
            Dialect::Postgres => self.send(&in_lists(sql, columns), columns),
            Dialect::Sqlite => self.insert_each(sql, columns).map(drop),
        }
    }

    fn insert_each(&mut self, sql: &str, columns: &[Param<'_>]) -> Result<usize, Error> {
        let sql = sql.replace("{rows}", &values(columns.len()));
        let mut changed = 0;
        each_row(columns, |row| {
            changed += self.execute(&sql, row)?;
            Ok(())
        })?;
        Ok(changed)
    }
}

/// Gives the rows of which the columns are lists, one by one.
fn each_row<'a>(
    columns: &[Param<'a>],
    mut take: impl FnMut(&[Param<'a>]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut row = vec![Param::Null; columns.len()];
    for place in 0..row_count(columns) {
        for (value, column) in row.iter_mut().zip(columns) {
            *value = value_of(column, place);
        }
        take(&row)?;
    }
    Ok(())
}

fn row_count(columns: &[Param<'_>]) -> usize {
    match columns.first() {
        Some(Param::Integers(list)) => list.len(),
        Some(Param::Reals(list)) => list.len(),
        Some(Param::Texts(list)) => list.len(),
        Some(Param::TextsOrNone(list)) => list.len(),
        Some(Param::ListOfBytes(list)) => list.len(),
        _ => 0,
    }
}

fn value_of<'a>(column: &Param<'a>, place: usize) -> Param<'a> {
    let value = match *column {
        Param::Integers(list) => list.get(place).map(|&integer| Param::Integer(integer)),
        Param::Reals(list) => list.get(place).map(|&real| Param::Real(real)),
        Param::Texts(list) => list.get(place).map(|&text| Param::Text(text)),
        Param::TextsOrNone(list) => list.get(place).map(|&text| Param::from(text)),
        Param::ListOfBytes(list) => list.get(place).map(|&bytes| Param::Bytes(bytes)),
        same => Some(same),
    };
    value.unwrap_or(Param::Null)
}

/// `VALUES (?1, ?2, …)`
fn values(columns: usize) -> String {
    let places: Vec<String> = (1..=columns).map(|place| format!("?{place}")).collect();
    format!("VALUES ({})", places.join(", "))
}

/// The statement with its rows taken from lists.
fn in_lists(sql: &str, columns: &[Param<'_>]) -> String {
    let mut lists = String::from("SELECT * FROM unnest(");
    for (place, column) in columns.iter().enumerate() {
        let kind = match column {
            Param::Reals(_) => "double precision",
            Param::Texts(_) | Param::TextsOrNone(_) => "text",
            Param::ListOfBytes(_) => "bytea",
            _ => "bigint",
        };
        let comma = if place == 0 { "" } else { ", " };
        // Writing to text cannot fail.
        let _ = write!(lists, "{comma}?{}::{kind}[]", place + 1);
    }
    lists.push(')');
    sql.replace("{rows}", &lists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_serves_both_engines() {
        let columns = [Param::Integers(&[1, 2]), Param::Reals(&[0.5, 0.5]), Param::Texts(&["a", "b"])];
        let sql = "INSERT INTO t (a, b, c) {rows} ON CONFLICT DO NOTHING";
        assert_eq!(
            in_lists(sql, &columns),
            "INSERT INTO t (a, b, c) SELECT * FROM unnest(?1::bigint[], ?2::double precision[], ?3::text[]) \
             ON CONFLICT DO NOTHING"
        );
        assert_eq!(values(columns.len()), "VALUES (?1, ?2, ?3)");
        assert_eq!(row_count(&columns), 2);
    }
}
