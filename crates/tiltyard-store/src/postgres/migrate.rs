//! Finding out whether a database is ours, and bringing its schema up to date, once however many replicas start at once.

use super::connection::Connection;
use crate::limits::MIGRATION_PATIENCE;
use crate::{Error, schema};

/// The lock of those who bring the schema up to date: `tyrdmigr` in ASCII. It belongs to the session, so that it goes
/// with a process that dies; what that process had begun is undone, and the next one begins anew.
const LOCK: i64 = 0x7479_7264_6d69_6772;
/// The oldest release that knows all that the statements say.
const VERSION_MIN: i32 = 140_000;

pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let patience = MIGRATION_PATIENCE.as_millis();
    connection.run(&format!("SET lock_timeout = {patience}; SET statement_timeout = {patience}"))?;
    connection.run(&format!("SELECT pg_advisory_lock({LOCK})"))?;
    let done = check(connection).and_then(|()| run(connection));
    connection.run(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
    done
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
