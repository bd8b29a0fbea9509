//! The writer: one thread, one connection, and one sync for all the writes that wait.
//!
//! It takes what is queued into one transaction, each write in a savepoint so that a refused one leaves nothing and
//! harms no other, commits, and only then answers. A failed commit fails every write of the group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::timeout;

use super::connection::Connection;
use crate::Error;
use crate::engine::Engine;
use crate::limits::{QUEUE_PATIENCE, WRITES_PER_COMMIT_MAX, WRITES_WAITING_MAX};

/// A write that waits: runs against the transaction, then says whether its savepoint stays and how to answer.
type Job = Box<dyn FnOnce(&mut dyn Engine) -> Applied + Send>;

/// A write that has run and is not yet committed.
struct Applied {
    keep: bool,
    answer: Box<dyn FnOnce(Option<Error>) + Send>,
}

pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    sender: mpsc::WeakSender<Job>,
    ended: watch::Receiver<bool>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection) -> Result<Self, Error> {
        let (queue, jobs) = mpsc::channel(WRITES_WAITING_MAX);
        let (end, ended) = watch::channel(false);
        let work = move || {
            run(&mut connection, jobs);
            drop(connection);
            let _ = end.send(true);
        };
        thread::Builder::new().name("tiltyard-writer".to_owned()).spawn(work).map_err(Error::Thread)?;
        Ok(Self { sender: queue.downgrade(), queue: Mutex::new(Some(queue)), ended })
    }

    pub(crate) async fn write<T, E>(
        &self,
        apply: impl FnOnce(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.submit(job(apply, sender)).await?;
        receiver.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    async fn submit(&self, job: Job) -> Result<(), Error> {
        let queue = self.sender.upgrade().ok_or(Error::Closed)?;
        match timeout(QUEUE_PATIENCE, queue.send(job)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(Error::Busy { waiting_max: WRITES_WAITING_MAX }),
        }
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

/// Packs a use case's `apply` so that the writer need not know its types.
fn job<T, E>(
    apply: impl FnOnce(&mut dyn Engine) -> Result<T, E> + Send + 'static,
    sender: oneshot::Sender<Result<T, E>>,
) -> Job
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    Box::new(move |engine| {
        let result = catch_unwind(AssertUnwindSafe(|| apply(engine)))
            .unwrap_or_else(|_| Err(Error::Commit("the write panicked and was undone".to_owned()).into()));
        Applied {
            keep: result.is_ok(),
            answer: Box::new(move |failure| {
                // A caller that has gone away needs no answer.
                let _ = sender.send(failure.map_or(result, |failure| Err(failure.into())));
            }),
        }
    })
}

fn run(connection: &mut Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(WRITES_PER_COMMIT_MAX);
    while let Some(first) = jobs.blocking_recv() {
        group.push(first);
        while group.len() < WRITES_PER_COMMIT_MAX
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        commit(connection, group.drain(..));
    }
}

fn commit(connection: &mut Connection, group: impl Iterator<Item = Job>) {
    let mut applied = Vec::new();
    let result = transact(connection, group, &mut applied);
    if let Err(failure) = &result {
        tracing::error!(%failure, writes = applied.len(), "a group of writes could not be committed");
        // Nothing is left to undo where BEGIN itself failed; the error of that is of no use.
        let _ = connection.run("ROLLBACK");
    }
    let failure = result.err().map(|failure| failure.to_string());
    for Applied { answer, .. } in applied {
        answer(failure.clone().map(Error::Commit));
    }
}

fn transact(
    connection: &mut Connection,
    group: impl Iterator<Item = Job>,
    applied: &mut Vec<Applied>,
) -> Result<(), Error> {
    let mut broken = connection.run("BEGIN IMMEDIATE").err();
    for job in group {
        match &broken {
            None => broken = step(connection, job, applied).err(),
            // The group is lost, but each write in it is owed an answer; a job that is dropped answers `Closed`.
            Some(_) => drop(job),
        }
    }
    broken.map_or_else(|| connection.run("COMMIT"), Err)
}

fn step(connection: &mut Connection, job: Job, applied: &mut Vec<Applied>) -> Result<(), Error> {
    connection.run("SAVEPOINT request")?;
    let done = job(connection);
    let keep = done.keep;
    applied.push(done);
    if !keep {
        connection.run("ROLLBACK TO request")?;
    }
    connection.run("RELEASE request")
}
