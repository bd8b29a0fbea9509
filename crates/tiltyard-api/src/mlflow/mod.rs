//! MLflow's REST door, a file a feature: the rows of the route table and the conversion of messages.
//! Rules belong to the domain, use cases to the registry.

mod convert;
mod experiments;
mod server_info;

use crate::table::Route;

/// The rows of all features.
pub(crate) fn routes() -> Vec<Route> {
    [experiments::routes(), server_info::routes()].into_iter().flatten().collect()
}
