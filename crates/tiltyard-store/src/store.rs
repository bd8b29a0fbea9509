//! The door to metadata: what may be asked (`Read`), what may be changed (`Tx`), and how both are run.
//! Which statements exist is said by the feature modules beside this one.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tiltyard_domain::Permit;

use crate::Error;
use crate::changes::Changes;
use crate::engine::{Dialect, Engine, Param, Question, Row};
use crate::postgres::{Postgres, PostgresSettings};
use crate::sqlite::{self, Sqlite};

/// One snapshot of one workspace.
pub struct Read<'c> {
    engine: &'c mut dyn Engine,
    workspace: i64,
    /// Questions that may still be asked.
    left: usize,
}

/// One transaction in one workspace. The closure that gets it may be run again, and must have no other effect.
pub struct Tx<'c> {
    read: Read<'c>,
    /// Whether no other write runs at the same time.
    alone: bool,
    /// Whether this transaction gave numbers to keys, which nobody may remember before they are committed.
    pub(crate) has_made_keys: bool,
}

impl<'c> Read<'c> {
    pub(crate) fn new(engine: &'c mut dyn Engine, permit: &Permit) -> Self {
        Self { engine, workspace: permit.workspace().value(), left: usize::MAX }
    }

    /// A snapshot for one question.
    fn single(engine: &'c mut dyn Engine, permit: &Permit) -> Self {
        Self { left: 1, ..Self::new(engine, permit) }
    }

    /// Counts a question.
    fn ask(&mut self) -> Result<(), Error> {
        self.left = self.left.checked_sub(1).ok_or(Error::SeveralLooks)?;
        Ok(())
    }

    pub(crate) fn engine(&mut self) -> &mut dyn Engine {
        self.engine
    }

