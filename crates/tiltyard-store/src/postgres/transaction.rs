//! Bodies of transactions, run and run again. This is the only place where anything is tried twice.
//!
//! A body is run again when another transaction came first, which is known before anything of it is committed. A failed
//! commit is never tried again: it may have happened.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use super::connection::{Connection, Uncommitted};
use super::failure::Trouble;
use crate::Error;
use crate::engine::Engine;
use crate::limits::ATTEMPTS_MAX;

/// One moment for all statements of a read.
pub(super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Each statement sees what was committed when it began, and waits for rows that others are changing.
pub(super) const BESIDE_OTHERS: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// The same, alone among all that begin like this, on any replica, until the end of the transaction.
pub(super) fn alone() -> String {
    format!("{BESIDE_OTHERS}; SELECT pg_advisory_xact_lock({TURN})")
}

/// The same beside others that begin like this, while nobody is alone.
pub(super) fn between_turns() -> String {
    format!("{BESIDE_OTHERS}; SELECT pg_advisory_xact_lock_shared({TURN})")
}

/// The lock of those who take turns: `tyrdturn` in ASCII.
const TURN: i64 = 0x7479_7264_7475_726e;

/// Runs a read in the transaction that has begun.
pub(super) fn read<T, E: From<Error>>(
    connection: &mut Connection,
    body: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
) -> Result<T, E> {
    let answer = body(connection);
    // A body that panics takes the connection with it.
    connection.leave();
    answer
}

/// Runs a read of one statement, which is a snapshot by itself.
pub(super) fn look<T, E: From<Error>>(
    connection: &mut Connection,
    body: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
) -> Result<T, E> {
    body(connection)
}

/// Runs a write in the transaction that has begun, and again in others that begin like it, and commits it.
pub(super) fn write<T, E: From<Error>>(
    connection: &mut Connection,
    begin: &str,
    body: impl Fn(&mut dyn Engine) -> Result<T, E>,
) -> Result<T, E> {
    for attempt in 1..=ATTEMPTS_MAX {
        match attempted(connection, &body) {
            (None, Ok(answer)) => return answer,
            (Some(Trouble::CameSecond), _) => {}
            (trouble, answer) => return Err(undo(connection, trouble, answer)),
        }
        connection.roll_back()?;
        sleep(pause(attempt));
        connection.begin(begin);
    }
    connection.roll_back()?;
    Err(Error::Contended { attempts: ATTEMPTS_MAX }.into())
}

/// What a body came to, and what went wrong so that it is not committed. The answer within is final where nothing did.
type Attempt<T, E> = (Option<Trouble>, std::thread::Result<Result<T, E>>);

fn attempted<T, E: From<Error>>(
    connection: &mut Connection,
    body: &impl Fn(&mut dyn Engine) -> Result<T, E>,
) -> Attempt<T, E> {
    let answer = catch_unwind(AssertUnwindSafe(|| body(connection)));
    match (connection.take_trouble(), answer) {
        (None, Ok(Ok(answer))) => match connection.commit() {
            Ok(()) => (None, Ok(Ok(answer))),
            Err(Uncommitted::Undone(error)) => (connection.take_trouble(), Ok(Err(error.into()))),
            Err(Uncommitted::Unknown(error)) => (None, Ok(Err(Error::Commit(Arc::new(error)).into()))),
        },
        // A body that says no of itself is to be undone, like one that failed.
        (trouble, answer) => (Some(trouble.unwrap_or(Trouble::Refused)), answer),
    }
}

/// Longer each time, so that those who met do not meet again.
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(u64::from(attempt * attempt))
}

/// Ends a transaction that cannot be committed, and says why.
fn undo<T, E: From<Error>>(
    connection: &mut Connection,
    trouble: Option<Trouble>,
    answer: std::thread::Result<Result<T, E>>,
) -> E {
    if let Some(Trouble::Lost(what)) = trouble {
        return Error::Unavailable(what).into();
    }
    let undone = connection.roll_back().err();
    match (undone, answer) {
        (_, Ok(Err(error))) => error,
        (Some(error), _) => error.into(),
        (None, Ok(Ok(_))) => {
            Error::Corrupt("a write went on after a statement that had failed".to_owned()).into()
        }
        (None, Err(_)) => Error::Panicked.into(),
    }
}
