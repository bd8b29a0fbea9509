//! What every store of bytes offers, whatever it is made of. Nothing in here touches a disk or a network.
//!
//! Where a call takes `fresh`, that is a random number from the caller's source of ids, never given before.

use std::any::Any;
use std::ops::Range;
use std::time::{Duration, SystemTime};
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
    /// Takes bytes in, in constant memory, to where nobody sees them. Refuses more than `size_bytes_max`, which is to be
    /// how many will come, where that is known. Dropping the outcome, or this call, gives the bytes up.
    fn receive(&self, bytes: ByteStream, size_bytes_max: u64, fresh: u128) -> Outcome<'_, Received>;

    /// Gives received bytes the wanted key, unless it is taken, or the minted key of their fresh number, where the store
    /// has to; says which one they got. When this returns they are there for good, also after a power failure. If the
    /// call is dropped, the bytes may or may not have got a key.
    fn place<'a>(
        &'a self,
        received: Received,
        wanted: &'a BlobKey,
    ) -> BoxFuture<'a, Result<BlobKey, PlaceError>>;

    /// Reads bytes, all or a range, in constant memory. `NotFound` when nothing lies under the key, `OutOfRange` when the
    /// range does not lie within the bytes.
    fn read<'a>(&'a self, key: &'a BlobKey, range: Option<Range<u64>>) -> Outcome<'a, Blob>;

    /// What lies under the key, if anything does.
    fn stat<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, Option<BlobStat>>;

    /// Removes what lies under the key, if anything does. Whoever is reading it reads on.
    fn remove<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, ()>;

    /// Everything that lies under keys inside a folder (all folders when it is empty) and behind the key `after`, in the
    /// order of the keys' bytes. What comes or goes meanwhile may be in it or not. Only bytes under keys are listed: not
    /// those on their way, and not what others put there under names that are no keys. `Unreadable` is said of a folder that
    /// is left out, and the list goes on; with any other error it ends.
    fn list<'a>(&'a self, folder: &str, after: &str) -> BlobList<'a>;

    /// Whether the store can be used at this moment.
    fn check(&self) -> Outcome<'_, ()>;

    /// Opens a multipart upload. When too many are open, one that got no part yet may be given up for it.
    fn start_upload(&self, fresh: u128) -> Outcome<'_, UploadId>;

    /// Takes one part in, in any order. A part sent again replaces the earlier one.
    fn receive_part(
        &self,
        upload: UploadId,
        number: PartNumber,
        bytes: ByteStream,
        size_bytes_max: u64,
    ) -> Outcome<'_, UploadedPart>;

    /// Joins the parts 1 to n, whatever their order in the list, and hashes the whole. The list has to name every part
    /// that was uploaded, by its tag; clouds leave out those behind the last that is named, and do not say so. The upload stays
    /// open, so that a client which lost the answer may ask again: once the outcome is placed, abort it, or, where the outcome has a claim, let that claim be used up.
    fn complete<'a>(
        &'a self,
        upload: UploadId,
        parts: &'a [UploadedPart],
        size_bytes_max: u64,
    ) -> Outcome<'a, Received>;

    /// Closes an upload and gives its parts up.
    fn abort(&self, upload: UploadId) -> Outcome<'_, ()>;

    /// Aborts every upload that did not go on since; says how many.
    fn sweep_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize>;

    /// How many uploads did not go on since.
    fn count_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize>;

    /// What clients can do at the store by themselves, with the addresses below.
    fn direct_access(&self) -> DirectAccess {
        DirectAccess::default()
    }

    /// Addresses at which a client sends the parts 1 to `parts` of an upload straight to the store; nothing where they have to
    /// come through this server. What is sent there is no part of anything else, and nothing once the upload is closed.
    fn part_addresses(
        &self,
        _upload: UploadId,
        _parts: u16,
        _good_for: Duration,
    ) -> Outcome<'_, Option<Vec<String>>> {
        Box::pin(async { Ok(None) })
    }

    /// An address at which a client fetches bytes straight from the store, and is told to treat them as `disposition` says;
    /// nothing where they have to be read through this server.
    fn fetch_address<'a>(
        &'a self,
        _key: &'a BlobKey,
        _disposition: &'a str,
        _good_for: Duration,
    ) -> Outcome<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }
}

/// What clients can be expected to do at a store by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectAccess {
    /// Send the parts of uploads.
    pub sends_parts: bool,
    /// Fetch bytes.
    pub fetches: bool,
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
    claim: Option<UploadId>,
}

impl Received {
    /// `staged` is the store's own hold on the bytes; dropping it has to give them up.
    pub(crate) fn new(size_bytes: u64, sha256: Sha256Digest, staged: impl Any + Send + Sync) -> Self {
        Self { size_bytes, sha256, staged: Box::new(staged), claim: None }
    }

    /// Bytes that belong to whoever closes the upload in the ledger first.
    pub(crate) fn claimed_by(self, upload: UploadId) -> Self {
        Self { claim: Some(upload), ..self }
    }

    /// The upload to close in the ledger, in the transaction that records the bytes. Where it is closed by then, the bytes
    /// are somebody else's: they must be neither recorded nor removed.
    pub const fn claim(&self) -> Option<UploadId> {
        self.claim
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
