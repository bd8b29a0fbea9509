//! Tiltyard's own API, `/api/tiltyard/v1/…`: what MLflow's has no words for.
//! Rules belong to the domain, use cases to the registry.

mod history;
mod jobs;
mod journal;
mod rollback;
mod server;
mod versions;

use crate::table::Route;

/// The rows of all features.
pub(crate) fn routes() -> Vec<Route> {
    [
        history::routes(),
        jobs::routes(),
        journal::routes(),
        rollback::routes(),
        server::routes(),
        versions::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
