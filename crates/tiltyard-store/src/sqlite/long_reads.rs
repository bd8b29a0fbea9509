//! Long reads: a few at a time, off the threads that answer requests, each with a deadline.

use crate::limits::LONG_READ_DEADLINE;
use crate::limits::LONG_READS_AT_ONCE_MAX;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Database;
use super::connection::{Connection, open_for_reading};
use crate::Error;
use crate::engine::Engine;

/// How often SQLite looks at the clock, in its virtual machine's instructions.
const INSTRUCTIONS_PER_LOOK: i32 = 10_000;

pub(super) struct LongReads {
    database: Database,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl LongReads {
    pub(super) fn new(database: Database) -> Self {
        Self { database, turns: Arc::new(Semaphore::new(LONG_READS_AT_ONCE_MAX)), idle: Arc::default() }
    }

    pub(super) async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = match timeout(LONG_READ_DEADLINE, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) => return Err(Error::Closed.into()),
            Err(_) => return Err(too_late().into()),
        };
        let mut connection = self.connection()?;
        let idle = Arc::clone(&self.idle);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = within_deadline(&mut connection, read);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(turn);
            answer
        });
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    fn connection(&self) -> Result<Connection, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_for_reading(&self.database), Ok)
    }
}

fn within_deadline<T, E: From<Error>>(
    connection: &mut Connection,
    read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
) -> Result<T, E> {
    let end = Instant::now() + LONG_READ_DEADLINE;
    let late = move || Instant::now() >= end;
    connection.raw().progress_handler(INSTRUCTIONS_PER_LOOK, Some(late)).map_err(Error::from)?;
    let answer = connection.snapshot(read);
    connection.raw().progress_handler(0, None::<fn() -> bool>).map_err(Error::from)?;
    if answer.is_err() && Instant::now() >= end {
        return Err(too_late().into());
    }
    answer
}

fn too_late() -> Error {
    Error::Deadline { seconds: LONG_READ_DEADLINE.as_secs() }
}
