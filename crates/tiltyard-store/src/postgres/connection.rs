//! One connection, and how it runs a statement. Bodies of transactions block, so each connection has a small runtime of its
//! own and is served by whichever thread uses it: handing every statement to another thread would cost more than most
//! statements do.
//!
//! What costs is to wait for an answer: each wait wakes two processes, which takes several times as long as a short
//! statement. So whatever needs no answer goes out with the next thing that does: the words that begin a transaction with
//! its first statement, changes that give nothing with what follows them, at last with the words that end it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresSettings;
use super::failure::{self, Trouble};
use super::flight::{Failed, Flight, show, show_all};
use super::listener::TELL;
use super::session::{self, Session};
use super::transaction::SNAPSHOT;
use super::values;
use crate::Error;
use crate::engine::{Dialect, Engine, Param, Question, Row};
use crate::limits::{ANSWER_PATIENCE, CONNECT_PATIENCE, IDLE_MAX};

/// What drives a connection: reads what comes, and writes what is asked.
pub(super) type Driver =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// A connection, for one thread at a time.
pub(super) struct Connection {
    door: Arc<Door>,
    session: Session,
    /// What was sent and not yet waited for.
    flight: Flight,
    /// The words that the present transaction began with, until it has had an answer: so far it may begin anew elsewhere.
    unanswered: Option<String>,
    /// Since when it lies idle, or lay before it was taken, so that it may have been cut without a word.
    idle_since: Option<Instant>,
    /// How long an answer is waited for.
    patience: Duration,
    /// Whether the present transaction only reads.
    only_reads: bool,
    trouble: Option<Trouble>,
    /// Whether this transaction wrote to the journal.
    announces: bool,
    is_lost: bool,
}

/// What opens connections to one database.
pub(super) struct Door {
    settings: PostgresSettings,
    tls: MakeRustlsConnect,
    /// The place of the host that took the last connection.
    answered_last: AtomicUsize,
    counters: Counters,
}

/// What tests hold use cases to.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Statements run.
    pub(crate) statements: AtomicU64,
    /// Waits for an answer.
    pub(crate) waits: AtomicU64,
}

/// How a transaction ended that was to be committed and was not, as far as is known.
pub(super) enum Uncommitted {
    /// A statement before had failed, and nothing remains.
    Undone(Error),
    /// It may have been committed.
    Unknown(Error),
}

impl Door {
    pub(super) fn new(settings: PostgresSettings) -> Result<Self, Error> {
        let tls = settings.address.tls().connector()?;
        Ok(Self { settings, tls, answered_last: AtomicUsize::new(0), counters: Counters::default() })
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Connects. Must be called where a thread may block.
    pub(super) fn open(self: &Arc<Self>) -> Result<Connection, Error> {
        let mut connection = Connection {
            door: Arc::clone(self),
            session: self.session()?,
            flight: Flight::default(),
            unanswered: None,
            idle_since: None,
            patience: ANSWER_PATIENCE,
            only_reads: true,
            trouble: None,
            announces: false,
            is_lost: false,
        };
        connection.run(&session::words())?;
        Ok(connection)
    }

    fn session(&self) -> Result<Session, Error> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let (client, driver) = runtime.block_on(self.connect())?;
        // What goes wrong there is told to whoever waits for an answer.
        runtime.spawn(driver);
        Ok(Session::new(client, runtime))
    }

    /// Opens a bare connection to the first of the hosts that answers in time, beginning with the one that did so last, and
    /// gives what has to drive it.
    pub(super) async fn connect(&self) -> Result<(Client, Driver), Error> {
        let PostgresSettings { address, password, .. } = &self.settings;
        let (mut reasons, hosts) = (Vec::new(), address.configs());
        let first = self.answered_last.load(Ordering::Relaxed);
        for (place, config) in hosts.iter().enumerate().cycle().skip(first).take(hosts.len()) {
            let config = password.fill(config)?;
            let several = u32::try_from(config.get_hosts().len()).unwrap_or(1);
            match timeout(CONNECT_PATIENCE * several, config.connect(self.tls.clone())).await {
                Ok(Ok(connected)) => {
                    self.answered_last.store(place, Ordering::Relaxed);
                    return Ok(connected);
                }
                Ok(Err(error)) => reasons.push(failure::describe(&error)),
                Err(_) => reasons.push("it does not answer".to_owned()),
            }
        }
        Err(Error::Unavailable(format!("{address}: {}", reasons.join("; "))))
    }
}

