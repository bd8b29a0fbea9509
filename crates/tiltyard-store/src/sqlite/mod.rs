//! SQLite as the engine: one writer thread with group commit, readers that never wait for it.
//! No statement about experiments, runs or models stands here; those are shared by both engines.

mod connection;
mod foreign;
mod long_reads;
mod readers;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::engine::Engine;
use crate::{Error, schema};
use long_reads::LongReads;
use readers::Readers;
use writer::Writer;

/// An open SQLite database.
#[derive(Clone)]
pub(crate) struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    readers: Readers,
    long_reads: LongReads,
    writer: Writer,
    statements: Arc<AtomicU64>,
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
        let inner = Inner {
            readers: Readers::new(database.clone()),
            long_reads: LongReads::new(database),
            writer: Writer::start(connection)?,
            statements,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(crate) fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.readers.read(read)
    }

    pub(crate) async fn scan<T, E>(
        &self,
        read: impl FnOnce(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.inner.long_reads.read(read).await
    }

    pub(crate) async fn write<T, E>(
        &self,
        apply: impl Fn(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.inner.writer.write(apply).await
    }

    pub(crate) async fn close(&self, patience: Duration) -> Result<(), Error> {
        self.inner.writer.close(patience).await
    }

    pub(crate) fn statement_count(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }
}
