//! Multipart uploads of clients, their parts sent on to the store as they are. Nothing of one is in this process between two
//! calls: its bytes come to lie under the minted key of its number, and the ledger knows its name over there.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use object_store::Error;
use object_store::multipart::PartId;
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;

use super::Inner;
use super::address::CloudKind;
use super::fault::failed;
use super::ledger::OpenUpload;
use super::parts::Incoming;
use super::placing::delete;
use super::reading::{read, stat};
use super::receiving::{Staged, open};
use crate::digest::sha256_of;
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::limits::{FORWARDED_PART_SIZE_BYTES_MAX, JOINING_PATIENCE, OPEN_UPLOADS_MAX, SWEPT_AT_ONCE_MAX};
use crate::store::{ByteStream, Received};
use crate::upload::{PartNumber, PartTag, UploadId, UploadedPart, in_order};

/// What stores say of a list of parts that they cannot join.
const WRONG_PARTS: [&str; 5] =
    ["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidBlockList", "InvalidBlockId"];

pub(super) async fn start(store: &Arc<Inner>, upload: UploadId) -> Result<UploadId, BlobError> {
    if store.ledger.count().await? >= OPEN_UPLOADS_MAX {
        return Err(BlobError::TooManyUploads(OPEN_UPLOADS_MAX));
    }
    let (opened, leftover) = open(store, upload).await?;
    leftover.keep();
    Ok(opened.id)
}

pub(super) async fn receive_part(
    store: &Arc<Inner>,
    upload: UploadId,
    number: PartNumber,
    bytes: ByteStream,
    size_bytes_max: u64,
) -> Result<UploadedPart, BlobError> {
    let opened = find(store, upload, Duration::ZERO).await?;
    if opened.joining.is_some() {
        return Err(BlobError::UnknownUpload(upload));
    }
    let size_bytes_max = size_bytes_max.min(FORWARDED_PART_SIZE_BYTES_MAX);
    let size = usize::try_from(size_bytes_max).unwrap_or(usize::MAX);
    let mut incoming = Incoming::new(bytes, size_bytes_max);
    // Whoever has sent nothing yet keeps nobody waiting.
    incoming.begin().await?;
    let turn = store.memory.turn(size).await?;
    let part = incoming.next_part(size, &turn).await?;
    let path = store.path(&key_of(upload))?;
    let index = usize::from(number.get()) - 1;
    let sent = store.remote.put_part(&path, &opened.remote, index, part.payload).await;
    drop(turn);
    let sent = sent.map_err(|error| match error {
        error if is_absent(&error) => BlobError::UnknownUpload(upload),
        error => failed("sending a part to the artifact store")(error),
    })?;
    Ok(UploadedPart { number, tag: PartTag::new(sent.content_id.trim_matches('"')) })
}

pub(super) async fn complete(
    store: &Arc<Inner>,
    upload: UploadId,
    parts: &[UploadedPart],
    size_bytes_max: u64,
) -> Result<Received, BlobError> {
    let opened = find(store, upload, JOINING_PATIENCE).await?;
    let (key, parts) = (key_of(upload), in_order(parts)?);
    let list = name_of(&parts);
    // A store may join other parts to the same key as often as it is told to; then what is read back here would not be what is
    // recorded.
    if !store.ledger.begin_joining(upload, list.clone()).await? {
        find(store, upload, Duration::ZERO).await?;
        return Err(BlobError::WrongParts("the upload is being joined from another list".to_owned()));
    }
    let joined = join(store, &opened, &key, &parts).await;
    if let Err(BlobError::WrongParts(_)) = &joined {
        store.ledger.end_joining(upload, list).await?;
    }
    joined?;
    let (size_bytes, sha256) = hash(store, &key, size_bytes_max).await?;
    // Whoever closes the upload in the ledger has the bytes: the one who records them, or one who gives the upload up.
    Ok(Received::new(size_bytes, sha256, Staged::Claimed { key }).claimed_by(upload))
}

/// A name that no other list of parts has.
fn name_of(parts: &[UploadedPart]) -> String {
    let hashing = parts.iter().fold(Sha256::new(), |hasher, part| {
        hasher.chain_update(format!("{} {}\n", part.number, part.tag).as_bytes())
    });
    Sha256Digest::from_bytes(hashing.finalize().into()).to_string()
}

