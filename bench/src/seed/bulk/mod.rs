//! Puts millions of rows straight into a database that a server has made. Every row is a copy of one that the server wrote
//! itself, by REST, with other keys and values in it: what is not named here stays as the server wrote it.
//! Indexes are dropped before and made again after, by the database's own words for them.

pub(crate) mod mlflow;
mod postgres;
mod row;
mod sqlite;
pub(crate) mod tiltyard;

use crate::{
    failure::{Failure, Outcome},
    seed::{
        Content, VERSIONS_PER_MODEL,
        scale::{self, Size},
    },
};
pub(crate) use postgres::Postgres;
pub(crate) use row::{Cell, Row};
pub(crate) use sqlite::Sqlite;

/// A database that no server uses meanwhile.
pub(crate) trait Database {
    /// The rows that a statement shows.
    fn rows(&mut self, sql: &str) -> Outcome<Vec<Row>>;

    /// Runs statements.
    fn run(&mut self, sql: &str) -> Outcome<()>;

    /// Adds `count` rows, each the one before as `fill` changes it; `fill` is told how many came before.
    fn load(
        &mut self,
        table: &str,
        row: &Row,
        count: u64,
        fill: &mut dyn FnMut(u64, &mut Row),
    ) -> Outcome<()>;

    /// Asks for the indexes that are no part of a key: `name`, and the words that it is `made_by`.
    fn indexes(&self) -> &'static str;

    /// Makes indexes, and does what the database does by itself in time, such as counting what is there.
    fn finish(&mut self, indexes: Vec<String>) -> Outcome<()>;

    /// What it takes on disk.
    fn bytes(&mut self) -> Outcome<u64>;
}

/// Which rows make what is seeded, as each server keeps them.
pub(crate) type Rows = fn(&mut dyn Database, &Content, Size) -> Outcome<()>;

/// Adds runs, models and versions until there are as many as that. The first run and the first model are there.
pub(crate) fn fill(
    database: &mut dyn Database,
    content: &mut Content,
    size: Size,
    rows: Rows,
) -> Outcome<()> {
    let indexes = drop_indexes(database)?;
    let first_run = content.runs.first().cloned().unwrap_or_default();
    content.runs = scale::run_ids(first_run, size.runs);
    rows(database, content, size)?;
    content.models = size.models;
    content.versions = size.versions.max(VERSIONS_PER_MODEL);
    database.finish(indexes)
}

/// Drops the indexes that are no part of a key, and says how to make them again.
fn drop_indexes(database: &mut dyn Database) -> Outcome<Vec<String>> {
    let mut made_by = Vec::new();
    for index in database.rows(database.indexes())? {
        let (Some(Cell::Text(name)), Some(Cell::Text(sql))) = (index.get("name"), index.get("made_by"))
        else {
            return Err(Failure::new("an index has no name"));
        };
        database.run(&format!("DROP INDEX {name}"))?;
        made_by.push(sql.clone());
    }
    Ok(made_by)
}

/// The one row that a statement shows.
fn row(database: &mut dyn Database, sql: &str) -> Outcome<Row> {
    let first = database.rows(sql)?.into_iter().next();
    first.ok_or_else(|| Failure::new(format!("there is no row for: {sql}")))
}

/// The whole number that a statement shows first.
fn integer(database: &mut dyn Database, sql: &str) -> Outcome<i64> {
    let row = row(database, sql)?;
    match row.cells().next() {
        Some(Cell::Integer(integer)) => Ok(*integer),
        other => Err(Failure::new(format!("{other:?} is no whole number, of: {sql}"))),
    }
}

/// Refuses a row in which something was set that the table does not have.
fn check(table: &str, row: &Row) -> Outcome<()> {
    match row.unknown() {
        None => Ok(()),
        Some(column) => Err(Failure::new(format!("table {table} has no column {column}"))),
    }
}

/// A whole number of rows.
fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
