//! What every store of bytes offers, whatever it is made of. Nothing in here touches a disk or a network.

use std::any::Any;
use std::ops::Range;
use std::time::SystemTime;
use std::{fmt, io};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tiltyard_domain::digest::Sha256Digest;

use crate::error::{BlobError, PlaceError};
use crate::key::BlobKey;
use crate::upload::{PartNumber, UploadId, UploadedPart};

/// Bytes on their way, in or out.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// What lies in a store, as it is listed.
pub type BlobList<'a> = BoxStream<'a, Result<ListedBlob, BlobError>>;

/// The outcome of something a store does.
pub type Outcome<'a, T> = BoxFuture<'a, Result<T, BlobError>>;

/// A store of bytes under keys. Written once, immutable from then on, until removed.
pub trait BlobStore: Send + Sync {
    /// A text by which the store is known again when it is found at another address, where it has one.
    fn mark(&self) -> Option<&str> {
        None
    }

    /// Takes bytes in, in constant memory, to where nobody sees them. They are on disk when this returns.
    /// Refuses more than `size_bytes_max`. Dropping the outcome, or this call, gives the bytes up.
    fn receive(&self, bytes: ByteStream, size_bytes_max: u64) -> Outcome<'_, Received>;

    /// Gives received bytes their key, unless it is taken. When this returns they are there for good, also
    /// after a power failure. If the call is dropped, the bytes may or may not have got the key.
    fn place<'a>(&'a self, received: Received, key: &'a BlobKey) -> BoxFuture<'a, Result<(), PlaceError>>;

    /// Reads bytes, all or a range, in constant memory. `NotFound` when nothing lies under the key, `OutOfRange` when the
    /// range does not lie within the bytes.
    fn read<'a>(&'a self, key: &'a BlobKey, range: Option<Range<u64>>) -> Outcome<'a, Blob>;

    /// What lies under the key, if anything does.
    fn stat<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, Option<BlobStat>>;

    /// Removes what lies under the key; says whether anything did. Whoever is reading it reads on.
    fn remove<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, bool>;

    /// Everything that lies under keys inside a folder (all folders when it is empty) and behind the key `after`, in the
    /// order of the keys' bytes. What comes or goes meanwhile may be in it or not. Only bytes under keys are listed: not
    /// those on their way, and not what others put there under names that are no keys.
    fn list<'a>(&'a self, folder: &str, after: &str) -> BlobList<'a>;

    /// Opens a multipart upload. `fresh` is a random number from the caller's source of ids. When too many are open, the
    /// oldest of those without any part is given up for it.
    fn start_upload(&self, fresh: u128) -> Outcome<'_, UploadId>;

    /// Takes one part in, in any order. A part sent again replaces the earlier one.
    fn receive_part(
        &self,
        upload: UploadId,
        number: PartNumber,
        bytes: ByteStream,
        size_bytes_max: u64,
    ) -> Outcome<'_, UploadedPart>;

    /// Joins the parts 1 to n, whatever their order in the list, and hashes the whole. The list has to name
    /// every part that was uploaded, with its digest. The upload stays open, so that a client which lost the
    /// answer may ask again: abort it once the outcome is placed.
    fn complete<'a>(
        &'a self,
        upload: UploadId,
        parts: &'a [UploadedPart],
        size_bytes_max: u64,
    ) -> Outcome<'a, Received>;

    /// Closes an upload and gives its parts up.
    fn abort(&self, upload: UploadId) -> Outcome<'_, ()>;

    /// Aborts every upload that got no part since; says how many.
    fn sweep_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize>;
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBlob {
    /// Where the bytes lie.
    pub key: BlobKey,
    /// How many there are.
    pub size_bytes: u64,
    /// When they were written, by the store's own clock.
    pub modified: SystemTime,
}

/// What is known of bytes without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobStat {
    /// How many there are.
    pub size_bytes: u64,
}

/// Bytes being read.
pub struct Blob {
    /// How many lie under the key, whatever range was asked for.
    pub size_bytes: u64,
    /// The bytes asked for. An error in here means that the store failed, or was tampered with, half-way.
    pub bytes: ByteStream,
}

impl fmt::Debug for Blob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Blob").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

/// Bytes that were taken in and have no key yet. Dropping this gives them up.
pub struct Received {
    size_bytes: u64,
    sha256: Sha256Digest,
    staged: Box<dyn Any + Send + Sync>,
}

impl Received {
    /// `staged` is the store's own hold on the bytes; dropping it has to give them up.
    pub(crate) fn new(size_bytes: u64, sha256: Sha256Digest, staged: impl Any + Send + Sync) -> Self {
        Self { size_bytes, sha256, staged: Box::new(staged) }
    }

    /// How many bytes came.
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Their digest.
    pub const fn sha256(&self) -> Sha256Digest {
        self.sha256
    }

    /// The store's hold, if the bytes were received by a store of that kind.
    pub(crate) fn staged<Staged: Any>(&self) -> Option<&Staged> {
        self.staged.downcast_ref()
    }

    /// As [`Received::staged`], for keeps.
    pub(crate) fn into_staged<Staged: Any>(self) -> Option<Box<Staged>> {
        self.staged.downcast().ok()
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Received");
        shown.field("size_bytes", &self.size_bytes).field("sha256", &self.sha256).finish_non_exhaustive()
    }
}
