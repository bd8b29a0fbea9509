//! Bytes on a local disk: a key is a path below one root. How a file comes in, gets its key, is read and is
//! joined of parts has a file each; here they are put together.
//!
//! ```text
//! root/
//!   1/run/artifacts/MLmodel      bytes under keys made of paths
//!   .tiltyard/                   private (0700)
//!     blobs/ab/…ab               bytes under minted keys
//!     incoming/0/                files on their way in, a folder for each process; swept at start
//!     uploads/<id>/00001         parts of multipart uploads; these outlive a restart
//!     seal/0f…                   where files are sealed: a probe for each key
//! ```
//!
//! Folders stay when their last file goes: taking one away could race a writer that is just using it.

mod content;
mod folder;
mod incoming;
mod listing;
mod placing;
mod reading;
mod root;
mod seal;
mod uploads;

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

pub(crate) use folder::{Folder, Seen};
use futures_util::future::BoxFuture;
pub(crate) use reading::{if_present, stream_file};
use root::Root;
use seal::Sealing;
pub use seal::SealingKeys;

use crate::error::{BlobError, PlaceError};
use crate::key::BlobKey;
use crate::store::{Blob, BlobList, BlobStat, BlobStore, ByteStream, Outcome, Received};
use crate::upload::{PartNumber, UploadId, UploadedPart};

/// A store on the local disk. Several processes may share a root.
#[derive(Debug, Clone)]
pub struct LocalStore {
    root: Arc<Root>,
}

impl LocalStore {
    /// Opens the store, making the folder if need be, and sweeps what crashed processes left half-received.
    /// Blocks for the time that takes.
    ///
    /// # Errors
    /// What the system said; that too many processes use the folder already.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { root: Arc::new(Root::open(path, Sealing::Never)?) })
    }

    /// Opens a store whose files are sealed. A new one becomes sealed by this, and stays so.
    ///
    /// # Errors
    /// As [`LocalStore::open`]; that the store was sealed with other keys, or holds files that are not sealed.
    pub fn open_sealed(path: &Path, keys: SealingKeys) -> io::Result<Self> {
        Ok(Self { root: Arc::new(Root::open(path, Sealing::Always(keys))?) })
    }

    /// Opens a store that may be sealed or not, with the keys for when it is. It stays what it is.
    ///
    /// # Errors
    /// As [`LocalStore::open`]; that the store was sealed with other keys.
    pub fn open_as_it_is(path: &Path, keys: SealingKeys) -> io::Result<Self> {
        Ok(Self { root: Arc::new(Root::open(path, Sealing::AsItIs(keys))?) })
    }

    /// Runs disk work on a thread made for it. The work goes on if the caller stops waiting.
    async fn run<T, Work>(&self, doing: &'static str, work: Work) -> Result<T, BlobError>
    where
        T: Send + 'static,
        Work: FnOnce(&Arc<Root>) -> io::Result<T> + Send + 'static,
    {
        let root = Arc::clone(&self.root);
        run_blocking(move || work(&root)).await.map_err(BlobError::io(doing))
    }
}

/// Runs blocking work off the async threads.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

impl BlobStore for LocalStore {
    fn receive(&self, bytes: ByteStream, size_bytes_max: u64, _: u128) -> Outcome<'_, Received> {
        Box::pin(incoming::receive(Arc::clone(&self.root), bytes, size_bytes_max))
    }

    fn place<'a>(
        &'a self,
        received: Received,
        wanted: &'a BlobKey,
    ) -> BoxFuture<'a, Result<BlobKey, PlaceError>> {
        Box::pin(placing::place(self, received, wanted))
    }

    fn read<'a>(&'a self, key: &'a BlobKey, range: Option<Range<u64>>) -> Outcome<'a, Blob> {
        Box::pin(reading::read(self, key, range))
    }

    fn stat<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, Option<BlobStat>> {
        Box::pin(reading::stat(self, key))
    }

    fn remove<'a>(&'a self, key: &'a BlobKey) -> Outcome<'a, ()> {
        Box::pin(placing::remove(self, key))
    }

    fn list<'a>(&'a self, folder: &str, after: &str) -> BlobList<'a> {
        listing::list(&self.root, folder, after)
    }

    fn check(&self) -> Outcome<'_, ()> {
        Box::pin(self.run("looking for the folder of the store", |root| root.reach()))
    }

    fn start_upload(&self, fresh: u128) -> Outcome<'_, UploadId> {
        Box::pin(uploads::start(self, UploadId::new(fresh)))
    }

    fn receive_part(
        &self,
        upload: UploadId,
        number: PartNumber,
        bytes: ByteStream,
        size_bytes_max: u64,
    ) -> Outcome<'_, UploadedPart> {
        Box::pin(uploads::receive_part(self, upload, number, bytes, size_bytes_max))
    }

    fn complete<'a>(
        &'a self,
        upload: UploadId,
        parts: &'a [UploadedPart],
        size_bytes_max: u64,
    ) -> Outcome<'a, Received> {
        Box::pin(uploads::complete(self, upload, parts, size_bytes_max))
    }

    fn abort(&self, upload: UploadId) -> Outcome<'_, ()> {
        Box::pin(uploads::abort(self, upload))
    }

    fn sweep_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize> {
        Box::pin(uploads::sweep(self, untouched_since))
    }

    fn count_uploads(&self, untouched_since: SystemTime) -> Outcome<'_, usize> {
        Box::pin(uploads::count(self, untouched_since))
    }
}
