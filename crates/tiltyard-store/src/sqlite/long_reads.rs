//! Long reads: a few at a time, off the threads that answer requests, each with a deadline.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Database;
use super::connection::{Connection, open_for_reading};
use crate::Error;
use crate::engine::Engine;
use crate::limits::{LONG_READ_DEADLINE, LONG_READS_AT_ONCE_MAX};

/// How often SQLite looks at the clock, in its virtual machine's instructions.
const INSTRUCTIONS_PER_LOOK: i32 = 10_000;

pub(crate) struct LongReads {
    database: Database,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    deadline: Duration,
}

impl LongReads {
    pub(super) fn new(database: Database) -> Self {
        Self::within(database, LONG_READ_DEADLINE)
    }

    fn within(database: Database, deadline: Duration) -> Self {
        Self {
            database,
            turns: Arc::new(Semaphore::new(LONG_READS_AT_ONCE_MAX)),
            idle: Arc::default(),
            deadline,
        }
    }

    pub(crate) async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let deadline = self.deadline;
        let turn = match timeout(deadline, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) => return Err(Error::Closed.into()),
            Err(_) => return Err(Error::crowded("other long reads", deadline).into()),
        };
        let mut connection = self.connection()?;
        let idle = Arc::clone(&self.idle);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = within_deadline(&mut connection, deadline, read);
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
    deadline: Duration,
    read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
) -> Result<T, E> {
    let end = Instant::now() + deadline;
    let late = move || Instant::now() >= end;
    connection.raw().progress_handler(INSTRUCTIONS_PER_LOOK, Some(late)).map_err(Error::from)?;
    let answer = connection.snapshot(read);
    connection.raw().progress_handler(0, None::<fn() -> bool>).map_err(Error::from)?;
    if answer.is_err() && Instant::now() >= end {
        return Err(too_late(deadline).into());
    }
    answer
}

fn too_late(deadline: Duration) -> Error {
    Error::Deadline { seconds: deadline.as_secs() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use tempfile::TempDir;

    use super::*;

    const ENDLESS: &str =
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n WHERE x < 0";

    #[tokio::test]
    async fn a_read_without_end_is_ended_and_its_connection_reads_on() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("x.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let database = Database { path: Arc::new(path), statements: Arc::new(AtomicU64::new(0)) };
        let reads = LongReads::within(database, Duration::from_millis(20));
        for _ in 0..2 * LONG_READS_AT_ONCE_MAX {
            let endless = reads.read(|engine| engine.query(ENDLESS, &[], &mut |_| Ok(())));
            assert!(matches!(endless.await, Err(Error::Deadline { .. })));
        }
        let short = reads.read(|engine| engine.query("SELECT * FROM t", &[], &mut |_| Ok(())));
        assert!(short.await.is_ok());
    }
}
