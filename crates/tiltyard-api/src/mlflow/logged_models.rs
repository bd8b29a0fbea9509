//! `mlflow/logged-models…`, but for the search and the files.

use axum::http::Method;
use tiltyard_domain::entity::{LoggedModel, LoggedModelStatus, NewLoggedModel, Param};
use tiltyard_domain::experiments::parse_id;
use tiltyard_registry::logged_models::{self, Deleted};
use tiltyard_registry::{Once, Outcome};
use tiltyard_wire::mlflow::{Empty, logged_models as wire, runs};

use super::convert::{tags_in, tags_out};
use super::runs::{metric_out, params_in};
use crate::answer::{Answer, DONE};
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let route = |method, path, access, handler| Route::new(Mount::V2, method, path, access, handler);
    let (read, write) = (Access::ReadMetadata, Access::WriteRuns);
    let model = "/mlflow/logged-models/{model_id}";
    vec![
        route(Method::POST, "/mlflow/logged-models", write, Handler::once(create, created)),
        route(Method::GET, model, read, Handler::message(get)),
        route(Method::PATCH, model, write, Handler::message(finalize)),
        route(Method::DELETE, model, Access::Delete, Handler::message(delete)),
        route(Method::PATCH, "/mlflow/logged-models/{model_id}/tags", write, Handler::message(set_tags)),
        route(
            Method::DELETE,
            "/mlflow/logged-models/{model_id}/tags/{tag_key}",
            write,
            Handler::message(delete_tag),
        ),
        route(Method::POST, "/mlflow/logged-models/{model_id}/params", write, Handler::message(log_params)),
    ]
}

async fn create(
    caller: Caller,
    request: wire::CreateLoggedModel,
    once: Once<LoggedModel>,
) -> Answer<Outcome<LoggedModel>> {
    let new = NewLoggedModel {
        experiment_id: parse_id(&request.experiment_id)?,
        name: request.name.filter(|name| !name.is_empty()),
        model_type: request.model_type.unwrap_or_default(),
        source_run_id: request.source_run_id.unwrap_or_default(),
        tags: tags_in(request.tags),
        params: params_in(request.params),
    };
    Ok(logged_models::create(&caller.context, &caller.permit, new, once).await?)
}

fn created(model: LoggedModel) -> wire::GetLoggedModelResponse {
    wire::GetLoggedModelResponse { model: shown(model) }
}

async fn get(caller: Caller, request: wire::GetLoggedModel) -> Answer<wire::GetLoggedModelResponse> {
    let is_true = |text: &String| text.eq_ignore_ascii_case("true");
    let deleted =
        if request.allow_deleted.as_ref().is_some_and(is_true) { Deleted::Shown } else { Deleted::Hidden };
    let model = logged_models::get(&caller.context, &caller.permit, &request.model_id, deleted).await?;
    Ok(wire::GetLoggedModelResponse { model: shown(model) })
}

async fn finalize(
    caller: Caller,
    request: wire::FinalizeLoggedModel,
) -> Answer<wire::GetLoggedModelResponse> {
    let status = status_in(request.status);
    let model = logged_models::finalize(&caller.context, &caller.permit, request.model_id, status).await?;
    Ok(wire::GetLoggedModelResponse { model: shown(model) })
}

async fn delete(caller: Caller, request: wire::DeleteLoggedModel) -> Answer<Empty> {
    logged_models::delete(&caller.context, &caller.permit, request.model_id).await?;
    DONE
}

async fn set_tags(caller: Caller, request: wire::SetLoggedModelTags) -> Answer<Empty> {
    let tags = tags_in(request.tags);
    logged_models::set_tags(&caller.context, &caller.permit, request.model_id, tags).await?;
    DONE
}

async fn delete_tag(caller: Caller, request: wire::DeleteLoggedModelTag) -> Answer<Empty> {
    logged_models::delete_tag(&caller.context, &caller.permit, request.model_id, request.tag_key).await?;
    DONE
}

async fn log_params(caller: Caller, request: wire::LogLoggedModelParams) -> Answer<Empty> {
    let params = params_in(request.params);
    logged_models::log_params(&caller.context, &caller.permit, request.model_id, params).await?;
    DONE
}

fn status_in(status: wire::LoggedModelStatus) -> LoggedModelStatus {
    match status {
        wire::LoggedModelStatus::Unspecified => LoggedModelStatus::Unspecified,
        wire::LoggedModelStatus::Pending => LoggedModelStatus::Pending,
        wire::LoggedModelStatus::Ready => LoggedModelStatus::Ready,
        wire::LoggedModelStatus::UploadFailed => LoggedModelStatus::Failed,
    }
}

fn status_out(status: LoggedModelStatus) -> wire::LoggedModelStatus {
    match status {
        LoggedModelStatus::Unspecified => wire::LoggedModelStatus::Unspecified,
        LoggedModelStatus::Pending => wire::LoggedModelStatus::Pending,
        LoggedModelStatus::Ready => wire::LoggedModelStatus::Ready,
        LoggedModelStatus::Failed => wire::LoggedModelStatus::UploadFailed,
    }
}

/// A logged model as MLflow shows it. Registrations are left out, as MLflow's own server does; a tag lists them.
pub(super) fn shown(model: LoggedModel) -> wire::LoggedModel {
    let info = wire::LoggedModelInfo {
        artifact_uri: Some(model.location.uri()),
        model_id: model.model_id,
        experiment_id: model.experiment_id.to_string(),
        name: model.name,
        creation_timestamp_ms: Some(model.created.0),
        last_updated_timestamp_ms: Some(model.updated.0),
        status: Some(status_out(model.status)),
        creator_id: None,
        model_type: model.model_type,
        source_run_id: model.source_run_id,
        status_message: model.status_message,
        tags: tags_out(model.tags),
        registrations: Vec::new(),
    };
    let params = model.params.into_iter().map(|Param { key, value }| runs::Param { key, value });
    let data = wire::LoggedModelData {
        params: params.collect(),
        metrics: model.metrics.into_iter().map(metric_out).collect(),
    };
    wire::LoggedModel { info, data: Some(data) }
}
