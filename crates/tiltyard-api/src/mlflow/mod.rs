//! MLflow's REST door, a file a feature: the rows of the route table and the conversion of messages.
//! Rules belong to the domain, use cases to the registry.

mod artifacts;
mod convert;
mod experiments;
mod metrics;
mod models;
mod runs;
mod server_info;
mod versions;

use crate::table::Route;

/// The rows of all features.
pub(crate) fn routes() -> Vec<Route> {
    let features = [
        artifacts::routes(),
        experiments::routes(),
        metrics::routes(),
        models::routes(),
        runs::routes(),
        server_info::routes(),
        versions::routes(),
    ];
    features.into_iter().flatten().collect()
}
