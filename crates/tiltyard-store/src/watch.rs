//! Looking at a store from outside: whether its journal has grown, whether it answers, how busy it is and was.
//! What is in it is asked for elsewhere.

use crate::changes::Changes;
use crate::store::Backend;
use crate::{Error, Load, Store};

impl Store {
    /// Tells when the journal may have grown, by whichever replica.
    pub fn changes(&self) -> Changes {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.changes(),
            Backend::Postgres(postgres) => postgres.changes(),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.ping().await,
            Backend::Postgres(postgres) => postgres.ping().await,
        }
    }

    /// How busy the store is at this moment.
    pub fn load(&self) -> Load {
        match &*self.backend {
            Backend::Sqlite(sqlite) => {
                Load { engine: "sqlite", writes_waiting: sqlite.writer.waiting(), pool: None }
            }
            Backend::Postgres(postgres) => postgres.load(),
        }
    }

    /// How many statements this store has run since it was opened; tests hold endpoints to a number.
    pub fn statement_count(&self) -> u64 {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.statement_count(),
            Backend::Postgres(postgres) => postgres.statement_count(),
        }
    }

    /// How often this store has waited for an answer of a database server; tests hold use cases to a number.
    pub fn wait_count(&self) -> u64 {
        match &*self.backend {
            Backend::Sqlite(_) => 0,
            Backend::Postgres(postgres) => postgres.wait_count(),
        }
    }
}
