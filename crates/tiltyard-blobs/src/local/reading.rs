//! Reading bytes back, whole or in part, a chunk at a time.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;

use super::folder::is_absent;
use super::root::Root;
use super::{LocalStore, run_blocking};
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::limits::READ_CHUNK_SIZE_BYTES;
use crate::store::{Blob, BlobStat, ByteStream};

pub(super) async fn stat(store: &LocalStore, key: &BlobKey) -> Result<Option<BlobStat>, BlobError> {
    let key = key.clone();
    let look = move |root: &Arc<Root>| {
        let size = root.find_folder(&key).and_then(|(folder, name)| folder.file_size(name));
        if_present(size.map(|size_bytes| BlobStat { size_bytes }))
    };
    store.run("looking for bytes", look).await
}

pub(super) async fn read(
    store: &LocalStore,
    key: &BlobKey,
    range: Option<Range<u64>>,
) -> Result<Blob, BlobError> {
    let wanted = key.clone();
    let open = move |root: &Arc<Root>| {
        if_present(root.find_folder(&wanted).and_then(|(folder, name)| folder.open_file(name)))
    };
    let opened = store.run("opening bytes", open).await?;
    let (file, size_bytes) = opened.ok_or_else(|| BlobError::NotFound(key.clone()))?;
    let range = range.unwrap_or(0..size_bytes);
    if range.start > range.end || range.end > size_bytes {
        return Err(BlobError::OutOfRange { size_bytes });
    }
    Ok(Blob { size_bytes, bytes: stream_file(file, range) })
}

/// What was found, or nothing when nothing of ours lies there.
pub(crate) fn if_present<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bytes of a range of a file. A file that ends early is an error, not a shorter answer.
pub(crate) fn stream_file(file: File, range: Range<u64>) -> ByteStream {
    let chunks = stream::try_unfold((Arc::new(file), range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let reading = Arc::clone(&file);
        let wanted = range.clone();
        let chunk = run_blocking(move || read_chunk(&reading, &wanted)).await?;
        let rest = range.start + chunk.len() as u64..range.end;
        Ok(Some((chunk, (file, rest))))
    });
    Box::pin(chunks)
}

/// Reads until the chunk is full. The memory is not zeroed first, only to be overwritten.
fn read_chunk(file: &File, range: &Range<u64>) -> io::Result<Bytes> {
    let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let wanted = left.min(READ_CHUNK_SIZE_BYTES);
    let mut chunk = Vec::with_capacity(wanted);
    while chunk.len() < wanted {
        let position = range.start + chunk.len() as u64;
        match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut chunk), position) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    chunk.truncate(wanted);
    Ok(chunk.into())
}
