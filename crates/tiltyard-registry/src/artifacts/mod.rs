//! Artifacts in the server's own store: write, read, list, delete, and the roots of what owns them.
//!
//! A path refers to a key, and the bytes under a key never change: a path that is written again gets another key, in one
//! transaction, once the new bytes are safe on disk. So a reader sees the old bytes or the new ones, a version can pin what
//! a path refers to without copying a byte, and a crash leaves at worst a file that nothing refers to.

mod delete;
mod direct;
mod ledger;
mod list;
mod manifest;
mod mlmodel;
mod observed;
mod observing;
mod open;
mod pin;
mod place;
mod roots;
mod unpin;
mod uploads;
mod write;

pub use delete::delete;
pub(crate) use delete::forget_below;
pub use direct::{Fetch, FetchAddress, direct_access, fetch_address};
pub use ledger::upload_ledger;
pub use list::{Entry, list};
pub use manifest::{ManifestPage, manifest_page};
pub use mlmodel::{Signature, signature};
pub use observing::Checked;
pub(crate) use observing::{check, look, next_to_look_at};
pub(crate) use open::stored_key;
pub use open::{OpenFile, open};
pub(crate) use pin::{Origin, Pinning, prepare};
pub(crate) use roots::pinned_uri;
pub use roots::{Root, logged_model_root, run_root, version_root};
pub use tiltyard_blobs::limits::PART_NUMBER_MAX;
pub use tiltyard_blobs::{ByteStream, PartNumber, PartTag};
pub use tiltyard_store::Observation;
pub(crate) use unpin::{unpin, unpin_one};
pub(crate) use uploads::sweep_uploads;
pub use uploads::{StartedUpload, abort_upload, complete_upload, receive_part, start_upload};
pub(crate) use write::place;
pub use write::write;

use std::io;

use tiltyard_blobs::BlobError;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::{Refusal, RefusalKind};

use crate::Error;
use crate::limits::UPLOAD_PATIENCE_WHEN_FULL;

/// A folder of a tree; `None` is the whole tree.
pub type Folder = Option<ArtifactPath>;

/// What became of bytes, for the caller where it is theirs to know.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn failed(error: BlobError) -> Error {
    let kind = match &error {
        BlobError::TooLarge { .. } | BlobError::WrongParts(_) => RefusalKind::InvalidValue,
        BlobError::Interrupted(_) => RefusalKind::Malformed,
        BlobError::UnknownUpload(_) => RefusalKind::NotFound,
        BlobError::TooManyUploads(_) => return too_many_uploads(&error),
        BlobError::Busy => RefusalKind::Busy,
        BlobError::Unavailable { .. } => return unavailable(&error),
        BlobError::Io { source, .. } if is_full(source) => return Error::Full(error.to_string()),
        BlobError::NotFound(_)
        | BlobError::OutOfRange { .. }
        | BlobError::Unreadable { .. }
        | BlobError::Io { .. } => {
            return Error::Broken(error.to_string());
        }
    };
    Refusal::new(kind, error.to_string()).into()
}

/// Whether a disk, or what a user may take of it, is used up.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn too_many_uploads(error: &BlobError) -> Error {
    let minutes = UPLOAD_PATIENCE_WHEN_FULL.as_secs() / 60;
    let message = format!(
        "{error}. Try again later: an upload that gets no part for {minutes} minutes makes room, once the addresses that were \
         handed out for its parts have ended."
    );
    Refusal::new(RefusalKind::Busy, message).into()
}

/// What a cloud says is for the log; callers are told what they can do.
fn unavailable(failure: &BlobError) -> Error {
    tracing::warn!(%failure, "the artifact store cannot be used");
    let message = "The artifact store cannot be reached at the moment. Nothing was changed; try again later.";
    Refusal::new(RefusalKind::Busy, message).into()
}

fn no_artifact(path: &ArtifactPath) -> Error {
    Error::not_found(format!("No such artifact: '{path}'"))
}
