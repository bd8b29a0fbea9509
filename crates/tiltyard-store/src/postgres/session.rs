//! A session with the server, and what is kept for as long as it lasts: prepared statements, and the numbers of keys.

use std::sync::Arc;

use hashlink::LruCache;
use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tokio_postgres::{Client, Statement};

use crate::limits::{STATEMENT_DEADLINE, TURN_PATIENCE};

/// Prepared statements kept per connection; more than the server has.
const STATEMENTS_KEPT: usize = 512;
/// Numbers of keys of metrics, params and tags kept per connection; programs log to a few hundred again and again.
const KEYS_KEPT: usize = 4_096;

/// A session, and the small runtime that it is served on.
pub(super) struct Session {
    client: Arc<Client>,
    /// There until the session is dropped.
    runtime: Option<Runtime>,
    prepared: LruCache<String, Statement>,
    /// A key that was committed once keeps its number. Another database behind the same address, such as a backup that was
    /// put back or a standby that took over, is another session.
    keys: LruCache<String, i64>,
}

impl Session {
    pub(super) fn new(client: Client, runtime: Runtime) -> Self {
        Self {
            client: Arc::new(client),
            runtime: Some(runtime),
            prepared: LruCache::new(STATEMENTS_KEPT),
            keys: LruCache::new(KEYS_KEPT),
        }
    }

    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The client for oneself, while nothing is under way, and the runtime to use it on.
    pub(super) fn parts(&mut self) -> Option<(&mut Client, &Runtime)> {
        Some((Arc::get_mut(&mut self.client)?, self.runtime.as_ref()?))
    }

    /// Waits for what may take long.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    /// Lets what was sent leave, without waiting for an answer.
    pub(super) fn push(&self) {
        self.block_on(yield_now());
    }

    pub(super) fn kept(&mut self, sql: &str) -> Option<Statement> {
        self.prepared.get(sql).cloned()
    }

    pub(super) fn keep(&mut self, sql: &str, statement: &Statement) {
        self.prepared.insert(sql.to_owned(), statement.clone());
    }

    pub(super) fn known_key(&mut self, name: &str) -> Option<i64> {
        self.keys.get(name).copied()
    }

    pub(super) fn know_key(&mut self, name: &str, key: i64) {
        self.keys.insert(name.to_owned(), key);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop would wait, which is not allowed everywhere.
            runtime.shutdown_background();
        }
    }
}

/// What holds for every session: bounded waits; plans of small statements, without a compiler and without helpers that are
/// started anew each time, for pages that are in memory or on flash; nothing that walks a table where an index leads, which
/// the planner would do where it believes to find soon what in fact is hardly ever there; and commits that are on disk when
/// they are acknowledged even where the server's default is otherwise.
pub(super) fn words() -> String {
    let (deadline, patience) = (STATEMENT_DEADLINE.as_millis(), TURN_PATIENCE.as_millis());
    format!(
        "SET statement_timeout = {deadline}; SET lock_timeout = {patience};
         SET idle_in_transaction_session_timeout = {deadline}; SET jit = off; SET random_page_cost = 1.1;
         SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0;
         SET client_min_messages = warning;
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
}
