//! Stores of every kind, each empty and of one test's own, on real servers.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use tiltyard_blobs::limits::PART_SIZE_BYTES;
use tiltyard_blobs::{
    BlobError, BlobKey, BlobStore, CloudAddress, CloudSettings, CloudStore, OpenUpload, Opened, Outcome,
    Received, UploadId, UploadLedger,
};
use tiltyard_cluster::{AzureServer, S3Options, S3Server};

use crate::support::{collect, fresh, key, pieces_of};

/// A store, seen by two processes.
pub(crate) struct Ground {
    pub(crate) store: Arc<dyn BlobStore>,
    pub(crate) other: Arc<dyn BlobStore>,
    /// The smallest part of an upload that is not its last one.
    pub(crate) least_part: usize,
    _outlives: Box<dyn Any>,
}

impl Ground {
    /// A store that was opened by the test.
    pub(crate) fn of(store: Arc<dyn BlobStore>) -> Self {
        Self { other: Arc::clone(&store), store, least_part: PART_SIZE_BYTES, _outlives: Box::new(()) }
    }

    pub(crate) async fn receive(&self, content: &[u8]) -> Received {
        let size = content.len() as u64;
        self.store.receive(pieces_of(content, 100_000), size, fresh()).await.expect("received")
    }

    /// Puts bytes at a path, and tells where they came to lie.
    pub(crate) async fn put(&self, path: &str, content: &[u8]) -> BlobKey {
        let received = self.receive(content).await;
        self.store.place(received, &key(path)).await.expect("placed")
    }

    pub(crate) async fn get(&self, key: &BlobKey) -> Result<Vec<u8>, BlobError> {
        let blob = self.other.read(key, None).await?;
        Ok(collect(blob.bytes).await.expect("readable"))
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        use futures_util::TryStreamExt;
        let found: Vec<_> = self.store.list("", "").try_collect().await.expect("listed");
        found.into_iter().map(|blob| blob.key.to_string()).collect()
    }
}

/// A folder of this machine.
pub(crate) fn on_disk() -> Ground {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || Arc::new(crate::open(folder.path()).expect("a store"));
    let (store, other) = (open(), open());
    Ground { store, other, least_part: 1, _outlives: Box::new(folder) }
}

/// An S3 server that checks signatures.
pub(crate) async fn on_s3() -> Ground {
    let server = S3Server::shared();
    on_cloud(&server.place(), &server.variables()).await
}

/// What speaks like Google.
pub(crate) async fn on_google() -> Ground {
    static SHARED: OnceLock<S3Server> = OnceLock::new();
    let options = S3Options { as_google: true, ..S3Options::default() };
    let server = SHARED.get_or_init(|| S3Server::start(options));
    on_cloud(&server.place(), &server.variables()).await
}

/// Azure's emulator.
pub(crate) async fn on_azure() -> Ground {
    let server = AzureServer::shared();
    on_cloud(&server.place(), &server.variables()).await
}

/// Two processes on one place, with one ledger.
pub(crate) async fn on_cloud(place: &str, variables: &[(&str, String)]) -> Ground {
    let ledger = Arc::new(MemoryLedger::default());
    let settings = settings(place, variables);
    let open = || async { opened(&settings, &ledger).await.store };
    let (store, other) = (Arc::new(open().await), Arc::new(open().await));
    Ground { store, other, least_part: PART_SIZE_BYTES, _outlives: Box::new(()) }
}

pub(crate) fn settings(place: &str, variables: &[(&str, String)]) -> CloudSettings {
    let options = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    CloudSettings { address: CloudAddress::parse(place).expect(place), options }
}

pub(crate) async fn opened(settings: &CloudSettings, ledger: &Arc<MemoryLedger>) -> Opened {
    CloudStore::open(settings, Arc::clone(ledger) as _).await.expect("a store that can be used")
}

/// A ledger in memory, in which every upload was touched when time began.
#[derive(Default)]
pub(crate) struct MemoryLedger(Mutex<HashMap<UploadId, OpenUpload>>);

/// Before any upload was touched, and after all of them.
pub(crate) const BEFORE: SystemTime = UNIX_EPOCH;

pub(crate) fn long_after() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(24 * 365 * 200)
}

impl MemoryLedger {
    fn rows(&self) -> std::sync::MutexGuard<'_, HashMap<UploadId, OpenUpload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows().len()
    }
}

fn at_once<'a, T: Send + 'a>(value: T) -> Outcome<'a, T> {
    futures_util::future::ready(Ok(value)).boxed()
}

impl UploadLedger for MemoryLedger {
    fn open(&self, upload: OpenUpload) -> Outcome<'_, ()> {
        self.rows().insert(upload.id, upload);
        at_once(())
    }

    fn touch(&self, id: UploadId, _: Duration) -> Outcome<'_, Option<OpenUpload>> {
        at_once(self.rows().get(&id).cloned())
    }

    fn begin_joining(&self, id: UploadId, list: String) -> Outcome<'_, bool> {
        let mut rows = self.rows();
        let row = rows.get_mut(&id).filter(|row| row.joining.as_ref().is_none_or(|other| *other == list));
        at_once(row.map(|row| row.joining = Some(list)).is_some())
    }

    fn end_joining(&self, id: UploadId, list: String) -> Outcome<'_, ()> {
        if let Some(row) = self.rows().get_mut(&id) {
            row.joining.take_if(|other| *other == list);
        }
        at_once(())
    }

    fn close(&self, upload: UploadId) -> Outcome<'_, bool> {
        at_once(self.rows().remove(&upload).is_some())
    }

    fn count(&self) -> Outcome<'_, usize> {
        at_once(self.len())
    }

    fn count_untouched(&self, since: SystemTime) -> Outcome<'_, usize> {
        at_once(if since <= BEFORE { 0 } else { self.len() })
    }

    fn untouched(&self, since: SystemTime, limit: usize) -> Outcome<'_, Vec<OpenUpload>> {
        if since <= BEFORE {
            return at_once(Vec::new());
        }
        at_once(self.rows().values().take(limit).cloned().collect())
    }
}
