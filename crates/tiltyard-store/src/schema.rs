//! Bringing a database to the present schema: one SQL text for both engines, with the few words that differ filled in.
//! Migrations expand first and contract in a later release, so that neighbouring releases can run side by side.

use refinery::{Migration, Runner};

use crate::Error;

/// Marks an SQLite file as ours: `TYRD` in ASCII, in the header field that SQLite keeps for applications.
pub(crate) const APPLICATION_ID: i64 = 0x5459_5244;

const MIGRATIONS: [(&str, &str); 1] = [("V1__registry", include_str!("migrations/V1__registry.sql"))];

/// Applies to `connection` what it has not seen yet, in one transaction.
pub(crate) fn migrate_sqlite(connection: &mut rusqlite::Connection) -> Result<(), Error> {
    let migrations = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, &for_sqlite(sql)))
        .collect::<Result<Vec<_>, _>>()?;
    Runner::new(&migrations).set_grouped(true).run(connection)?;
    Ok(())
}

/// `{id}` is a key that the engine counts up; `{compact}` keeps a table's rows in its primary key's tree; `{bytes}` is the
/// type of raw bytes.
fn for_sqlite(sql: &str) -> String {
    sql.replace("{id}", "INTEGER PRIMARY KEY")
        .replace("{compact}", "WITHOUT ROWID")
        .replace("{bytes}", "BLOB")
}
