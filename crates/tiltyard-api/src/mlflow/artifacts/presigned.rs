//! Presigned addresses: where a client reaches an object store by itself, for a while. A store on the server's own disk has
//! none, and says so in the words by which MLflow's clients know to go through the server.
//!
//! Clients that are told that the server hands out addresses take a file without one for a failure. So a file that lies where it
//! has none, since bytes were kept elsewhere before, gets the server's own address.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_registry::artifacts::{Fetch, fetch_address, logged_model_root, run_root};
use tiltyard_wire::mlflow::ErrorCode;
use tiltyard_wire::mlflow::artifacts as wire;

use crate::answer::{Answer, json};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::files::{attachment, content_type};
use crate::incoming;
use crate::limits::{CREATE_ADDRESS_PATIENCE, EXPIRATION_SECONDS_MAX, FETCH_ADDRESS_PATIENCE};
use crate::mlflow::artifacts::uploads::address;
use crate::mlflow::convert::said;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// What stands in front of the path of a file whose address is asked for.
const PRESIGNED: &str = "/mlflow-artifacts/presigned/";

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

async fn presigned(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let path = incoming::path(&request)?;
    let disposition = attachment(path.file_name());
    let (context, permit) = (&caller.context, &caller.permit);
    let (url, file_size) =
        match fetch_address(context, permit, &path, &disposition, FETCH_ADDRESS_PATIENCE).await? {
            Some(Fetch::At(address)) => (address.url, i64::try_from(address.size_bytes).ok()),
            // Without a size, MLflow's clients fetch the file as they do without addresses.
            Some(Fetch::ThroughServer) => (own_address(&request)?, None),
            None => {
                let message = "Multipart download is not supported for the current artifact repository";
                return Err(not_implemented(message));
            }
        };
    Ok(json(&wire::PresignedAddress { url, headers: BTreeMap::new(), file_size }))
}

/// Where the file that the request names is fetched through this server, as the client sees it.
fn own_address(request: &Request) -> Result<String, ApiError> {
    let (_, path) = request.uri().path().split_once(PRESIGNED).unwrap_or_default();
    let below = format!("{}/mlflow-artifacts/artifacts/{path}", Mount::V2.prefixes()[0]);
    address(request, &below)
}

async fn upload_url(
    caller: Caller,
    request: wire::CreatePresignedUploadUrl,
) -> Answer<wire::CreatePresignedUploadUrlResponse> {
    let (context, permit) = (&caller.context, &caller.permit);
    let given = (said(request.run_id), said(request.model_id));
    if given.0.is_some() == given.1.is_some() {
        return Err(ApiError::invalid("Exactly one of run_id and model_id must be provided."));
    }
    let path = ArtifactPath::parse(&request.path)?;
    let good_for = good_for(request.expiration, CREATE_ADDRESS_PATIENCE)?;
    let root = match given {
        (Some(run_id), _) => run_root(context, permit, &run_id).await?,
        (None, model_id) => logged_model_root(context, permit, &model_id.unwrap_or_default()).await?,
    };
    let address = root.create_address(context, &path, content_type(path.file_name()), good_for).await?;
    let Some(address) = address else {
        let (kept, needed) = ("proxied artifact storage", "a direct cloud storage artifact URI");
        return Err(not_presigned("Presigned upload", kept, needed, &root.uri));
    };
    let headers = address.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(wire::CreatePresignedUploadUrlResponse { presigned_url: address.url, headers })
}

async fn download_url(
    caller: Caller,
    request: wire::CreatePresignedDownloadUrl,
) -> Answer<wire::CreatePresignedDownloadUrlResponse> {
    let path = ArtifactPath::parse(&request.path)?;
    let good_for = good_for(request.expiration, FETCH_ADDRESS_PATIENCE)?;
    let root = run_root(&caller.context, &caller.permit, &request.run_id).await?;
    let disposition = attachment(path.file_name());
    let Some(address) = root.fetch_address(&caller.context, &path, &disposition, good_for).await? else {
        let (kept, needed) =
            ("runs with proxied artifact storage", "a run with a direct cloud storage artifact URI");
        return Err(not_presigned("Presigned download", kept, needed, &root.uri));
    };
    Ok(wire::CreatePresignedDownloadUrlResponse {
        presigned_url: address.url,
        file_size: i64::try_from(address.size_bytes).ok(),
    })
}

/// How long an address is to be good.
fn good_for(expiration: Option<i64>, otherwise: Duration) -> Result<Duration, ApiError> {
    let Some(seconds) = expiration else { return Ok(otherwise) };
    match u64::try_from(seconds) {
        Ok(seconds @ 1..=EXPIRATION_SECONDS_MAX) => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::invalid(format!(
            "expiration must be between 1 and {EXPIRATION_SECONDS_MAX} seconds (got {seconds})."
        ))),
    }
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
