//! The searches of all features: `mlflow/…/search`.
//! How each thing is shown stands with its feature.

use axum::http::Method;
use tiltyard_domain::entity::ViewType;
use tiltyard_registry::search::{self, ExperimentQuery, Query};
use tiltyard_wire::mlflow::experiments as wire;

use super::experiments;
use crate::answer::Answer;
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |method, path, handler| Route::new(Mount::V2, method, path, Access::ReadMetadata, handler);
    vec![
        row(Method::GET, "/mlflow/experiments/search", Handler::message(search_experiments)),
        row(Method::POST, "/mlflow/experiments/search", Handler::message(search_experiments)),
    ]
}

async fn search_experiments(
    caller: Caller,
    request: wire::SearchExperiments,
) -> Answer<wire::SearchExperimentsResponse> {
    let query = Query {
        filter: request.filter.unwrap_or_default(),
        order_by: request.order_by,
        max_results: request.max_results,
        page_token: request.page_token,
    };
    let asked = ExperimentQuery { view: view(request.view_type), query };
    let found = search::experiments(&caller.context, &caller.permit, asked).await?;
    let shown = found.items.into_iter().map(|experiment| experiments::shown(&caller.context, experiment));
    Ok(wire::SearchExperimentsResponse {
        experiments: shown.collect(),
        next_page_token: found.next_page_token,
    })
}

/// Those that are active, unless other ones are asked for.
fn view(asked: Option<wire::ViewType>) -> ViewType {
    match asked.unwrap_or_default() {
        wire::ViewType::ActiveOnly => ViewType::Active,
        wire::ViewType::DeletedOnly => ViewType::Deleted,
        wire::ViewType::All => ViewType::All,
    }
}
