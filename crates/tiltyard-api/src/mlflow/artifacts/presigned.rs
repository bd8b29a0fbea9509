//! Presigned addresses. A store on the server's own disk has none, and says so in the words by which MLflow's clients know
//! to go through the server.

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_registry::artifacts::{logged_model_root, run_root};
use tiltyard_wire::mlflow::artifacts as wire;
use tiltyard_wire::mlflow::{Empty, ErrorCode};

use crate::answer::Answer;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::incoming;
use crate::limits::EXPIRATION_SECONDS_MAX;
use crate::mlflow::convert::said;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |method, path, access, handler| Route::new(Mount::V2, method, path, access, handler);
    let (read, write) = (Access::ReadArtifacts, Access::WriteArtifacts);
    let (up, down) = ("/mlflow/artifacts/presigned-upload-url", "/mlflow/artifacts/presigned-download-url");
    vec![
        row(Method::GET, "/mlflow-artifacts/presigned/{*artifact_path}", read, Handler::raw(presigned))
            .of_the_artifact_store(),
        row(Method::POST, up, write, Handler::message(upload_url)),
        row(Method::POST, down, read, Handler::message(download_url)),
    ]
}

async fn presigned(_: Caller, request: Request) -> Result<Response, ApiError> {
    incoming::path(&request)?;
    Err(not_implemented("Multipart download is not supported for the current artifact repository"))
}

async fn upload_url(caller: Caller, request: wire::CreatePresignedUploadUrl) -> Answer<Empty> {
    let (context, permit) = (&caller.context, &caller.permit);
    let given = (said(request.run_id), said(request.model_id));
    if given.0.is_some() == given.1.is_some() {
        return Err(ApiError::invalid("Exactly one of run_id and model_id must be provided."));
    }
    ArtifactPath::parse(&request.path)?;
    let root = match given {
        (Some(run_id), _) => run_root(context, permit, &run_id).await?,
        (None, model_id) => logged_model_root(context, permit, &model_id.unwrap_or_default()).await?,
    };
    Err(not_presigned(
        "Presigned upload",
        "proxied artifact storage",
        "a direct cloud storage artifact URI",
        &root.uri,
    ))
}

async fn download_url(caller: Caller, request: wire::CreatePresignedDownloadUrl) -> Answer<Empty> {
    ArtifactPath::parse(&request.path)?;
    let expiration = request.expiration.unwrap_or(EXPIRATION_SECONDS_MAX);
    if !(1..=EXPIRATION_SECONDS_MAX).contains(&expiration) {
        return Err(ApiError::invalid(format!(
            "expiration must be between 1 and {EXPIRATION_SECONDS_MAX} seconds (got {expiration})."
        )));
    }
    let root = run_root(&caller.context, &caller.permit, &request.run_id).await?;
    let (kept, needed) =
        ("runs with proxied artifact storage", "a run with a direct cloud storage artifact URI");
    Err(not_presigned("Presigned download", kept, needed, &root.uri))
}

/// Why there is no address: MLflow's words for a store behind the server, and for one without such addresses.
fn not_presigned(what: &str, kept: &str, needed: &str, uri: &str) -> ApiError {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    if !["http", "https", "mlflow-artifacts"].contains(&scheme) {
        return not_implemented(&format!("{what} is not supported for the current artifact repository"));
    }
    ApiError::invalid(format!(
        "{what} is not supported for {kept} (artifact URI scheme: {scheme}). This endpoint requires {needed}."
    ))
}

fn not_implemented(message: &str) -> ApiError {
    ApiError::new(ErrorCode::NotImplemented, message)
}
