//! What a failure of PostgreSQL means: that others came first, that the database is gone, or that something is wrong.

use std::io;

use tokio_postgres::error::SqlState;

use crate::Error;
use crate::limits::{STATEMENT_DEADLINE, TURN_PATIENCE};

/// What became of a transaction when one of its statements failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another transaction came first. The body may be run again, and will see what that one did.
    CameSecond,
    /// The connection is of no use any more.
    Lost(String),
    /// The statement is wrong, or its deadline passed.
    Failed,
    /// Nothing went wrong: the body said no.
    Refused,
}

/// What a failed statement means for its transaction.
pub(super) fn trouble(error: &tokio_postgres::Error) -> Trouble {
    match error.code() {
        Some(code) if came_second(code) => Trouble::CameSecond,
        Some(code) if is_lost(code) => Trouble::Lost(describe(error)),
        None if error.is_closed() || is_io(error) => Trouble::Lost(describe(error)),
        _ => Trouble::Failed,
    }
}

/// A unique violation is one of these: bodies look before they insert, and what they would have seen is there now.
fn came_second(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION]
        .contains(code)
}

/// The server shuts down, starts up, has cut the connection, lacks room, or became a standby that others replaced.
fn is_lost(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    let is_gone = matches!(class, "08" | "53" | "58") || code.code().starts_with("57P");
    is_gone
        || [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT].contains(code)
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<io::Error>)
}

/// The failure as the rest of the store knows it. A read that takes too long was asked too much; a change that does met others.
pub(super) fn error(error: tokio_postgres::Error, only_reads: bool) -> Error {
    match (trouble(&error), error.code()) {
        (Trouble::Lost(what), _) => Error::Unavailable(what),
        (_, Some(code)) if *code == SqlState::QUERY_CANCELED && only_reads => {
            Error::Deadline { seconds: STATEMENT_DEADLINE.as_secs() }
        }
        (_, Some(code)) if *code == SqlState::QUERY_CANCELED => {
            Error::crowded("a part of this change", STATEMENT_DEADLINE)
        }
        (_, Some(code)) if *code == SqlState::LOCK_NOT_AVAILABLE => {
            Error::crowded("other changes", TURN_PATIENCE)
        }
        (_, Some(code)) if *code == SqlState::UNTRANSLATABLE_CHARACTER => Error::Nul,
        (_, Some(code)) if *code == SqlState::PROGRAM_LIMIT_EXCEEDED => Error::TooLong,
        _ => Error::Postgres(error),
    }
}

/// What the server or the system said, without the library's own words before it.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(source)) => source.to_string(),
        (None, None) => error.to_string(),
    }
}
