//! MLflow's REST door, a file a feature: the rows of the route table and the conversion of messages.
//! Rules belong to the domain, use cases to the registry.

mod convert;
mod experiments;
mod search;
mod lineage;
mod logged_models;
mod models;
mod metrics;
mod runs;
mod server_info;
mod versions;

use crate::table::Route;

/// The rows of all features.
pub(crate) fn routes() -> Vec<Route> {
    [experiments::routes(), search::routes(), server_info::routes()].into_iter().flatten().collect()
    [
        experiments::routes(),
        lineage::routes(),
        logged_models::routes(),
        metrics::routes(),
        runs::routes(),
        server_info::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
    let features = [
        experiments::routes(),
        metrics::routes(),
        models::routes(),
        runs::routes(),
        server_info::routes(),
        versions::routes(),
    ];
    features.into_iter().flatten().collect()
}
