//! A large file comes in parts, in any order and several at once, and is joined at the end.

use std::time::{Duration, UNIX_EPOCH};

use tiltyard_blobs::{BlobError, BlobStore, ByteStream, PartNumber, UploadId, UploadedPart};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::{Permit, limits};

use super::failed;
use super::write::{check_writable, settle};
use crate::limits::{UPLOAD_PATIENCE, UPLOAD_PATIENCE_WHEN_FULL};
use crate::{Context, Error};

/// Opens an upload of a file and gives its id.
///
/// # Errors
/// `InvalidValue` when the path cannot hold a file; `Busy` when too many uploads are under way; `Unsupported` when this server
/// serves no artifacts.
pub async fn start_upload(context: &Context, permit: &Permit, path: &ArtifactPath) -> Result<String, Error> {
    check_writable(context, permit, path).await?;
    let (_, blobs) = context.blobs_for_new()?;
    let blobs = blobs.as_ref();
    let upload = match open(context, blobs, UPLOAD_PATIENCE).await {
        Err(BlobError::TooManyUploads(_)) => open(context, blobs, UPLOAD_PATIENCE_WHEN_FULL).await,
        outcome => outcome,
    };
    Ok(upload.map_err(failed)?.to_string())
}

/// Opens an upload, once those are given up that lay untouched for longer than that.
async fn open(context: &Context, blobs: &dyn BlobStore, patience: Duration) -> Result<UploadId, BlobError> {
    let now = Duration::from_millis(u64::try_from(context.now().0).unwrap_or(0));
    blobs.sweep_uploads(UNIX_EPOCH + now.saturating_sub(patience)).await?;
    blobs.start_upload(context.fresh_number()).await
}

/// Takes one part in and gives its digest, which completing the upload asks for.
///
/// # Errors
/// `NotFound` when no such upload is open; `InvalidValue` for a wrong number; `Malformed` when the bytes broke off.
pub async fn receive_part(
    context: &Context,
    upload: &str,
    number: i64,
    bytes: ByteStream,
) -> Result<Sha256Digest, Error> {
    let (upload, number): (UploadId, _) = (upload.parse()?, PartNumber::new(number)?);
    let receiving =
        context.blobs_for_new()?.1.receive_part(upload, number, bytes, limits::ARTIFACT_PART_BYTES_MAX);
    Ok(receiving.await.map_err(failed)?.sha256)
}

/// Joins the parts of an upload, by their numbers and digests, to a file.
///
/// # Errors
/// `NotFound` when no such upload is open; `InvalidValue` when the parts are not those that were sent, or the path cannot
/// hold a file.
pub async fn complete_upload(
    context: &Context,
    permit: &Permit,
    path: ArtifactPath,
    upload: &str,
    parts: &[(i64, Sha256Digest)],
) -> Result<(), Error> {
    check_writable(context, permit, &path).await?;
    let upload: UploadId = upload.parse()?;
    let part = |(number, sha256): &(i64, Sha256Digest)| {
        Ok(UploadedPart { number: PartNumber::new(*number)?, sha256: *sha256 })
    };
    let parts: Vec<UploadedPart> = parts.iter().map(part).collect::<Result<_, Error>>()?;
    let received = context.blobs_for_new()?.1.complete(upload, &parts, limits::ARTIFACT_BYTES_MAX);
    settle(context, permit, path, received.await.map_err(failed)?).await?;
    close(context, upload).await
}

/// Gives an upload up.
///
/// # Errors
/// `NotFound` when no such upload is open.
pub async fn abort_upload(context: &Context, upload: &str) -> Result<(), Error> {
    close(context, upload.parse()?).await
}

async fn close(context: &Context, upload: UploadId) -> Result<(), Error> {
    context.blobs_for_new()?.1.abort(upload).await.map_err(failed)
}