/// Lets the store join the parts, unless it has done so for a call before this one.
async fn join(
    store: &Arc<Inner>,
    opened: &OpenUpload,
    key: &BlobKey,
    parts: &[UploadedPart],
) -> Result<(), BlobError> {
    let named = |part: &UploadedPart| PartId { content_id: store.address.kind().name_of_part(&part.tag) };
    let parts = parts.iter().map(named).collect();
    let Err(error) = store.remote.complete_multipart(&store.path(key)?, &opened.remote, parts).await else {
        return Ok(());
    };
    let text = error.to_string();
    let says = |code: &str| text.contains(&format!("<Code>{code}</Code>"));
    let wrong = WRONG_PARTS.iter().find(|code| says(code));
    if !is_absent(&error) && !says("NoSuchUpload") && wrong.is_none() {
        return Err(failed("joining parts")(error));
    }
    // Parts that were joined are parts no longer, whatever the store calls that.
    match (stat(store, key).await?, wrong) {
        (Some(_), _) => Ok(()),
        (None, Some(code)) => Err(BlobError::WrongParts(format!("the artifact store says {code}"))),
        (None, None) => Err(BlobError::UnknownUpload(opened.id)),
    }
}

/// Reads the bytes back once: no store tells a digest of the whole that anybody else could check.
async fn hash(
    store: &Arc<Inner>,
    key: &BlobKey,
    size_bytes_max: u64,
) -> Result<(u64, Sha256Digest), BlobError> {
    let blob = read(store, key, None).await?;
    if blob.size_bytes > size_bytes_max {
        return Err(BlobError::TooLarge { size_bytes_max });
    }
    let sha256 = sha256_of(blob.bytes).await.map_err(BlobError::io("reading what was joined"))?;
    Ok((blob.size_bytes, sha256))
}

pub(super) async fn abort(store: &Arc<Inner>, upload: UploadId) -> Result<(), BlobError> {
    let opened = find(store, upload, Duration::ZERO).await?;
    if give_up(store, opened).await? { Ok(()) } else { Err(BlobError::UnknownUpload(upload)) }
}

pub(super) async fn sweep(store: &Arc<Inner>, untouched_since: SystemTime) -> Result<usize, BlobError> {
    let mut swept = 0;
    loop {
        let old = store.ledger.untouched(untouched_since, SWEPT_AT_ONCE_MAX).await?;
        let is_last = old.len() < SWEPT_AT_ONCE_MAX;
        for upload in old {
            swept += usize::from(give_up(store, upload).await?);
        }
        if is_last {
            return Ok(swept);
        }
    }
}

/// Closes an upload and takes its bytes away; says whether it was open. Closing comes first, so that nobody records bytes that
/// are being taken away.
async fn give_up(store: &Arc<Inner>, upload: OpenUpload) -> Result<bool, BlobError> {
    if !store.ledger.close(upload.id).await? {
        return Ok(false);
    }
    match discard(store, &upload).await {
        Ok(()) => Ok(true),
        Err(error) => {
            // For the next sweep to try again. Should that fail too, the store's own rule for old uploads is the last resort.
            drop(store.ledger.open(upload).await);
            Err(error)
        }
    }
}

/// Takes away the parts of an upload, and what they were joined to.
pub(super) async fn discard(store: &Arc<Inner>, upload: &OpenUpload) -> Result<(), BlobError> {
    let key = key_of(upload.id);
    match store.remote.abort_multipart(&store.path(&key)?, &upload.remote).await {
        Ok(()) => {}
        Err(error) if is_absent(&error) => {}
        Err(error) => return Err(failed("giving an upload up")(error)),
    }
    delete(store, &key).await
}

/// An open upload, which goes on for so long at least.
pub(super) async fn find(
    store: &Arc<Inner>,
    upload: UploadId,
    goes_on_for: Duration,
) -> Result<OpenUpload, BlobError> {
    store.ledger.touch(upload, goes_on_for).await?.ok_or(BlobError::UnknownUpload(upload))
}

pub(super) fn key_of(upload: UploadId) -> BlobKey {
    BlobKey::minted(upload.number())
}

/// Whether an error says that nothing lies there.
pub(crate) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. })
}

impl CloudKind {
    /// What the store itself calls a part.
    fn name_of_part(self, tag: &PartTag) -> String {
        match self {
            Self::S3 | Self::Google => format!("\"{tag}\""),
            Self::Azure => tag.to_string(),
        }
    }
}
