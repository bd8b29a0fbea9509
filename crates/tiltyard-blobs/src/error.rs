//! What can go wrong with bytes. Which of it a caller may see, and as which status, is decided in the API.

use std::io;

use crate::key::BlobKey;
use crate::store::Received;
use crate::upload::UploadId;

/// Why bytes could not be taken in, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Nothing lies under the key.
    #[error("there are no bytes under the key '{0}'")]
    NotFound(BlobKey),
    /// A folder, with its files, is left out of a list.
    #[error("the folder '{folder}' cannot be read: {source}")]
    Unreadable {
        /// Its path in the store.
        folder: String,
        /// What the system said.
        source: io::Error,
    },
    /// The stream went on beyond the caller's bound; what had come is gone.
    #[error("the incoming bytes exceed the limit of {size_bytes_max} bytes")]
    TooLarge {
        /// The bound.
        size_bytes_max: u64,
    },
    /// The stream ended in an error; what had come is gone.
    #[error("the incoming bytes broke off: {0}")]
    Interrupted(#[source] io::Error),
    /// A range was asked for that does not lie within the bytes.
    #[error("the range asked for does not lie within the {size_bytes} bytes that are there")]
    OutOfRange {
        /// How many bytes there are.
        size_bytes: u64,
    },
    /// No multipart upload of this id is open.
    #[error("no upload '{0}' is open: it was completed, aborted or given up for its age")]
    UnknownUpload(UploadId),
    /// As many multipart uploads are open as may be, and all of them have parts.
    #[error("{0} uploads have sent parts and are not complete, which is the limit")]
    TooManyUploads(usize),
    /// The parts named do not make up what was uploaded.
    #[error("the list of parts is wrong: {0}")]
    WrongParts(String),
    /// So much is on its way into the store that no memory is left for more.
    #[error("too much is on its way into the artifact store at once")]
    Busy,
    /// The store cannot be reached now, or fails; the same may work later.
    #[error("{doing} failed: {said}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What is known of the failure; for the log, not for callers.
        said: String,
    },
    /// The store itself failed.
    #[error("{doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl BlobError {
    /// For `map_err`: names what was being done when the system failed.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// Why received bytes did not get the key.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The key is taken, or a file stands where it needs a folder. The bytes come back for another key.
    #[error("the key is taken; what lies under a key is never changed")]
    Taken(Received),
    /// The store itself failed; the bytes are gone.
    #[error(transparent)]
    Failed(#[from] BlobError),
}
