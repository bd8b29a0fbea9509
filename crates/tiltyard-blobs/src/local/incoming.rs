//! Taking bytes in: a stream becomes a file in the private folder, hashed on the way and on disk at the end.
//! Giving it a key, or making it a part of an upload, is done elsewhere.

use std::io;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;
use tokio::runtime::Handle;

use super::content::Writing;
use super::folder::Folder;
use super::root::Root;
use super::run_blocking;
use crate::error::BlobError;
use crate::limits::{BATCH_PIECES_MAX, BATCH_SIZE_BYTES};
use crate::store::{ByteStream, Received};

/// A file in this process's incoming folder. Its name goes when this is dropped; a file that got
/// another name by then stays under that one.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) root: Arc<Root>,
    pub(super) name: String,
}

impl Staged {
    /// Moves the file to another folder.
    pub(super) fn move_to(mut self, folder: &Folder, name: &str) -> io::Result<()> {
        self.root.incoming.rename(&self.name, folder, name)?;
        self.name.clear();
        Ok(())
    }

    /// Takes the name away at once, where that is quick because the file has another name by now. Should it
    /// fail, the next start sweeps it.
    pub(super) fn forget(mut self) {
        drop(self.root.incoming.remove_file(&mem::take(&mut self.name)));
    }
}

impl Drop for Staged {
    /// Freeing the blocks of a large file takes long; an async thread is not made to wait. If the removal
    /// does not happen, the next start sweeps the file.
    fn drop(&mut self) {
        let name = mem::take(&mut self.name);
        if name.is_empty() {
            return;
        }
        let root = Arc::clone(&self.root);
        let remove = move || drop(root.incoming.remove_file(&name));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

/// What came, and where it is.
pub(super) struct Arrived {
    pub(super) staged: Staged,
    pub(super) size_bytes: u64,
    pub(super) sha256: Sha256Digest,
}

/// Whether the digest is put behind the bytes, as parts of uploads have it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trailer {
    /// The file is the bytes.
    None,
    /// The file is the bytes and then the 32 bytes of their digest.
    Digest,
}

pub(super) async fn receive(
    root: Arc<Root>,
    bytes: ByteStream,
    size_bytes_max: u64,
) -> Result<Received, BlobError> {
    let arrived = take_in(root, bytes, size_bytes_max, Trailer::None).await?;
    Ok(Received::new(arrived.size_bytes, arrived.sha256, arrived.staged))
}

/// Between two batches no thread is held, so that a thousand slow clients do not use the threads up.
pub(super) async fn take_in(
    root: Arc<Root>,
    mut bytes: ByteStream,
    size_bytes_max: u64,
    trailer: Trailer,
) -> Result<Arrived, BlobError> {
    const DOING: &str = "writing incoming bytes";
    let mut writer = run_blocking(move || Writer::create(root)).await.map_err(BlobError::io(DOING))?;
    loop {
        let batch = next_batch(&mut bytes).await?;
        if writer.size_bytes.saturating_add(batch.size_bytes) > size_bytes_max {
            return Err(BlobError::TooLarge { size_bytes_max });
        }
        if batch.is_last {
            let finish = move || writer.append(&batch.pieces)?.finish(trailer);
            return run_blocking(finish).await.map_err(BlobError::io(DOING));
        }
        writer = run_blocking(move || writer.append(&batch.pieces)).await.map_err(BlobError::io(DOING))?;
    }
}

#[derive(Default)]
struct Batch {
    pieces: Vec<Bytes>,
    size_bytes: u64,
    is_last: bool,
}

async fn next_batch(bytes: &mut ByteStream) -> Result<Batch, BlobError> {
    let mut batch = Batch::default();
    while batch.size_bytes < BATCH_SIZE_BYTES as u64 && batch.pieces.len() < BATCH_PIECES_MAX {
        let Some(piece) = bytes.next().await else {
            batch.is_last = true;
            break;
        };
        let piece = piece.map_err(BlobError::Interrupted)?;
        batch.size_bytes += piece.len() as u64;
        batch.pieces.push(piece);
    }
    Ok(batch)
}

/// A file being written. It travels between the async side and the threads, so it owns everything.
struct Writer {
    staged: Staged,
    file: Writing,
    hasher: Sha256,
    size_bytes: u64,
}

impl Writer {
    fn create(root: Arc<Root>) -> io::Result<Self> {
        let name = root.fresh_name();
        let file = root.incoming.create_file(&name)?;
        let staged = Staged { root, name };
        let file = Writing::begin(&staged.root, file)?;
        Ok(Self { staged, file, hasher: Sha256::new(), size_bytes: 0 })
    }

    /// Hashes and writes piece by piece, while each is warm in the processor's cache.
    fn append(mut self, pieces: &[Bytes]) -> io::Result<Self> {
        for piece in pieces {
            self.hasher.update(piece);
            self.file.append(piece)?;
            self.size_bytes += piece.len() as u64;
        }
        Ok(self)
    }

    fn finish(mut self, trailer: Trailer) -> io::Result<Arrived> {
        let sha256 = Sha256Digest::from_bytes(self.hasher.finalize().into());
        if trailer == Trailer::Digest {
            self.file.append(sha256.as_bytes())?;
        }
        self.file.finish()?;
        Ok(Arrived { staged: self.staged, size_bytes: self.size_bytes, sha256 })
    }
}
