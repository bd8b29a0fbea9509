//! One connection, and how it runs a statement. Bodies of transactions block, so each connection has a small runtime of its
//! own and is served by whichever thread uses it: handing every statement to another thread would cost more than most
//! statements do.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt;
use hashlink::LruCache;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_postgres::{Client, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresSettings;
use super::failure::{self, Trouble};
use super::values;
use crate::Error;
use crate::engine::{Dialect, Engine, Param, Row};
use crate::limits::{ANSWER_PATIENCE, CONNECT_PATIENCE, STATEMENT_DEADLINE, TURN_PATIENCE};

/// Prepared statements kept per connection; more than the server has.
const STATEMENTS_KEPT: usize = 512;

/// A connection, for one thread at a time.
pub(super) struct Connection {
    client: Client,
    /// There until the connection is dropped.
    runtime: Option<Runtime>,
    prepared: LruCache<String, Statement>,
    trouble: Option<Trouble>,
    is_lost: bool,
    statements: Arc<AtomicU64>,
}

/// What opens connections to one database.
pub(super) struct Door {
    settings: PostgresSettings,
    tls: MakeRustlsConnect,
    statements: Arc<AtomicU64>,
}

impl Door {
    pub(super) fn new(settings: PostgresSettings, statements: Arc<AtomicU64>) -> Result<Self, Error> {
        let tls = settings.address.tls().connector()?;
        Ok(Self { settings, tls, statements })
    }

    /// Connects. Must be called where a thread may block.
    pub(super) fn open(&self) -> Result<Connection, Error> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let connected = runtime.block_on(async { timeout(CONNECT_PATIENCE, self.connect()).await });
        let (client, driven) = match connected {
            Ok(connected) => connected?,
            Err(_) => return Err(self.unavailable("it does not answer")),
        };
        runtime.spawn(driven);
        let mut connection = Connection {
            client,
            runtime: Some(runtime),
            prepared: LruCache::new(STATEMENTS_KEPT),
            trouble: None,
            is_lost: false,
            statements: Arc::clone(&self.statements),
        };
        connection.run(&session())?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<(Client, impl Future<Output = ()> + use<>), Error> {
        let PostgresSettings { address, password, .. } = &self.settings;
        let connected = password.fill(address.config())?.connect(self.tls.clone()).await;
        let (client, connection) = connected.map_err(|error| self.unavailable(&failure::describe(&error)))?;
        // What goes wrong here is told to whoever waits for an answer.
        let driven = async {
            let _ = connection.await;
        };
        Ok((client, driven))
    }

    fn unavailable(&self, why: &str) -> Error {
        Error::Unavailable(format!("{}: {why}", self.settings.address))
    }
}

impl Connection {
    /// Runs words that frame transactions; not counted as a statement.
    pub(super) fn run(&mut self, sql: &str) -> Result<(), Error> {
        let done = self.wait(self.client.batch_execute(sql));
        done.map_err(|failure| self.note(failure))
    }

    /// Begins a transaction with these words.
    pub(super) fn begin(&mut self, begin: &str) -> Result<(), Error> {
        self.trouble = None;
        self.run(begin)
    }

    /// What went wrong since it was last asked.
    pub(super) fn take_trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Whether it is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The client itself, for what is not a transaction of ours, and the runtime to use it on.
    pub(super) fn parts(&mut self) -> (&mut Client, Option<&Runtime>) {
        (&mut self.client, self.runtime.as_ref())
    }

    /// Waits for an answer, a bounded time. The server ends long statements itself; this is for one that is gone without
    /// a word.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Failed> {
        let Some(runtime) = &self.runtime else { return Err(Failed::Silent) };
        match runtime.block_on(async { timeout(ANSWER_PATIENCE, answer).await }) {
            Ok(answer) => answer.map_err(Failed::Told),
            Err(_) => Err(Failed::Silent),
        }
    }

    fn note(&mut self, failed: Failed) -> Error {
        let (trouble, error) = match failed {
            Failed::Told(told) => (failure::trouble(&told), failure::error(told)),
            Failed::Silent => {
                let silence = "it does not answer".to_owned();
                (Trouble::Lost(silence.clone()), Error::Unavailable(silence))
            }
        };
        self.is_lost |= matches!(trouble, Trouble::Lost(_));
        // What came first decides: statements of a failed transaction fail for that alone.
        self.trouble.get_or_insert(trouble);
        error
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.wait(self.client.prepare(&in_dollars(sql)));
        let statement = prepared.map_err(|failed| self.note(failed))?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Why there is no answer.
enum Failed {
    Told(tokio_postgres::Error),
    Silent,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop would wait, which is not allowed everywhere.
            runtime.shutdown_background();
        }
    }
}

/// What holds for every session: bounded waits; plans of small statements without a compiler and without helpers (starting
/// those takes longer than a page), for pages that are in memory or on flash; and commits that are on disk when they are acknowledged even where the server's default is otherwise.
fn session() -> String {
    let (deadline, patience) = (STATEMENT_DEADLINE.as_millis(), TURN_PATIENCE.as_millis());
    format!(
        "SET statement_timeout = {deadline}; SET lock_timeout = {patience};
         SET idle_in_transaction_session_timeout = {deadline}; SET jit = off; SET random_page_cost = 1.1;
         SET max_parallel_workers_per_gather = 0;
         SET client_min_messages = warning;
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
}

/// Places of values as PostgreSQL writes them: `$1` for `?1`. No statement has a question mark elsewhere.
fn in_dollars(sql: &str) -> String {
    sql.replace('?', "$")
}

impl Engine for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        values::check(params)?;
        let statement = self.prepared(sql)?;
        let changed = self.wait(self.client.execute_raw(&statement, params.iter().copied()));
        let changed = changed.map_err(|failed| self.note(failed))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        values::check(params)?;
        let statement = self.prepared(sql)?;
        let shown = self.wait(show(&self.client, &statement, params, each));
        shown.map_err(|failed| self.note(failed))?
    }
}

/// Shows rows as they come, so that an answer of any length takes the same memory.
async fn show(
    client: &Client,
    statement: &Statement,
    params: &[Param<'_>],
    each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
) -> Result<Result<(), Error>, tokio_postgres::Error> {
    let mut rows = pin!(client.query_raw(statement, params.iter().copied()).await?);
    while let Some(row) = rows.try_next().await? {
        if let Err(error) = each(&row) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}
