//! `mlflow-artifacts/mpu/…`: a file in parts. The client is told an address for each part, of the object store or of this
//! server, and sends the parts there with nothing but their bytes; the tag that each is answered with proves what arrived.

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::limits;
use tiltyard_registry::artifacts::{self, PART_NUMBER_MAX, PartNumber, PartTag};
use tiltyard_wire::mlflow::artifacts as wire;
use tiltyard_wire::mlflow::{Empty, FromMessage};

use crate::answer::json;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::forwarded::Seen;
use crate::incoming;
use crate::late::late;
use crate::limits::PART_ADDRESS_PATIENCE;
use crate::rpc::{Handler, read_message};
use crate::table::{Access, Mount, Route};

/// Where parts are sent to, below the prefix of Tiltyard's own API.
const PARTS: &str = "/uploads/{upload_id}/{part_number}";

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |mount, method, path, handler| {
        Route::new(mount, method, path, Access::WriteArtifacts, handler).of_the_artifact_store()
    };
    let post = |path, handler| row(Mount::V2, Method::POST, path, handler);
    vec![
        post("/mlflow-artifacts/mpu/create/{*artifact_path}", Handler::raw(create)),
        post("/mlflow-artifacts/mpu/complete/{*artifact_path}", Handler::raw(complete)),
        post("/mlflow-artifacts/mpu/abort/{*artifact_path}", Handler::raw(abort)),
        row(Mount::Own, Method::PUT, PARTS, Handler::raw(part)),
    ]
}

async fn create(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let root = address(&request, Mount::Own.prefixes()[0])?;
    let (folder, message) = read::<wire::CreateMultipartUpload>(request).await?;
    let count = message.num_parts.unwrap_or_default();
    let parts = PartNumber::new(count).map_err(|_| {
        ApiError::invalid(format!("num_parts must be between 1 and {PART_NUMBER_MAX} (got {count})."))
    })?;
    let path = file(&folder, &message.path)?;
    let (context, permit) = (&caller.context, &caller.permit);
    let upload = artifacts::start_upload(context, permit, &path, parts, PART_ADDRESS_PATIENCE).await?;
    let addresses = match upload.addresses {
        Some(addresses) => addresses,
        None => own_addresses(&root, &upload.id, parts),
    };
    let credential =
        |(part_number, url)| wire::MultipartUploadCredential { url, part_number, headers: BTreeMap::new() };
    let credentials = (1..).zip(addresses).map(credential).collect();
    Ok(json(&wire::CreateMultipartUploadResponse { upload_id: Some(upload.id), credentials }))
}

/// Where the parts are sent when they come to this server.
fn own_addresses(root: &str, upload: &str, parts: PartNumber) -> Vec<String> {
    (1..=parts.get()).map(|number| format!("{root}/uploads/{upload}/{number}")).collect()
}

async fn complete(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let (folder, message) = read::<wire::CompleteMultipartUpload>(request).await?;
    let path = file(&folder, &message.path)?;
    let parts: Vec<(i64, PartTag)> = message.parts.iter().map(named_part).collect::<Result<_, _>>()?;
    let upload = given(message.upload_id)?;
    let completing = async move {
        let (context, permit) = (&caller.context, &caller.permit);
        Ok(artifacts::complete_upload(context, permit, path, &upload, &parts).await?)
    };
    late(completing.boxed()).await
}

async fn abort(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let (folder, message) = read::<wire::AbortMultipartUpload>(request).await?;
    file(&folder, &message.path)?;
    artifacts::abort_upload(&caller.context, &given(message.upload_id)?).await?;
    Ok(json(&Empty {}))
}

async fn part(caller: Caller, request: Request) -> Result<Response, ApiError> {
    let (upload, request) = incoming::parameter(request, "upload_id").await?;
    let (number, request) = incoming::parameter(request, "part_number").await?;
    let number = number.parse().map_err(|_| ApiError::invalid(format!("'{number}' is no part number.")))?;
    let size_bytes_max = incoming::length(&request).unwrap_or(limits::ARTIFACT_PART_BYTES_MAX);
    let bytes = incoming::bytes(request.into_body());
    let tag = artifacts::receive_part(&caller.context, &upload, number, bytes, size_bytes_max).await?;
    Ok((StatusCode::OK, [(header::ETAG, format!("\"{tag}\""))]).into_response())
}

async fn read<Q: FromMessage>(request: Request) -> Result<(ArtifactPath, Q), ApiError> {
    let folder = incoming::path(&request)?;
    Ok((folder, read_message(request).await?))
}

/// The file in the folder. Clients send the path that it has on their own disk; its last name counts.
fn file(folder: &ArtifactPath, path: &str) -> Result<ArtifactPath, ApiError> {
    let name = path.rsplit('/').next().unwrap_or_default();
    Ok(folder.join(&ArtifactPath::parse(name)?)?)
}

fn named_part(part: &wire::MultipartUploadPart) -> Result<(i64, PartTag), ApiError> {
    Ok((part.part_number.unwrap_or_default(), part.etag.trim_matches('"').parse()?))
}

fn given(upload_id: Option<String>) -> Result<String, ApiError> {
    upload_id.ok_or_else(|| ApiError::invalid("Missing value for required parameter 'upload_id'."))
}

/// Where something of ours is, as the client sees it.
pub(super) fn address(request: &Request, path: &str) -> Result<String, ApiError> {
    let seen = request.extensions().get::<Seen>();
    let address = seen.and_then(|seen| seen.address(request.headers(), path));
    address.ok_or_else(|| ApiError::invalid("There is no Host header."))
}
