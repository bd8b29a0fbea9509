//! `mlflow-artifacts/artifacts…`: the server's own store, by path.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::limits;
use tiltyard_registry::artifacts;
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::artifacts as wire;

use super::files;
use crate::answer::json;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::files::send;
use crate::incoming;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

const FOLDER: &str = "/mlflow-artifacts/artifacts";
const FILE: &str = "/mlflow-artifacts/artifacts/{*artifact_path}";

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |method, path, access, handler| {
        Route::new(Mount::V2, method, path, access, handler).of_the_artifact_store()
    };
    vec![
        row(Method::GET, FOLDER, Access::ReadArtifacts, Handler::raw(list)),
        row(Method::GET, FILE, Access::ReadArtifacts, Handler::raw(download)),
        row(Method::PUT, FILE, Access::WriteArtifacts, Handler::raw(upload)),
        row(Method::DELETE, FILE, Access::DeleteArtifacts, Handler::raw(delete)),
    ]
}

async fn list(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let query: wire::ListProxiedArtifacts = incoming::query(&request)?;
    let folder = ArtifactPath::parse_folder(query.path.as_deref().unwrap_or_default())?;
    let entries = artifacts::list(&caller.context, &caller.permit, folder).await?;
    Ok(json(&wire::ListProxiedArtifactsResponse { files: files(entries, "") }))
}

async fn download(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let path = incoming::path(&request)?;
    send(&caller, &path, request.headers()).await
}

async fn upload(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let path = incoming::path(&request)?;
    let size_bytes_max = incoming::length(&request).unwrap_or(limits::ARTIFACT_BYTES_MAX);
    let bytes = incoming::bytes(request.into_body());
    artifacts::write(&caller.context, &caller.permit, path, bytes, size_bytes_max).await?;
    Ok(StatusCode::OK.into_response())
}

async fn delete(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let path = ArtifactPath::parse_folder(&incoming::rest(&request))?.ok_or_else(|| {
        ApiError::invalid("Invalid path: this would delete everything in the store. Name a file or a folder.")
    })?;
    artifacts::delete(&caller.context, &caller.permit, path).await?;
    Ok(json(&Empty {}))
}
