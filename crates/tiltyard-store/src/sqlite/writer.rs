//! The writer: one thread, one connection, and one sync for all the writes that wait.
//!
//! It takes what is queued into one transaction, commits, and only then answers. A refused write leaves nothing and harms
//! no other: most are refused before they wrote anything; where one had written, the group is undone and run again, each
//! write in a savepoint of its own. Savepoints for all would cost every group what few need. A failed commit fails every
//! write of the group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::timeout;

use super::connection::Connection;
use crate::Error;
use crate::changes::Signs;
use crate::engine::Engine;
use crate::limits::{QUEUE_PATIENCE, WRITES_PER_COMMIT_MAX, WRITES_WAITING_MAX};

/// A write that waits.
trait Job: Send {
    /// Runs it in the transaction, perhaps not for the first time. False when nothing of it may remain.
    fn apply(&mut self, engine: &mut dyn Engine) -> bool;

    /// Tells the caller how it ended, or that its group could not be committed.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

/// A use case's `apply`, what it gave, and who waits for that.
struct Write<F, T, E> {
    apply: F,
    result: Option<Result<T, E>>,
    sender: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Write<F, T, E>
where
    F: Fn(&mut dyn Engine) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn apply(&mut self, engine: &mut dyn Engine) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.apply)(engine)))
            .unwrap_or_else(|_| Err(Error::Panicked.into()));
        self.result.insert(result).is_ok()
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let result = failure.map_or(self.result, |failure| Some(Err(failure.into())));
        // A caller that has gone away needs no answer.
        let _ = self.sender.send(result.unwrap_or_else(|| Err(Error::Closed.into())));
    }
}

pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    sender: mpsc::WeakSender<Box<dyn Job>>,
    ended: watch::Receiver<bool>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection, signs: Signs) -> Result<Self, Error> {
        let (queue, jobs) = mpsc::channel(WRITES_WAITING_MAX);
        let (end, ended) = watch::channel(false);
        let work = move || {
            run(&mut connection, jobs, &signs);
            drop(connection);
            let _ = end.send(true);
        };
        thread::Builder::new().name("tiltyard-writer".to_owned()).spawn(work).map_err(Error::Thread)?;
        Ok(Self { sender: queue.downgrade(), queue: Mutex::new(Some(queue)), ended })
    }

    pub(crate) async fn write<T, E>(
        &self,
        apply: impl Fn(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.submit(Box::new(Write { apply, result: None, sender })).await?;
        receiver.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    async fn submit(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let queue = self.sender.upgrade().ok_or(Error::Closed)?;
        match timeout(QUEUE_PATIENCE, queue.send(job)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(Error::Busy { waiting_max: WRITES_WAITING_MAX }),
        }
    }

    /// How many writes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.sender.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    pub(crate) async fn close(&self, patience: Duration) -> Result<(), Error> {
        self.queue.lock().await.take();
        let mut ended = self.ended.clone();
        match timeout(patience, ended.wait_for(|ended| *ended)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Error::Closed),
        }
    }
}

fn run(connection: &mut Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>, signs: &Signs) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while group.len() < WRITES_PER_COMMIT_MAX
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        commit(connection, group, signs);
    }
}

fn commit(connection: &mut Connection, mut group: Vec<Box<dyn Job>>, signs: &Signs) {
    let result = transact(connection, &mut group);
    if let Err(failure) = &result {
        let (writes, next) = (group.len(), failure.advice());
        tracing::error!(%failure, writes, next, "a group of writes could not be committed");
        // Nothing is left to undo where BEGIN itself failed; the error of that is of no use.
        let _ = connection.run("ROLLBACK");
    }
    // Before the answers: whoever has one may count on it that the sign was given. Of a group that was undone nothing is there
    // to be seen, which does no harm.
    if connection.take_announcement() {
        signs.give();
    }
    let failure = result.err().map(Arc::new);
    for job in group {
        job.answer(failure.clone().map(Error::Commit));
    }
}

fn transact(connection: &mut Connection, group: &mut [Box<dyn Job>]) -> Result<(), Error> {
    connection.run("BEGIN IMMEDIATE")?;
    if !group.iter_mut().all(|job| leaves_no_ruins(connection, job.as_mut())) {
        // Some failures, such as a full disk, have undone the transaction already.
        if connection.is_in_transaction() {
            connection.run("ROLLBACK")?;
        }
        connection.run("BEGIN IMMEDIATE")?;
        for job in group {
            apply_alone(connection, job.as_mut())?;
        }
    }
    connection.run("COMMIT")
}

/// Runs a write among others. False when it was refused and left something that must be undone.
fn leaves_no_ruins(connection: &mut Connection, job: &mut dyn Job) -> bool {
    let before = connection.rows_changed();
    job.apply(connection) || (connection.rows_changed() == before && connection.is_in_transaction())
}

/// Runs a write in a savepoint, and undoes it where it is refused.
fn apply_alone(connection: &mut Connection, job: &mut dyn Job) -> Result<(), Error> {
    connection.run("SAVEPOINT request")?;
    if !job.apply(connection) {
        connection.run("ROLLBACK TO request")?;
    }
    connection.run("RELEASE request")
}
