//! PostgreSQL as the engine: a bounded pool of connections, each used by one thread at a time, for several replicas at
//! once. No statement about experiments, runs or models stands here; those are shared by both engines.
//!
//! # Why several replicas can write at once
//!
//! Four kinds of transactions run here, and a body need not know that there are replicas:
//!
//! - *Reads* are snapshots (`REPEATABLE READ`): all their statements see one moment, and they wait for nobody.
//! - *Writes* take turns, all of them, on all replicas: each begins by taking one lock and holds it until it has committed.
//!   So what a body has read stays true until its changes are visible, as on SQLite's one writer. Numbers of versions have
//!   no gaps, a pointer's revision is compared and set by one at a time, and no blob loses its last reference while a
//!   version begins to pin it. An entry of the journal gets its key under that lock: keys grow in the order of commits, so
//!   whoever has read up to one never finds an older one appear behind. Each statement sees what was committed when it
//!   began (`READ COMMITTED`), and the lock comes first, so nobody decides on what was true before their turn.
//! - *Additions* share a turn: new runs, which have ids that nobody else has. They are made beside each other, but not while
//!   a write has its turn, since that may be deleting the experiment they are made in.
//! - *Logging* to runs does not take turns, since it is the bulk of all writes and its parts do not depend on each other.
//!   It is allowed for bodies of which every statement is right whatever others commit before or after it: inserts that
//!   do nothing where the row is there (params, points, keys), and updates that are guarded by a comparison with the row as
//!   it stands when it is locked (latest metrics), which `READ COMMITTED` looks at anew after waiting. Rows are locked in the
//!   order of their keys, so that batches seldom wait for each other in a circle; where they do, one is run again.

mod address;
mod connection;
mod failure;
mod flight;
mod listener;
mod migrate;
mod password;
mod pool;
mod session;
mod tls;
mod transaction;
mod values;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{RwLock, Semaphore};
use tokio::task::block_in_place;
use tokio::time::timeout;

pub use address::PostgresAddress;
pub use password::PostgresPassword;

use crate::Error;
use crate::changes::{Changes, Signs};
use crate::engine::Engine;
use crate::limits::{LONG_READ_DEADLINE, LONG_READS_AT_ONCE_MAX, QUEUE_PATIENCE};
use crate::store::Load;
use connection::Door;
use listener::Listener;
use pool::{Pool, Waiting};

/// How a database is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// Where it is.
    pub address: PostgresAddress,
    /// Where the password comes from, if it does not stand in the address.
    pub password: PostgresPassword,
    /// The most connections that this process opens.
    pub connections_max: usize,
}

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    pool: Arc<Pool>,
    /// The turn of this process's writes, so that only one connection of it waits for the turn among replicas. What is made
    /// beside each other shares it.
    turn: RwLock<()>,
    writes_waiting: AtomicUsize,
    /// Long reads leave connections to others.
    long_reads: Semaphore,
    /// Whether writes are taken; held by each of them.
    open: RwLock<bool>,
    door: Arc<Door>,
    signs: Signs,
    listener: Listener,
}

impl Postgres {
    /// Connects once, brings the schema up to date, begins to listen for changes, and connects anew when asked.
    pub(crate) async fn open(settings: PostgresSettings) -> Result<Self, Error> {
        let connections_max = settings.connections_max;
        let door = Arc::new(Door::new(settings)?);
        let opening = Arc::clone(&door);
        let opened = tokio::task::spawn_blocking(move || migrate::migrate(&mut opening.open()?)).await;
        opened.unwrap_or(Err(Error::Closed))?;
        let signs = Signs::default();
        Ok(Self {
            listener: Listener::start(Arc::clone(&door), signs.clone()).await,
            signs,
            pool: Pool::new(Arc::clone(&door), connections_max),
            turn: RwLock::new(()),
            writes_waiting: AtomicUsize::new(0),
            long_reads: Semaphore::new((connections_max / 2).clamp(1, LONG_READS_AT_ONCE_MAX)),
            open: RwLock::new(true),
            door,
        })
    }

    pub(crate) async fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        let slot = self.pool.slot().await?;
        block_in_place(|| slot.begin(transaction::SNAPSHOT, |connection| transaction::read(connection, read)))
    }

    /// Runs a read of one statement.
    pub(crate) async fn look<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        let slot = self.pool.slot().await?;
        block_in_place(|| slot.begin("", |connection| transaction::look(connection, read)))
    }

    pub(crate) async fn scan<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        let Ok(turn) = timeout(LONG_READ_DEADLINE, self.long_reads.acquire()).await else {
            return Err(Error::crowded("other long reads", LONG_READ_DEADLINE).into());
        };
        let answer = self.read(read).await;
        drop(turn);
        answer
    }

    /// Runs a write when its turn comes.
    pub(crate) async fn write<T, E: From<Error>>(
        &self,
        apply: impl Fn(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        let open = self.open.read().await;
        let waiting = Waiting::among(&self.writes_waiting);
        let acquired = timeout(QUEUE_PATIENCE, self.turn.write()).await;
        drop(waiting);
        let Ok(turn) = acquired else {
            return Err(Error::crowded("other changes", QUEUE_PATIENCE).into());
        };
        let answer = self.transact(*open, &transaction::alone(), apply).await;
        drop(turn);
        answer
    }

    /// Runs a write beside others of its kind, while no write has the turn.
    pub(crate) async fn add<T, E: From<Error>>(
        &self,
        apply: impl Fn(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        let open = self.open.read().await;
        let Ok(turn) = timeout(QUEUE_PATIENCE, self.turn.read()).await else {
            return Err(Error::crowded("other changes", QUEUE_PATIENCE).into());
        };
        let answer = self.transact(*open, &transaction::between_turns(), apply).await;
        drop(turn);
        answer
    }

    /// Runs a write beside others.
    pub(crate) async fn log<T, E: From<Error>>(
        &self,
        apply: impl Fn(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        let open = self.open.read().await;
        self.transact(*open, transaction::BESIDE_OTHERS, apply).await
    }

    async fn transact<T, E: From<Error>>(
        &self,
        open: bool,
        begin: &str,
        apply: impl Fn(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        if !open {
            return Err(Error::Closed.into());
        }
        let slot = self.pool.slot().await?;
        block_in_place(|| slot.begin(begin, |connection| transaction::write(connection, begin, apply)))
    }

    pub(crate) async fn close(&self, patience: Duration) -> Result<(), Error> {
        let mut open = timeout(patience, self.open.write()).await.map_err(|_| Error::Closed)?;
        *open = false;
        Ok(())
    }

    pub(crate) fn changes(&self) -> Changes {
        self.signs.changes()
    }

    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.listener.ping().await
    }

    pub(crate) fn load(&self) -> Load {
        Load {
            engine: "postgresql",
            writes_waiting: self.writes_waiting.load(Ordering::Relaxed),
            pool: Some(self.pool.load()),
        }
    }

    pub(crate) fn statement_count(&self) -> u64 {
        self.door.counters().statements.load(Ordering::Relaxed)
    }

    pub(crate) fn wait_count(&self) -> u64 {
        self.door.counters().waits.load(Ordering::Relaxed)
    }
}
