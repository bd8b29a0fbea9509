//! Short reads, in place: each thread keeps a connection of its own, because handing a read to another thread costs
//! more than the read.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use super::Database;
use super::connection::{Connection, open_for_reading};
use crate::Error;
use crate::engine::Engine;

thread_local! {
    /// This thread's connections, one for each open store.
    static CONNECTIONS: RefCell<Vec<(Weak<()>, Connection)>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct Readers {
    database: Database,
    /// Lives as long as the store; connections whose store is gone are dropped.
    token: Arc<()>,
}

impl Readers {
    pub(super) fn new(database: Database) -> Self {
        Self { database, token: Arc::new(()) }
    }

    pub(crate) fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        CONNECTIONS.with_borrow_mut(|connections| self.connection(connections)?.snapshot(read))
    }

    /// A read of one statement.
    pub(crate) fn look<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        CONNECTIONS.with_borrow_mut(|connections| self.connection(connections)?.look(read))
    }

    fn connection<'t>(
        &self,
        connections: &'t mut Vec<(Weak<()>, Connection)>,
    ) -> Result<&'t mut Connection, Error> {
        let ours =
            |(token, _): &(Weak<()>, Connection)| std::ptr::eq(token.as_ptr(), Arc::as_ptr(&self.token));
        if let Some(place) = connections.iter().position(ours) {
            return Ok(&mut connections[place].1);
        }
        connections.retain(|(token, _)| token.strong_count() > 0);
        connections.push((Arc::downgrade(&self.token), open_for_reading(&self.database)?));
        let place = connections.len() - 1;
        Ok(&mut connections[place].1)
    }
}
