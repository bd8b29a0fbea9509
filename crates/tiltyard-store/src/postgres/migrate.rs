//! Finding out whether a database is ours, and bringing its schema up to date, once however many replicas start at once.

use std::error::Error as _;
use std::iter::successors;
use std::thread::sleep;

use tokio_postgres::error::SqlState;

use super::connection::Connection;
use crate::limits::{ANSWER_PATIENCE, MIGRATION_PATIENCE, TABLE_ATTEMPTS_MAX, TABLE_PATIENCE, TABLE_REST};
use crate::{Error, schema};

/// The lock of those who bring the schema up to date: `tyrdmigr` in ASCII. It belongs to the session, so that it goes
/// with a process that dies; what that process had begun is undone, and the next one begins anew.
const LOCK: i64 = 0x7479_7264_6d69_6772;
/// The oldest release that knows all that the statements say.
const VERSION_MIN: i32 = 140_000;

pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let (patience, for_tables) = (MIGRATION_PATIENCE.as_millis(), TABLE_PATIENCE.as_millis());
    // PostgreSQL itself ends what takes too long.
    connection.wait_for(MIGRATION_PATIENCE + ANSWER_PATIENCE);
    connection.run(&format!("SET lock_timeout = {patience}; SET statement_timeout = {patience}"))?;
    connection.run(&format!("SELECT pg_advisory_lock({LOCK})"))?;
    connection.run(&format!("SET lock_timeout = {for_tables}"))?;
    let done = check(connection).and_then(|()| run_between_others(connection));
    // What went wrong before says more; and the lock goes with the connection.
    done.and(connection.run(&format!("SELECT pg_advisory_unlock({LOCK})")))
}

/// Runs what is missing. Where a table stays in use, lets those go first who wait behind, and tries again.
fn run_between_others(connection: &mut Connection) -> Result<(), Error> {
    for _ in 1..TABLE_ATTEMPTS_MAX {
        match run(connection) {
            Err(failure) if is_about_tables_in_use(&failure) => {
                tracing::info!("tables are in use; the schema is brought up to date as soon as they are not");
                sleep(TABLE_REST);
            }
            done => return done,
        }
    }
    run(connection)
}

fn is_about_tables_in_use(failure: &Error) -> bool {
    let Error::Migration(failure) = failure else { return false };
    let mut causes = successors(failure.source(), |&cause| cause.source());
    let code = causes.find_map(|cause| cause.downcast_ref::<tokio_postgres::Error>()?.code());
    code == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

fn run(connection: &mut Connection) -> Result<(), Error> {
    let runner = schema::runner_for_postgres()?;
    let Some((client, runtime)) = connection.session().parts() else { return Err(Error::Closed) };
    runtime.block_on(runner.run_async(client))?;
    Ok(())
}

/// Refuses a server that is too old, and a schema that holds another program's tables.
fn check(connection: &mut Connection) -> Result<(), Error> {
    let (mut facts, mut tables) = ((0_i32, String::new()), Vec::<String>::new());
    let Some((client, runtime)) = connection.session().parts() else { return Err(Error::Closed) };
    runtime.block_on(async {
        let row = client.query_one(SERVER, &[]).await?;
        facts = (row.try_get(0)?, row.try_get(1)?);
        for row in client.query(TABLES, &[]).await? {
            tables.push(row.try_get(0)?);
        }
        Ok::<_, tokio_postgres::Error>(())
    })?;
    let (version, encoding) = facts;
    if version < VERSION_MIN {
        return Err(refused("is served by PostgreSQL before release 14. Use a newer one"));
    }
    if encoding != "UTF8" {
        return Err(refused("is not encoded as UTF8. Make one that is"));
    }
    let has = |name: &str| tables.iter().any(|table| table == name);
    if has("alembic_version") {
        return Err(refused(
            "was made by MLflow, and was not changed. Importing one is coming; until then name another",
        ));
    }
    if !tables.is_empty() && !(has("refinery_schema_history") && (has("journal") || tables.len() == 1)) {
        return Err(refused("holds another program's tables, and was not changed. Name another"));
    }
    Ok(())
}

fn refused(what: &str) -> Error {
    Error::NotOurs(format!("The PostgreSQL database {what} with --backend-store-uri."))
}

const SERVER: &str =
    "SELECT current_setting('server_version_num')::integer, current_setting('server_encoding')";
const TABLES: &str = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')";
