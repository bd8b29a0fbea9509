//! Whether a server should be sent requests: it is not being stopped, and its database answers. That its artifacts cannot be
//! reached is said too, but is no reason to send requests elsewhere: all replicas share one artifact store, and without it
//! everything else goes on. Whether a server is alive is another question, and needs nothing of what stands here.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::Context;
use crate::limits::{READINESS_KEPT, READINESS_PATIENCE};

const STOPPING: &str = "the server is being stopped";
const NO_DATABASE: &str = "the database does not answer";
const NO_ARTIFACTS: &str = "the artifact store cannot be reached";

/// What was seen when it was last looked. Probes that come at once share one look.
#[derive(Default)]
pub(crate) struct Readiness {
    looks: Mutex<Looks>,
}

#[derive(Default)]
struct Looks {
    database: Look,
    artifacts: Look,
    last: Option<(Instant, Seen)>,
}

/// What was seen of a server and of what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Whether it is being stopped.
    pub is_stopping: bool,
    /// Whether its database answers.
    pub has_database: bool,
    /// Whether its artifact store can be reached, if it has one.
    pub has_artifacts: bool,
}

impl Seen {
    /// Whether requests should be sent to it.
    pub fn is_ready(self) -> bool {
        !self.is_stopping && self.has_database
    }

    /// What stands against it, in words for whoever runs it.
    pub fn missing(self) -> impl Iterator<Item = &'static str> {
        let lacks = [
            (self.is_stopping, STOPPING),
            (!self.has_database, NO_DATABASE),
            (!self.has_artifacts, NO_ARTIFACTS),
        ];
        lacks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what)
    }
}

/// A look that may take longer than anybody waits. It goes on, and no second one begins meanwhile.
#[derive(Default)]
struct Look {
    pending: Option<JoinHandle<Result<(), String>>>,
}

impl Look {
    async fn outcome<F>(&mut self, look: impl FnOnce() -> F) -> Result<(), String>
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let pending = self.pending.get_or_insert_with(|| tokio::spawn(look()));
        let Ok(outcome) = timeout(READINESS_PATIENCE, pending).await else {
            return Err(format!("no answer for {} s", READINESS_PATIENCE.as_secs()));
        };
        self.pending = None;
        outcome.unwrap_or_else(|failure| Err(failure.to_string()))
    }
}

/// Whether the server should be sent requests, and what it needs and has not.
pub async fn readiness(context: &Context) -> Seen {
    let is_stopping = context.is_stopping();
    let mut looks = context.readiness().looks.lock().await;
    if let Some((at, seen)) = looks.last
        && at.elapsed() < READINESS_KEPT
    {
        return Seen { is_stopping, ..seen };
    }
    let Looks { database, artifacts, last } = &mut *looks;
    let store = context.store().clone();
    let blobs = context.own_blobs().map(Arc::clone);
    let (database, artifacts) = tokio::join!(
        database.outcome(|| async move { store.ping().await.map_err(|error| error.to_string()) }),
        artifacts.outcome(|| async move {
            match blobs {
                Some(blobs) => blobs.check().await.map_err(|error| error.to_string()),
                None => Ok(()),
            }
        }),
    );
    let before = last.map(|(_, seen)| seen);
    tell(NO_DATABASE, before.is_none_or(|seen| seen.has_database), &database);
    tell(NO_ARTIFACTS, before.is_none_or(|seen| seen.has_artifacts), &artifacts);
    let seen = Seen { is_stopping, has_database: database.is_ok(), has_artifacts: artifacts.is_ok() };
    *last = Some((Instant::now(), seen));
    seen
}

/// Logs what has changed since the last look; why something is missing is for the log alone.
fn tell(lack: &str, was_there: bool, outcome: &Result<(), String>) {
    match outcome {
        Err(why) if was_there => tracing::warn!(%why, "{lack}"),
        Ok(()) if !was_there => tracing::info!("no longer: {lack}"),
        _ => {}
    }
}
