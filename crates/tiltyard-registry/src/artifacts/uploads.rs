//! A large file comes in parts, in any order and several at once, and is joined at the end.

use std::time::{Duration, UNIX_EPOCH};

use tiltyard_blobs::{BlobError, BlobStore, ByteStream, PartNumber, PartTag, UploadId, UploadedPart};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::{Permit, limits};

use super::failed;
use super::write::{check_writable, settle};
use crate::limits::{UPLOAD_PATIENCE, UPLOAD_PATIENCE_WHEN_FULL};
use crate::{Context, Error};

/// An upload that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedUpload {
    /// Its id.
    pub id: String,
    /// Where the client sends each part straight to the store; nothing where the parts come to this server.
    pub addresses: Option<Vec<String>>,
}

/// Opens an upload of a file in so many parts.
///
/// # Errors
/// `InvalidValue` when the path cannot hold a file; `Busy` when too many uploads are under way; `Unsupported` when this server
/// serves no artifacts.
pub async fn start_upload(
    context: &Context,
    permit: &Permit,
    path: &ArtifactPath,
    parts: PartNumber,
    good_for: Duration,
) -> Result<StartedUpload, Error> {
    check_writable(context, permit, path).await?;
    let (_, blobs) = context.blobs_for_new()?;
    let blobs = blobs.as_ref();
    let upload = match open(context, blobs, UPLOAD_PATIENCE).await {
        Err(BlobError::TooManyUploads(_)) => open(context, blobs, UPLOAD_PATIENCE_WHEN_FULL).await,
        outcome => outcome,
    };
    let upload = upload.map_err(failed)?;
    let addresses = blobs.part_addresses(upload, parts.get(), good_for).await.map_err(failed)?;
    Ok(StartedUpload { id: upload.to_string(), addresses })
}

/// Gives up the uploads to any place that lay untouched for a day; says how many. Opening one does that too, in its place.
///
/// # Errors
/// `Unsupported` when this server serves no artifacts; what the metadata store said.
pub(crate) async fn sweep_uploads(context: &Context) -> Result<usize, Error> {
    let mut given_up = 0;
    for blobs in context.open_places().await? {
        match sweep(context, blobs.as_ref(), UPLOAD_PATIENCE).await {
            Ok(more) => given_up += more,
            Err(failure) => tracing::warn!(%failure, "abandoned uploads could not be given up in one place"),
        }
    }
    Ok(given_up)
}

async fn sweep(context: &Context, blobs: &dyn BlobStore, patience: Duration) -> Result<usize, BlobError> {
    let now = Duration::from_millis(u64::try_from(context.now().0).unwrap_or(0));
    blobs.sweep_uploads(UNIX_EPOCH + now.saturating_sub(patience)).await
}

/// Opens an upload, once those are given up that lay untouched for longer than that.
async fn open(context: &Context, blobs: &dyn BlobStore, patience: Duration) -> Result<UploadId, BlobError> {
    sweep(context, blobs, patience).await?;
    blobs.start_upload(context.fresh_number()).await
}

/// Takes one part in and gives its tag, which completing the upload asks for. `size_bytes_max` is to be how many bytes will
/// come, where that is known.
///
/// # Errors
/// `NotFound` when no such upload is open; `InvalidValue` for a wrong number; `Malformed` when the bytes broke off.
pub async fn receive_part(
    context: &Context,
    upload: &str,
    number: i64,
    bytes: ByteStream,
    size_bytes_max: u64,
) -> Result<PartTag, Error> {
    let (upload, number): (UploadId, _) = (upload.parse()?, PartNumber::new(number)?);
    let size_bytes_max = size_bytes_max.min(limits::ARTIFACT_PART_BYTES_MAX);
    let receiving = context.blobs_for_new()?.1.receive_part(upload, number, bytes, size_bytes_max);
    Ok(receiving.await.map_err(failed)?.tag)
}

/// Joins the parts of an upload, by their numbers and tags, to a file.
///
/// # Errors
/// `NotFound` when no such upload is open; `InvalidValue` when the parts are not those that were sent, or the path cannot
/// hold a file.
pub async fn complete_upload(
    context: &Context,
    permit: &Permit,
    path: ArtifactPath,
    upload: &str,
    parts: &[(i64, PartTag)],
) -> Result<(), Error> {
    check_writable(context, permit, &path).await?;
    let upload: UploadId = upload.parse()?;
    let part = |(number, tag): &(i64, PartTag)| {
        Ok(UploadedPart { number: PartNumber::new(*number)?, tag: tag.clone() })
    };
    let parts: Vec<UploadedPart> = parts.iter().map(part).collect::<Result<_, Error>>()?;
    let received = context.blobs_for_new()?.1.complete(upload, &parts, limits::ARTIFACT_BYTES_MAX);
    let received = received.await.map_err(failed)?;
    // Where the upload is in the ledger, recording the bytes closes it.
    let is_closed = received.claim().is_some();
    settle(context, permit, path, received).await?;
    if is_closed { Ok(()) } else { close(context, upload).await }
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
