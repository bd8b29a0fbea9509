//! One connection to the file, set up for writing or for reading, and how it runs a statement.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, params_from_iter};

use super::Database;
use crate::engine::{Dialect, Engine, Param, Row, Value};
use crate::limits::{LONG_READS_AT_ONCE_MAX, MAPPED_BYTES_MAX};
use crate::{Error, schema};

/// Prepared statements kept per connection; more than the server has.
const STATEMENTS_KEPT: usize = 512;

/// A connection that counts its statements.
pub(super) struct Connection {
    raw: rusqlite::Connection,
    /// Whether the transaction wrote to the journal.
    announces: bool,
    statements: Arc<AtomicU64>,
}

impl Connection {
    pub(super) fn raw(&mut self) -> &mut rusqlite::Connection {
        &mut self.raw
    }

    /// How many rows this connection has changed since it was opened, undone changes among them.
    pub(super) fn rows_changed(&self) -> u64 {
        self.raw.total_changes()
    }

    /// Whether the journal was written to since this was last asked.
    pub(super) fn take_announcement(&mut self) -> bool {
        std::mem::take(&mut self.announces)
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        !self.raw.is_autocommit()
    }

    /// What SQLite said, with the file it said it of: the log of a server that runs is read without its command line.
    fn failed(&self, source: rusqlite::Error) -> Error {
        Error::Database { path: self.raw.path().unwrap_or_default().to_owned(), source }
    }

    /// Runs one of the words that frame transactions; not counted as a statement.
    pub(super) fn run(&self, sql: &str) -> Result<(), Error> {
        self.raw
            .prepare_cached(sql)
            .and_then(|mut word| word.execute([]))
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Runs a read of one statement, which is a snapshot by itself.
    pub(super) fn look<T, E: From<Error>>(
        &mut self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        read(self)
    }

    /// Runs `read` in a snapshot.
    pub(super) fn snapshot<T, E: From<Error>>(
        &mut self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run("BEGIN")?;
        let answer = catch_unwind(AssertUnwindSafe(|| read(self)));
        // Also after a panic: the connection serves this thread's later reads.
        self.run("COMMIT")?;
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Opens the one connection that writes. `synchronous = FULL` makes a commit wait for the disk. The checkpoint brings the
/// mark that the file is ours out of the log, where the look before the next start would not find it. The log grows to
/// 16 MiB before it is copied into the file: pages that change often are then copied once for many changes.
pub(super) fn open_for_writing(database: &Database) -> Result<Connection, Error> {
    let connection = rusqlite::Connection::open_with_flags(
        database.path.as_ref(),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(&format!(
        "PRAGMA application_id = {};
         PRAGMA locking_mode = NORMAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_checkpoint(PASSIVE);
         PRAGMA wal_autocheckpoint = 4096;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16384;",
        schema::APPLICATION_ID
    ))?;
    wrap(connection, database)
}

/// Opens a connection that can only read.
pub(super) fn open_for_reading(database: &Database) -> Result<Connection, Error> {
    let connection = rusqlite::Connection::open_with_flags(
        database.path.as_ref(),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(&format!(
        "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = {};",
        mapped_bytes()
    ))?;
    wrap(connection, database)
}

/// The share of one connection: as many read as threads answer requests, and those of long reads.
fn mapped_bytes() -> usize {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    MAPPED_BYTES_MAX / (threads + LONG_READS_AT_ONCE_MAX)
}

fn wrap(raw: rusqlite::Connection, database: &Database) -> Result<Connection, Error> {
    raw.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Without this the planner may look at bound values, and then every new value parses the statement again: two thirds
    // of a short read's time.
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(Connection { raw, announces: false, statements: Arc::clone(&database.statements) })
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Param::Null => ValueRef::Null,
            Param::Integer(integer) => ValueRef::Integer(integer),
            Param::Real(real) => ValueRef::Real(real),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
            Param::Integers(_)
            | Param::Reals(_)
            | Param::Texts(_)
            | Param::TextsOrNone(_)
            | Param::ListOfBytes(_) => {
                let refusal = "SQLite takes no lists; statements for it have a place for each value";
                return Err(rusqlite::Error::ToSqlConversionFailure(refusal.into()));
            }
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>, Error> {
        Ok(match self.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(integer) => Value::Integer(integer),
            ValueRef::Real(real) => Value::Real(real),
            ValueRef::Text(text) => Value::Text(
                std::str::from_utf8(text)
                    .map_err(|_| Error::Corrupt(format!("column {column} is not UTF-8")))?,
            ),
            ValueRef::Blob(bytes) => Value::Bytes(bytes),
        })
    }
}

impl Engine for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn announce(&mut self) {
        self.announces = true;
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let done = self
            .raw
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params_from_iter(params)));
        done.map_err(|error| self.failed(error))
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let failed = |error| self.failed(error);
        let mut statement = self.raw.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(params_from_iter(params)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(row)?;
        }
        Ok(())
    }
}