    pub(crate) fn workspace(&self) -> i64 {
        self.workspace
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    /// The first row of an answer, if there is one.
    pub(crate) fn one<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        row: impl Fn(&dyn Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut found = None;
        self.ask()?;
        self.engine.query(sql, params, &mut |each| {
            if found.is_none() {
                found = Some(row(each)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows of an answer.
    pub(crate) fn all<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        row: impl Fn(&dyn Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.ask()?;
        self.engine.query(sql, params, &mut |each| {
            found.push(row(each)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Each row of an answer, without keeping it.
    pub(crate) fn each(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut row: impl FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.ask()?;
        self.engine.query(sql, params, &mut row)
    }

    /// Each row of the answers to several questions that do not depend on each other, with the place of its question.
    pub(crate) fn each_of_several(
        &mut self,
        questions: &[Question<'_>],
        mut row: impl FnMut(usize, &dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.left = self.left.checked_sub(questions.len()).ok_or(Error::SeveralLooks)?;
        self.engine.query_several(questions, &mut row)
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(engine: &'c mut dyn Engine, permit: &Permit, alone: bool) -> Self {
        Self { read: Read::new(engine, permit), alone, has_made_keys: false }
    }

    /// Whether no other write runs at the same time, on any replica.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone
    }

    /// Tells whoever follows the journal, once this has committed.
    pub(crate) fn announce(&mut self) {
        self.read.engine.announce();
    }

    /// Runs a statement that changes rows and tells how many.
    pub(crate) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Error> {
        self.read.engine.execute(sql, params)
    }

    /// Runs a statement of which nobody needs to know at once how many rows it changed.
    pub(crate) fn send(&mut self, sql: &str, params: &[Param<'_>]) -> Result<(), Error> {
        self.read.engine.send(sql, params, None)
    }

    /// Runs a statement that must change one row, or the transaction fails with `Conflict`, at the latest when it is to be
    /// committed.
    pub(crate) fn send_for_one(&mut self, sql: &str, params: &[Param<'_>]) -> Result<(), Error> {
        self.read.engine.send(sql, params, Some(1))
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Read<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

/// How busy a store is, for those who watch it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// `sqlite` or `postgresql`.
    pub engine: &'static str,
    /// Writes that wait for their turn.
    pub writes_waiting: usize,
    /// The connections, where there are several.
    pub pool: Option<PoolLoad>,
}

/// How busy a pool of connections is.
#[derive(Debug, Clone, Copy)]
pub struct PoolLoad {
    /// How many there may be.
    pub connections_max: usize,
    /// How many are in use.
    pub in_use: usize,
    /// Requests that wait for one.
    pub waited_for: usize,
}

/// The metadata store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
}

/// Beside what a write may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing but logging.
    Alone,
    /// Others that share a turn, and logging.
    Shared,
    /// Anything.
    None,
}

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens, and where it is missing makes, the SQLite database at `path`, and brings its schema up to date.
    ///
    /// # Errors
    /// `NotOurs` when another program made the file, which is then left as it was; otherwise what the file system,
    /// SQLite or a migration said.
    pub fn open_sqlite(path: &Path) -> Result<Self, Error> {
        Ok(Self { backend: Arc::new(Backend::Sqlite(Sqlite::open(path)?)) })
    }

    /// Copies the SQLite database `from` into the new file `to`, while others use it.
    ///
    /// # Errors
    /// `NotOurs` when another program made the file; otherwise what the file system or SQLite said.
    pub fn copy_sqlite(from: &Path, to: &Path) -> Result<(), Error> {
        sqlite::copy(from, to)
    }

    /// Opens a PostgreSQL database and brings its schema up to date.
    ///
    /// # Errors
    /// `NotOurs` when it holds another program's tables, and is left as it was; `Unavailable` when it cannot be reached;
    /// what a migration said.
    pub async fn open_postgres(settings: PostgresSettings) -> Result<Self, Error> {
        Ok(Self { backend: Arc::new(Backend::Postgres(Postgres::open(settings).await?)) })
    }

    /// Runs a short read, by key. Never waits for a writer. With SQLite it never waits at all.
    ///
    /// # Errors
    /// What `read` answers, and the store's own failures.
    pub async fn read<T, E: From<Error>>(
        &self,
        permit: &Permit,
        read: impl FnOnce(&mut Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.readers.read(|engine| read(&mut Read::new(engine, permit))),
            Backend::Postgres(postgres) => postgres.read(|engine| read(&mut Read::new(engine, permit))).await,
        }
    }

    /// Runs a read of one statement, the cheapest there is: it needs no transaction to see one moment.
    ///
    /// # Errors
    /// As [`Store::read`]; `SeveralLooks` when `read` asks twice.
    pub async fn look<T, E: From<Error>>(
        &self,
        permit: &Permit,
        read: impl FnOnce(&mut Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.readers.look(|engine| read(&mut Read::single(engine, permit))),
            Backend::Postgres(postgres) => {
                postgres.look(|engine| read(&mut Read::single(engine, permit))).await
            }
        }
    }

    /// Runs a long read, such as a search, off the threads that answer requests, with a deadline. Never waits for a writer.
    ///
    /// # Errors
    /// What `read` answers; `Deadline` when it took too long; the store's own failures.
    pub async fn scan<T, E>(
        &self,
        permit: &Permit,
        read: impl FnOnce(&mut Read<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let permit = permit.clone();
        let read = move |engine: &mut dyn Engine| read(&mut Read::new(engine, &permit));
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.long_reads.read(read).await,
            Backend::Postgres(postgres) => postgres.scan(read).await,
        }
    }

    /// Runs `apply` as one transaction, alone among all writes, and answers when its changes are synced to disk.
    ///
    /// # Errors
    /// What `apply` answers, in which case nothing of it remains; `Busy` when too many writes wait; the store's own failures.
    pub async fn write<T, E>(
        &self,
        permit: &Permit,
        apply: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.change(permit, Turn::Alone, apply).await
    }

    /// The same beside others that add, for what nobody else can add or change meanwhile; no write runs at the same time.
    /// What the journal tells is not done here; it refuses.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn add<T, E>(
        &self,
        permit: &Permit,
        apply: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.change(permit, Turn::Shared, apply).await
    }

    /// The same beside other writes, for logging to runs: every statement of `apply` must be right whatever others commit
    /// before or after it. What the journal tells is not done here; it refuses.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn log<T, E>(
        &self,
        permit: &Permit,
        apply: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.change(permit, Turn::None, apply).await
    }

    async fn change<T, E>(
        &self,
        permit: &Permit,
        turn: Turn,
        apply: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let permit = permit.clone();
        let apply = move |engine: &mut dyn Engine| apply(&mut Tx::new(engine, &permit, turn == Turn::Alone));
        match &*self.backend {
            // On SQLite every write is alone.
            Backend::Sqlite(sqlite) => sqlite.writer.write(apply).await,
            Backend::Postgres(postgres) => match turn {
                Turn::Alone => postgres.write(apply).await,
                Turn::Shared => postgres.add(apply).await,
                Turn::None => postgres.log(apply).await,
            },
        }
    }

    /// Finishes the writes that wait, and closes. Later writes answer `Closed`.
    ///
    /// # Errors
    /// `Closed` when the writer did not finish within `patience`.
    pub async fn close(&self, patience: Duration) -> Result<(), Error> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.writer.close(patience).await,
            Backend::Postgres(postgres) => postgres.close(patience).await,
        }
    }

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
