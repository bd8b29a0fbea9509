//! A file is opened for reading, all of it or a part.

use std::ops::Range;

use tiltyard_blobs::{Blob, BlobError, BlobKey, ByteStream};
use tiltyard_domain::Permit;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_store::StoredFile;

use super::failed;
use super::place::Place;
use crate::limits::OPEN_ATTEMPTS_MAX;
use crate::{Context, Error};

/// A file that is being read.
pub struct OpenFile {
    /// How long the whole file is.
    pub size_bytes: u64,
    /// What tells its bytes from others: their digest, where the server keeps them itself.
    pub tag: String,
    /// The bytes that were asked for.
    pub bytes: ByteStream,
}

/// Opens a file. `part` is told its size and tag and says which part is wanted, if not all.
///
/// # Errors
/// `NotFound`; `InvalidValue` when it is a folder; `Unsupported` when this server serves no artifacts.
pub async fn open(
    context: &Context,
    permit: &Permit,
    path: &ArtifactPath,
    part: impl Fn(u64, &str) -> Option<Range<u64>> + Send,
) -> Result<OpenFile, Error> {
    let place = Place::of(path)?;
    for _ in 0..OPEN_ATTEMPTS_MAX {
        let file = context.store().read(permit, |read| place.file(read, path)).await?;
        let tag = file.sha256.to_string();
        let opened = read(context, &file, part(file.size_bytes, &tag)).await?;
        // Between the two the path may have been written again and its old bytes removed, and the key may even have
        // been given anew to other bytes. What was opened is right if the path still refers to it.
        if let Some(blob) = opened
            && context.store().read(permit, |read| place.file(read, path)).await? == file
        {
            return Ok(OpenFile { size_bytes: file.size_bytes, tag, bytes: blob.bytes });
        }
    }
    Err(Error::Broken(format!("the bytes of '{path}' are gone, or change all the time")))
}

async fn read(context: &Context, file: &StoredFile, part: Option<Range<u64>>) -> Result<Option<Blob>, Error> {
    match context.blobs_of(file.store).await?.read(&stored_key(&file.key)?, part).await {
        Ok(blob) if blob.size_bytes == file.size_bytes => Ok(Some(blob)),
        Ok(_) | Err(BlobError::NotFound(_) | BlobError::OutOfRange { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// A key as the metadata holds it.
pub(crate) fn stored_key(text: &str) -> Result<BlobKey, Error> {
    BlobKey::from_stored(text).map_err(|refusal| Error::Broken(format!("the key '{text}': {refusal}")))
}
