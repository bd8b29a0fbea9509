//! Whether a server should be sent requests: it is not being stopped, its database answers, its artifacts can be reached.
//! Whether it is alive is another question, and needs nothing of what stands here.

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
    last: Option<(Instant, Vec<&'static str>)>,
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

/// What the server needs and has not, in words for whoever runs it; nothing when it is ready.
pub async fn missing(context: &Context) -> Vec<&'static str> {
    if *context.stopping().borrow() != Stopping::No {
        return vec![STOPPING];
    }
    let mut looks = context.readiness().looks.lock().await;
    if let Some((at, missing)) = &looks.last
        && at.elapsed() < READINESS_KEPT
    {
        return missing.clone();
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
    let seen = [(NO_DATABASE, database), (NO_ARTIFACTS, artifacts)];
    tell(last.as_ref().map_or(&[], |(_, missing)| missing), &seen);
    let missing: Vec<_> =
        seen.into_iter().filter(|(_, outcome)| outcome.is_err()).map(|(what, _)| what).collect();
    *last = Some((Instant::now(), missing.clone()));
    missing
}

/// Logs what has changed since the last look; why something is missing is for the log alone.
fn tell(before: &[&str], seen: &[(&'static str, Result<(), String>)]) {
    for (what, outcome) in seen {
        match outcome {
            Err(why) if !before.contains(what) => tracing::warn!(%why, "not ready: {what}"),
            Ok(()) if before.contains(what) => tracing::info!("ready again; before: {what}"),
            _ => {}
        }
    }
}
