//! A throwaway store and the few words the tests are written in.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tiltyard_blobs::{BlobError, BlobKey, BlobStore, ByteStream, LocalStore, Received};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;

pub(crate) const NO_LIMIT: u64 = u64::MAX;

/// A number that was not given before in this process.
pub(crate) fn fresh() -> u128 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    u128::from(LAST.fetch_add(1, Ordering::Relaxed)) + (1 << 100)
}

/// A store in a folder of its own, with a canary beside the root that nobody may touch.
pub(crate) struct Yard {
    pub(crate) folder: TempDir,
    pub(crate) store: LocalStore,
}

impl Yard {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("canary"), "canary").expect("a canary");
        let store = crate::open(&folder.path().join("root")).expect("a store");
        Self { folder, store }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn canary(&self) -> PathBuf {
        self.folder.path().join("canary")
    }

    pub(crate) async fn receive(&self, content: &[u8]) -> Received {
        self.store.receive(pieces_of(content, 1000), NO_LIMIT, fresh()).await.expect("received")
    }

    pub(crate) async fn put(&self, path: &str, content: &[u8]) {
        let received = self.receive(content).await;
        self.store.place(received, &key(path)).await.expect("placed");
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Vec<u8>, BlobError> {
        let blob = self.store.read(&key(path), None).await?;
        Ok(collect(blob.bytes).await.expect("readable"))
    }

    /// Every name below the root apart from the empty skeleton of the private folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        list(&self.root(), &self.root(), &mut names);
        names.sort();
        names
    }

    /// Files given up are removed on another thread, so a test waits for that; it fails after long enough.
    pub(crate) async fn until_nothing_is_left(&self) {
        let patience = Instant::now() + Duration::from_secs(20);
        while !self.names().is_empty() {
            assert!(Instant::now() < patience, "still there: {:?}", self.names());
            tokio::task::yield_now().await;
        }
    }
}

fn list(folder: &Path, root: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            list(&path, root, names);
        } else if !name.ends_with("/lock") && !name.starts_with(".tiltyard/seal/") {
            names.push(name);
        }
    }
}

pub(crate) fn key(path: &str) -> BlobKey {
    BlobKey::from_path(&ArtifactPath::parse(path).expect(path)).expect(path)
}

pub(crate) fn pieces_of(content: &[u8], size: usize) -> ByteStream {
    let pieces: Vec<_> = content.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

/// A stream that gives some bytes and then breaks off.
pub(crate) fn broken_after(content: &[u8]) -> ByteStream {
    let end = stream::iter([Err(io::Error::other("the client went away"))]);
    pieces_of(content, 100).chain(end).boxed()
}

pub(crate) async fn collect(bytes: ByteStream) -> io::Result<Vec<u8>> {
    let whole: Vec<Bytes> = bytes.try_collect().await?;
    Ok(whole.concat())
}

pub(crate) fn sha256(content: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(content).into())
}

/// Content in which no two places look alike.
pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..size).map(|position| (position.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect()
}
