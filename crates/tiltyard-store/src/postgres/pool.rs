//! The connections of this process: a bounded number of them, opened when needed and used again. A semaphore and a stack;
//! the pools that libraries offer are for connections that never block.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Connection, Door};
use crate::Error;
use crate::limits::POOL_PATIENCE;

pub(super) struct Pool {
    door: Arc<Door>,
    connections_max: usize,
    slots: Arc<Semaphore>,
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
        Arc::new(Self { door, connections_max, slots, idle: Mutex::default() })
    }

    /// Waits for a connection to be free, a bounded time.
    pub(super) async fn slot(self: &Arc<Self>) -> Result<Slot, Error> {
        match timeout(POOL_PATIENCE, Arc::clone(&self.slots).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Slot { pool: Arc::clone(self), _permit: permit }),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => {
                Err(Error::Exhausted { connections: self.connections_max, seconds: POOL_PATIENCE.as_secs() })
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.pool.idle().push(connection);
        }
        answer
    }

    fn connection(&self) -> Result<Connection, Error> {
        let idle = self.pool.idle().pop();
        match idle {
            Some(mut connection) => {
                connection.was_idle();
                Ok(connection)
            }
            None => self.pool.door.open(),
        }
    }
}
