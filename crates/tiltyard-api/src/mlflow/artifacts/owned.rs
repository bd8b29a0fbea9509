//! Artifacts by their owner: of a run, of a logged model, of a version. MLflow's web page asks for them so.

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::limits;
use tiltyard_domain::names::ModelName;
use tiltyard_registry::artifacts::{self, Root, logged_model_root, run_root, version_root};
use tiltyard_wire::mlflow::artifacts as wire;
use tiltyard_wire::mlflow::logged_models::{ListLoggedModelArtifacts, ListLoggedModelArtifactsResponse};
use tiltyard_wire::mlflow::{ErrorCode, Message};

use super::files;
use crate::answer::{Answer, JSON, json};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::files::send_from;
use crate::incoming;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let get = |mount, path, handler| Route::new(mount, Method::GET, path, Access::ReadArtifacts, handler);
    let upload = Handler::raw(upload_to_run);
    vec![
        get(Mount::V2, "/mlflow/artifacts/list", Handler::message(list_of_run)),
        get(Mount::V2, "/mlflow/logged-models/{model_id}/artifacts/directories", Handler::raw(list_of_model)),
        get(Mount::Root, "/get-artifact", Handler::raw(file_of_run)),
        get(Mount::Root, "/model-versions/get-artifact", Handler::raw(file_of_version)),
        get(Mount::Ajax2, "/mlflow/logged-models/{model_id}/artifacts/files", Handler::raw(file_of_model)),
        Route::new(Mount::Ajax2, Method::POST, "/mlflow/upload-artifact", Access::WriteArtifacts, upload),
    ]
}

async fn list_of_run(caller: Caller, request: wire::ListArtifacts) -> Answer<wire::ListArtifactsResponse> {
    let folder = ArtifactPath::parse_folder(request.path.as_deref().unwrap_or_default())?;
    let root = run_root(&caller.context, &caller.permit, &request.run_id).await?;
    let files = list(&caller, &root, folder).await?;
    Ok(wire::ListArtifactsResponse { root_uri: root.uri, files, next_page_token: None })
}

async fn list_of_model(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let query: ListLoggedModelArtifacts = incoming::query(&request)?;
    let folder = ArtifactPath::parse_folder(query.artifact_directory_path.as_deref().unwrap_or_default())?;
    let (model_id, _) = incoming::parameter(request, "model_id").await?;
    let root = logged_model_root(&caller.context, &caller.permit, &model_id).await?;
    let files = list(&caller, &root, folder).await?;
    Ok(json(&ListLoggedModelArtifactsResponse { root_uri: root.uri, files, next_page_token: None }))
}

async fn list(
    caller: &Caller,
    root: &Root,
    folder: artifacts::Folder,
) -> Result<Vec<wire::FileInfo>, ApiError> {
    let above = folder.as_ref().map_or_else(String::new, |folder| format!("{folder}/"));
    let entries = root.list(&caller.context, &caller.permit, folder).await?;
    Ok(files(entries, &above))
}

async fn file_of_run(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let query: wire::ListArtifacts = incoming::query(&request)?;
    let path = ArtifactPath::parse(query.path.as_deref().unwrap_or_default())?;
    let root = run_root(&caller.context, &caller.permit, &query.run_id).await?;
    send_from(&caller, &root, &path, request.headers()).await
}

async fn file_of_version(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let mut query = Message::from_query(request.uri().query().unwrap_or_default())?;
    let (name, version) = (query.required_text("name")?, query.required_text("version")?);
    let path = ArtifactPath::parse(&query.required_text("path")?)?;
    let number = version.parse().map_err(|_| {
        ApiError::not_found(format!("Model Version (name={name}, version={version}) not found"))
    })?;
    let root = version_root(&caller.context, &caller.permit, &ModelName::parse(&name)?, number).await?;
    send_from(&caller, &root, &path, request.headers()).await
}

async fn file_of_model(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let mut query = Message::from_query(request.uri().query().unwrap_or_default())?;
    let path = query.text("artifact_file_path")?.filter(|path| !path.is_empty()).ok_or_else(|| {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        ApiError::new(ErrorCode::BadRequest, message)
    })?;
    let path = ArtifactPath::parse(&path)?;
    let (model_id, request) = incoming::parameter(request, "model_id").await?;
    let root = logged_model_root(&caller.context, &caller.permit, &model_id).await?;
    send_from(&caller, &root, &path, request.headers()).await
}

async fn upload_to_run(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let mut query = Message::from_query(request.uri().query().unwrap_or_default())?;
    let run_id = given(query.text("run_uuid")?, "run_uuid")?;
    let path = ArtifactPath::parse(&given(query.text("path")?, "path")?)?;
    let length = incoming::length(&request);
    if length.is_some_and(|length| length > limits::ARTIFACT_FROM_PAGE_BYTES_MAX) {
        return Err(ApiError::invalid("Artifact size is too large. Max size is 10MB."));
    }
    if length.is_none_or(|length| length == 0) {
        return Err(ApiError::invalid("Request must specify data."));
    }
    let path = run_root(&caller.context, &caller.permit, &run_id).await?.writable(&path)?;
    let bytes = incoming::bytes(request.into_body());
    let size_bytes_max = limits::ARTIFACT_FROM_PAGE_BYTES_MAX;
    artifacts::write(&caller.context, &caller.permit, path, bytes, size_bytes_max).await?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, JSON)]).into_response())
}

fn given(value: Option<String>, name: &str) -> Result<String, ApiError> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ApiError::invalid(format!("Request must specify {name}.")))
}
