//! SQLite as the engine: one writer thread with group commit, readers that never wait for it.
//! No statement about experiments, runs or models stands here; those are shared by both engines.

mod connection;
mod copy;
mod foreign;
mod long_reads;
mod readers;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::changes::{Changes, Signs};
use crate::{Error, schema};
pub(crate) use copy::copy;
use long_reads::LongReads;
use readers::Readers;
use writer::Writer;

/// An open SQLite database: what reads it and what writes it.
pub(crate) struct Sqlite {
    pub(crate) readers: Readers,
    pub(crate) long_reads: LongReads,
    pub(crate) writer: Writer,
    statements: Arc<AtomicU64>,
    signs: Signs,
}

/// Where the file is, and the counter that every connection to it adds to.
#[derive(Clone)]
struct Database {
    path: Arc<PathBuf>,
    statements: Arc<AtomicU64>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        foreign::refuse(path)?;
        let statements = Arc::new(AtomicU64::new(0));
        let database = Database { path: Arc::new(path.to_owned()), statements: Arc::clone(&statements) };
        let mut connection = connection::open_for_writing(&database)?;
        schema::migrate_sqlite(connection.raw())?;
        let signs = Signs::default();
        Ok(Self {
            readers: Readers::new(database.clone()),
            long_reads: LongReads::new(database),
            writer: Writer::start(connection, signs.clone())?,
            statements,
            signs,
        })
    }

    pub(crate) fn changes(&self) -> Changes {
        self.signs.changes()
    }

    /// Reads from the file.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.long_reads
            .read(|engine| engine.query("SELECT id FROM stores LIMIT 1", &[], &mut |_| Ok(())))
            .await
    }

    pub(crate) fn statement_count(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}