impl Connection {
    /// Runs words that are no statement of a transaction, and waits for them.
    pub(super) fn run(&mut self, words: &str) -> Result<(), Error> {
        self.flight.words(&self.session, words);
        self.land()
    }

    /// Begins a transaction with these words, or without any what needs no transaction.
    pub(super) fn begin(&mut self, words: &str) {
        self.trouble = None;
        self.only_reads = words.is_empty() || words == SNAPSHOT;
        self.announces = false;
        self.unanswered = Some(words.to_owned());
        if !words.is_empty() {
            self.flight.words(&self.session, words);
        }
    }

    /// Ends what was only read. Nobody waits for that; it is only seen to that the words leave.
    pub(super) fn leave(&mut self) {
        self.flight.words(&self.session, "ROLLBACK");
        self.session.push();
    }

    /// Undoes the transaction.
    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        self.run("ROLLBACK")
    }

    /// Commits the transaction, if everything before went well, and tells those who follow the journal where it has grown.
    pub(super) fn commit(&mut self) -> Result<(), Uncommitted> {
        if self.flight.expects() {
            self.land().map_err(Uncommitted::Undone)?;
        }
        if self.announces {
            self.flight.words(&self.session, TELL);
        }
        let mut before = std::mem::take(&mut self.flight);
        self.flight.words(&self.session, "COMMIT");
        let mut commit = std::mem::take(&mut self.flight);
        let answers = self.wait(async { Ok((before.land().await, commit.land().await)) });
        let (before, commit) = answers.unwrap_or((Ok(()), Err(Failed::Silent)));
        let before = before.map_err(|failed| self.note(failed));
        let commit = commit.map_err(|failed| self.note(failed));
        match (before, commit) {
            // PostgreSQL takes the wish to commit what has failed for one to undo it.
            (Err(error), _) if !self.is_lost => Err(Uncommitted::Undone(error)),
            (Err(error), _) | (Ok(()), Err(error)) => Err(Uncommitted::Unknown(error)),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    /// What went wrong since it was last asked.
    pub(super) fn take_trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Whether it is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Notes that nobody uses it from now on.
    pub(super) fn rest(&mut self) {
        self.idle_since = Some(Instant::now());
    }

    /// Whether it lay idle for so long that what stands between may have forgotten it.
    pub(super) fn is_stale(&self) -> bool {
        self.idle_since.is_some_and(|since| since.elapsed() > IDLE_MAX)
    }

    /// From now on answers are waited for this long.
    pub(super) fn wait_for(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// The session itself, for what is not a transaction of ours.
    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Waits for all that was sent.
    fn land(&mut self) -> Result<(), Error> {
        let mut flight = std::mem::take(&mut self.flight);
        self.wait(flight.land()).map_err(|failed| self.note(failed))
    }

    /// Waits for an answer, a bounded time. The server ends long statements itself; this is for one that is gone without
    /// a word.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        self.door.counters.waits.fetch_add(1, Ordering::Relaxed);
        let waited = self.session.block_on(async { timeout(self.patience, answer).await });
        waited.and_then(Result::ok).unwrap_or(Err(Failed::Silent))
    }

    fn note(&mut self, failed: Failed) -> Error {
        let (trouble, error) = match failed {
            Failed::Told(told) => (failure::trouble(&told), failure::error(told, self.only_reads)),
            Failed::Unexpected => (Trouble::Failed, Error::Conflict),
            Failed::Own(error) => (Trouble::Failed, error),
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

    /// Gets an answer, and once more on a new connection where this one turns out to have been cut while it lay idle. An answer
    /// of which something was shown has begun, and is not begun again.
    fn answer<T>(
        &mut self,
        is_shown: &Cell<bool>,
        mut ask: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let answer = ask(self);
        match self.unanswered.take() {
            Some(words) if self.is_lost && self.idle_since.is_some() && !is_shown.get() => {
                self.session = self.door.session()?;
                (self.flight, self.is_lost, self.idle_since) = (Flight::default(), false, None);
                self.run(&session::words())?;
                let announces = self.announces;
                self.begin(&words);
                self.announces = announces;
                ask(self)
            }
            _ => answer,
        }
    }

    /// A statement that is about to run, made ready where it is not.
    fn prepared(&mut self, sql: &str) -> Result<tokio_postgres::Statement, Error> {
        self.door.counters.statements.fetch_add(1, Ordering::Relaxed);
        if let Some(statement) = self.session.kept(sql) {
            return Ok(statement);
        }
        let client = Arc::clone(self.session.client());
        let text = in_dollars(sql);
        let statement = self.ask(async { client.prepare(&text).await.map_err(Failed::Told) })?;
        self.session.keep(sql, &statement);
        Ok(statement)
    }

    /// Waits for an answer, and before it for all that was sent before.
    fn ask<T>(&mut self, answer: impl Future<Output = Result<T, Failed>>) -> Result<T, Error> {
        let mut flight = std::mem::take(&mut self.flight);
        // In this order the first look at each sends what it has to say.
        let both = self.wait(async { Ok(join(flight.land(), answer).await) });
        let (before, answer) = both.unwrap_or((Ok(()), Err(Failed::Silent)));
        let before = before.map_err(|failed| self.note(failed));
        let answer = answer.map_err(|failed| self.note(failed));
        before.and(answer)
    }
}

/// Places of values as PostgreSQL writes them: `$1` for `?1`. No statement has a question mark elsewhere.
fn in_dollars(sql: &str) -> String {
    sql.replace('?', "$")
}

impl Engine for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn announce(&mut self) {
        self.announces = true;
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Error> {
        values::check(params)?;
        let changed = self.answer(&Cell::new(false), |connection| {
            let statement = connection.prepared(sql)?;
            let client = Arc::clone(connection.session.client());
            let changed = client.execute_raw(&statement, params.iter().copied());
            connection.ask(async { changed.await.map_err(Failed::Told) })
        })?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn send(&mut self, sql: &str, params: &[Param<'_>], rows: Option<u64>) -> Result<(), Error> {
        values::check(params)?;
        let statement = self.prepared(sql)?;
        // From here on it cannot begin anew elsewhere.
        self.unanswered = None;
        self.flight.statement(&self.session, statement, params, rows)
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        values::check(params)?;
        let is_shown = Cell::new(false);
        let mut each = |row: &dyn Row| {
            is_shown.set(true);
            each(row)
        };
        self.answer(&is_shown, |connection| {
            let statement = connection.prepared(sql)?;
            let client = Arc::clone(connection.session.client());
            connection.ask(show(&client, &statement, params, &mut each))
        })
    }

    fn query_several(
        &mut self,
        questions: &[Question<'_>],
        each: &mut dyn FnMut(usize, &dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for question in questions {
            values::check(question.params)?;
        }
        let is_shown = Cell::new(false);
        let mut each = |place, row: &dyn Row| {
            is_shown.set(true);
            each(place, row)
        };
        self.answer(&is_shown, |connection| {
            let prepared: Result<Vec<_>, Error> =
                questions.iter().map(|question| connection.prepared(question.sql)).collect();
            let client = Arc::clone(connection.session.client());
            connection.ask(show_all(&client, &prepared?, questions, &mut each))
        })
    }

    fn known_key(&mut self, name: &str) -> Option<i64> {
        self.session.known_key(name)
    }

    fn know_key(&mut self, name: &str, key: i64) {
        self.session.know_key(name, key);
    }
}
