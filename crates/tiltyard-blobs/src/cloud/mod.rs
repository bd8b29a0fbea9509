//! Bytes in an object store of a cloud: S3 and what speaks like it, Google Cloud Storage, Azure.
//!
//! ```text
//! s3://bucket/prefix/
//!   1/run/artifacts/MLmodel      small files under keys made of paths
//!   .tiltyard/blobs/ab/…ab       bytes under minted keys: large files, and small ones whose path was taken
//!   .tiltyard/probe              what was written to see whether the store can be used
//! ```
//!
//! A key is written once. For bytes that fit into one part the store sees to that itself: they wait in memory and get their
//! key by one request that only creates. Larger ones are sent part by part as they come, straight to a minted key, which
//! is nobody else's, and keep it: no store joins parts only where nothing lies yet, and nothing is copied afterwards.
//!
//! No process keeps anything of its own between two calls. What must be remembered of uploads in parts is in a [`ledger`],
//! so that any replica may take the next call, and one may clear away what another left half-way.

mod address;
mod connect;
mod export;
mod fault;
mod ledger;
mod memory;
mod opening;
mod parts;
mod placing;
mod reading;
mod receiving;
mod signing;
mod uploads;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use address::{CloudAddress, CloudKind, CloudSettings, variables};
pub use export::{CloudFolder, CloudWriter, Created};
use futures_util::future::BoxFuture;
pub use ledger::{OpenUpload, UploadLedger};
use object_store::path::Path;
pub use opening::{CloudFault, Opened};

pub(crate) use connect::{Remote, connect};
pub(crate) use fault::{failed, said};
pub(crate) use uploads::is_absent;

use crate::cloud::memory::Memory;
use crate::error::{BlobError, PlaceError};
use crate::key::BlobKey;
use crate::store::{Blob, BlobList, BlobStat, BlobStore, ByteStream, DirectAccess, Outcome, Received};
use crate::upload::{PartNumber, UploadId, UploadedPart};

/// A store in a cloud. Any number of processes may use the same one.
#[derive(Clone)]
pub struct CloudStore {
    inner: Arc<Inner>,
}

struct Inner {
    // Presigned addresses, for clients that send parts and fetch files without this server, come from here too: a remote
    // can sign. What such clients send lands under the minted key of an upload, as what `uploads` forwards does.
    remote: Arc<dyn Remote>,
    address: CloudAddress,
    ledger: Arc<dyn UploadLedger>,
    memory: Memory,
    /// Whether the store honours requests that only create.
    creates_only: bool,
}

impl Inner {
    /// Where the bytes of a key lie in the bucket.
    fn path(&self, key: &BlobKey) -> Result<Path, BlobError> {
        self.path_of(key.as_str())
    }

    fn path_of(&self, below: &str) -> Result<Path, BlobError> {
        Path::parse(format!("{}{below}", self.address.folder())).map_err(|error| BlobError::Io {
            doing: "naming bytes",
            source: std::io::Error::other(error.to_string()),
        })
    }
}

impl fmt::Debug for CloudStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CloudStore").field("address", &self.inner.address).finish_non_exhaustive()
    }
}

impl BlobStore for CloudStore {
    fn receive(&self, bytes: ByteStream, size_bytes_max: u64, fresh: u128) -> Outcome<'_, Received> {
        Box::pin(receiving::receive(&self.inner, bytes, size_bytes_max, fresh))
    }

    fn place<'a>(
        &'a self,
        received: Received,
        wanted: &'a BlobKey,
    ) -> BoxFuture<'a, Result<BlobKey, PlaceError>> {
        Box::pin(placing::place(&self.inner, received, wanted))
    }

    fn read<'a>(&'a self, key: &'a BlobKey, range: Option<Range<u64>>) -> Outcome<'a, Blob> {
        Box::pin(reading::read(&self.inner, key, range))
    }

    fn stat<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, Option<BlobStat>> {
        Box::pin(reading::stat(&self.inner, key))
    }

    fn remove<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, ()> {
        Box::pin(placing::delete(&self.inner, key))
    }

    fn list<'a>(&'a self, folder: &str, after: &str) -> BlobList<'a> {
        reading::list(&self.inner, folder, after)
    }

    fn check(&self) -> Outcome<'_, ()> {
        Box::pin(opening::check(&self.inner))
    }

    fn start_upload(&self, fresh: u128) -> Outcome<'_, UploadId> {
        Box::pin(uploads::start(&self.inner, UploadId::new(fresh)))
    }

    fn receive_part(
        &self,
        upload: UploadId,
        number: PartNumber,
        bytes: ByteStream,
        size_bytes_max: u64,
    ) -> Outcome<'_, UploadedPart> {
        Box::pin(uploads::receive_part(&self.inner, upload, number, bytes, size_bytes_max))
    }

    fn complete<'a>(
        &'a self,
        upload: UploadId,
        parts: &'a [UploadedPart],
        size_bytes_max: u64,
    ) -> Outcome<'a, Received> {
        Box::pin(uploads::complete(&self.inner, upload, parts, size_bytes_max))
    }

    fn abort(&self, upload: UploadId) -> Outcome<'_, ()> {
        Box::pin(uploads::abort(&self.inner, upload))
    }

    fn sweep_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize> {
        Box::pin(uploads::sweep(&self.inner, untouched_since))
    }

    fn count_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize> {
        Box::pin(self.inner.ledger.count_untouched(untouched_since))
    }

    fn direct_access(&self) -> DirectAccess {
        self.inner.address.kind().direct_access()
    }

    fn part_addresses(
        &self,
        upload: UploadId,
        parts: u16,
        good_for: Duration,
    ) -> Outcome<'_, Option<Vec<String>>> {
        Box::pin(signing::part_addresses(&self.inner, upload, parts, good_for))
    }

    fn fetch_address<'a>(
        &'a self,
        key: &'a BlobKey,
        disposition: &'a str,
        good_for: Duration,
    ) -> Outcome<'a, Option<String>> {
        Box::pin(signing::fetch_address(&self.inner, key, disposition, good_for))
    }
}
