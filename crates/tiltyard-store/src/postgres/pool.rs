//! The connections of this process: a bounded number of them, opened when needed and used again. A semaphore and a stack;
//! the pools that libraries offer are for connections that never block.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Connection, Door};
use crate::Error;
use crate::limits::POOL_PATIENCE;
use crate::store::PoolLoad;

pub(super) struct Pool {
    door: Arc<Door>,
    connections_max: usize,
    slots: Arc<Semaphore>,
    waited_for: AtomicUsize,
    idle: Mutex<Vec<Connection>>,
}

/// The leave to use one connection.
pub(super) struct Slot {
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(door: Arc<Door>, connections_max: usize) -> Arc<Self> {
        let slots = Arc::new(Semaphore::new(connections_max));
        Arc::new(Self {
            door,
            connections_max,
            slots,
            waited_for: AtomicUsize::new(0),
            idle: Mutex::default(),
        })
    }

    /// Waits for a connection to be free, a bounded time.
    pub(super) async fn slot(self: &Arc<Self>) -> Result<Slot, Error> {
        let waiting = Waiting::among(&self.waited_for);
        let acquired = timeout(POOL_PATIENCE, Arc::clone(&self.slots).acquire_owned()).await;
        drop(waiting);
        match acquired {
            Ok(Ok(permit)) => Ok(Slot { pool: Arc::clone(self), _permit: permit }),
            // Never; the slots are not closed as long as the pool is there.
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => {
                Err(Error::Exhausted { connections: self.connections_max, seconds: POOL_PATIENCE.as_secs() })
            }
        }
    }

    pub(super) fn load(&self) -> PoolLoad {
        PoolLoad {
            connections_max: self.connections_max,
            in_use: self.connections_max - self.slots.available_permits(),
            waited_for: self.waited_for.load(Ordering::Relaxed),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one who waits, until dropped, also when whoever asked goes away.
pub(super) struct Waiting<'c>(&'c AtomicUsize);

impl<'c> Waiting<'c> {
    pub(super) fn among(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slot {
    /// Gives `work` a connection on which a transaction begins with the words `begin`, or none where there are none. Must
    /// be called where a thread may block.
    pub(super) fn begin<T, E: From<Error>>(
        &self,
        begin: &str,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.connection()?;
        connection.begin(begin);
        let answer = work(&mut connection);
        if !connection.is_lost() {
            connection.rest();
            self.pool.idle().push(connection);
        }
        answer
    }

    fn connection(&self) -> Result<Connection, Error> {
        // What was used last lies on top, so that others go stale where few are needed.
        let mut idle = self.pool.idle();
        idle.retain(|connection| !connection.is_stale());
        let found = idle.pop();
        drop(idle);
        found.map_or_else(|| self.pool.door.open(), Ok)
    }
}
