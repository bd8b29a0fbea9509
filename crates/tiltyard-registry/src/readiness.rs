//! Whether a server should be sent requests: it is not being stopped, and its database answers. That its artifacts cannot be
//! reached is said too, but is no reason to send requests elsewhere: all replicas share one artifact store, and without it
//! everything else goes on. Whether a server is alive is another question, and needs nothing of what stands here.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::Context;
use crate::context::Stopping;
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

/// What a server needs and has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether requests should be sent to it nevertheless.
    pub is_ready: bool,
    /// In words for whoever runs it.
    pub missing: Vec<&'static str>,
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
    if *context.stopping().borrow() != Stopping::No {
        return Seen { is_ready: false, missing: vec![STOPPING] };
    }
    let mut looks = context.readiness().looks.lock().await;
    if let Some((at, seen)) = &looks.last
        && at.elapsed() < READINESS_KEPT
    {
        return seen.clone();
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
    let is_ready = database.is_ok();
    let looks = [(NO_DATABASE, database), (NO_ARTIFACTS, artifacts)];
    tell(last.as_ref().map_or(&[], |(_, seen)| &seen.missing), &looks);
    let missing = looks.into_iter().filter(|(_, outcome)| outcome.is_err()).map(|(what, _)| what).collect();
    let seen = Seen { is_ready, missing };
    *last = Some((Instant::now(), seen.clone()));
    seen
}

/// Logs what has changed since the last look; why something is missing is for the log alone.
fn tell(before: &[&str], seen: &[(&'static str, Result<(), String>)]) {
    for (what, outcome) in seen {
        match outcome {
            Err(why) if !before.contains(what) => tracing::warn!(%why, "{what}"),
            Ok(()) if before.contains(what) => tracing::info!("no longer: {what}"),
            _ => {}
        }
    }
}
