//! Rows into an SQLite file: one transaction, one statement a table, nothing synced before the end.

use std::path::Path;

use rusqlite::{Connection, params_from_iter, types::ValueRef};

use super::{Cell, Database, Row, check};
use crate::failure::{During as _, Outcome};

/// An SQLite file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens a file that is there.
    pub(crate) fn open(file: &Path) -> Outcome<Self> {
        let connection = Connection::open(file).during(format!("opening {}", file.display()))?;
        // Nothing is lost by a crash but the seed.
        let pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;";
        connection.execute_batch(pragmas).during("setting SQLite up for seeding")?;
        Ok(Self { connection })
    }
}

impl Database for Sqlite {
    fn rows(&mut self, sql: &str) -> Outcome<Vec<Row>> {
        let mut statement = self.connection.prepare(sql).during(format!("preparing {sql}"))?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows = statement.query_map([], |row| {
            let cells = names.iter().enumerate();
            let cells = cells.map(|(index, name)| Ok((name.clone(), cell(row.get_ref(index)?))));
            Ok(Row::new(cells.collect::<rusqlite::Result<Vec<_>>>()?))
        });
        rows.and_then(Iterator::collect).during(format!("running {sql}"))
    }

    fn run(&mut self, sql: &str) -> Outcome<()> {
        self.connection.execute_batch(sql).during(format!("running {sql}"))
    }

    fn load(
        &mut self,
        table: &str,
        row: &Row,
        count: u64,
        fill: &mut dyn FnMut(u64, &mut Row),
    ) -> Outcome<()> {
        let doing = || format!("filling {table}");
        let (names, mut row) = (row.names().join(", "), row.clone());
        let places = vec!["?"; row.names().len()].join(", ");
        let transaction = self.connection.transaction().during(doing())?;
        let sql = format!("INSERT INTO {table} ({names}) VALUES ({places})");
        let mut statement = transaction.prepare(&sql).during(doing())?;
        for index in 0..count {
            fill(index, &mut row);
            check(table, &row)?;
            statement.execute(params_from_iter(row.cells())).during(doing())?;
        }
        drop(statement);
        transaction.commit().during(doing())
    }

    fn indexes(&self) -> &'static str {
        "SELECT name, sql AS made_by FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    }

    fn finish(&mut self, indexes: Vec<String>) -> Outcome<()> {
        indexes.iter().try_for_each(|index| self.run(index))
    }

    fn bytes(&mut self) -> Outcome<u64> {
        let pages =
            self.rows("SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()")?;
        let bytes = pages.first().map_or(0, |row| row.integer("bytes"));
        u64::try_from(bytes).during("reading the size of an SQLite file")
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(integer) => Cell::Integer(integer),
        ValueRef::Real(real) => Cell::Real(real),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Cell::Text(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}
