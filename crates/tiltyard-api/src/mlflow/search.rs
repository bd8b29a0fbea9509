//! The searches of all features: `mlflow/…/search`.
//! How each thing is shown stands with its feature.

use axum::http::Method;
use tiltyard_domain::entity::ViewType;
use tiltyard_domain::search::{DatasetScope, LoggedModelOrderRequest};
use tiltyard_registry::search::{self, ExperimentQuery, LoggedModelQuery, Query, RunQuery};
use tiltyard_wire::mlflow::{experiments as wire, logged_models as logged_wire};
use tiltyard_wire::mlflow::{models as model_wire, runs as run_wire, versions as version_wire};

use super::convert::said;
use super::{experiments, logged_models, models, runs, versions};
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
        row(Method::POST, "/mlflow/runs/search", Handler::message(search_runs)),
        row(Method::GET, "/mlflow/registered-models/search", Handler::message(search_models)),
        row(Method::GET, "/mlflow/model-versions/search", Handler::message(search_versions)),
        row(Method::POST, "/mlflow/logged-models/search", Handler::message(search_logged_models)),
    ]
}

async fn search_experiments(
    caller: Caller,
    request: wire::SearchExperiments,
) -> Answer<wire::SearchExperimentsResponse> {
    let query = query(request.filter, request.order_by, request.max_results, request.page_token);
    let asked = ExperimentQuery { view: view(request.view_type), query };
    let found = search::experiments(&caller.context, &caller.permit, asked).await?;
    let shown = found.items.into_iter().map(experiments::shown);
    Ok(wire::SearchExperimentsResponse {
        experiments: shown.collect(),
        next_page_token: found.next_page_token,
    })
}

async fn search_runs(caller: Caller, request: run_wire::SearchRuns) -> Answer<run_wire::SearchRunsResponse> {
    let query = query(request.filter, request.order_by, request.max_results, request.page_token);
    let asked = RunQuery { experiment_ids: request.experiment_ids, view: view(request.run_view_type), query };
    let found = search::runs(&caller.context, &caller.permit, asked).await?;
    let shown = found.items.into_iter().map(runs::shown);
    Ok(run_wire::SearchRunsResponse { runs: shown.collect(), next_page_token: found.next_page_token })
}

async fn search_models(
    caller: Caller,
    request: model_wire::SearchRegisteredModels,
) -> Answer<model_wire::SearchRegisteredModelsResponse> {
    let query = query(request.filter, request.order_by, request.max_results, request.page_token);
    let found = search::models(&caller.context, &caller.permit, query).await?;
    Ok(model_wire::SearchRegisteredModelsResponse {
        registered_models: found.items.into_iter().map(models::shown).collect(),
        next_page_token: found.next_page_token,
    })
}

async fn search_versions(
    caller: Caller,
    request: version_wire::SearchModelVersions,
) -> Answer<version_wire::SearchModelVersionsResponse> {
    let query = query(request.filter, request.order_by, request.max_results, request.page_token);
    let found = search::versions(&caller.context, &caller.permit, query).await?;
    Ok(version_wire::SearchModelVersionsResponse {
        model_versions: found.items.into_iter().map(versions::shown).collect(),
        next_page_token: found.next_page_token,
    })
}

async fn search_logged_models(
    caller: Caller,
    request: logged_wire::SearchLoggedModels,
) -> Answer<logged_wire::SearchLoggedModelsResponse> {
    let asked = LoggedModelQuery {
        experiment_ids: request.experiment_ids,
        filter: request.filter.unwrap_or_default(),
        datasets: request
            .datasets
            .into_iter()
            .map(|dataset| scope(dataset.dataset_name, dataset.dataset_digest))
            .collect(),
        order_by: request.order_by.into_iter().map(logged_model_order).collect(),
        max_results: request.max_results.map(i64::from),
        page_token: request.page_token,
    };
    let found = search::logged_models(&caller.context, &caller.permit, asked).await?;
    let shown = found.items.into_iter().map(logged_models::shown);
    Ok(logged_wire::SearchLoggedModelsResponse {
        models: shown.collect(),
        next_page_token: found.next_page_token,
    })
}

fn query(
    filter: Option<String>,
    order_by: Vec<String>,
    max_results: Option<i64>,
    page_token: Option<String>,
) -> Query {
    Query { filter: filter.unwrap_or_default(), order_by, max_results, page_token }
}

/// Those that are active, unless other ones are asked for.
fn view(asked: Option<wire::ViewType>) -> ViewType {
    match asked.unwrap_or_default() {
        wire::ViewType::ActiveOnly => ViewType::Active,
        wire::ViewType::DeletedOnly => ViewType::Deleted,
        wire::ViewType::All => ViewType::All,
    }
}

fn scope(name: Option<String>, digest: Option<String>) -> DatasetScope {
    DatasetScope { name: said(name), digest: said(digest) }
}

fn logged_model_order(order: logged_wire::LoggedModelOrder) -> LoggedModelOrderRequest {
    LoggedModelOrderRequest {
        field_name: order.field_name.unwrap_or_default(),
        ascending: order.ascending.unwrap_or(true),
        dataset: scope(order.dataset_name, order.dataset_digest),
    }
}
