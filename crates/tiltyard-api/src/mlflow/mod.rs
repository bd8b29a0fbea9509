//! MLflow's REST door, a file a feature: the rows of the route table and the conversion of messages.
//! Rules belong to the domain, use cases to the registry.

mod artifacts;
mod convert;
mod experiments;
mod lineage;
mod logged_models;
mod metrics;
mod models;
mod runs;
mod search;
mod server_info;
mod versions;

use crate::table::Route;

/// The rows of all features.
pub(crate) fn routes() -> Vec<Route> {
    let features = [
        artifacts::routes(),
        experiments::routes(),
        lineage::routes(),
        logged_models::routes(),
        metrics::routes(),
        models::routes(),
        runs::routes(),
        search::routes(),
        server_info::routes(),
        versions::routes(),
    ];
    features.into_iter().flatten().collect()
}
