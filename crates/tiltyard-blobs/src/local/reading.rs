//! Reading bytes back, whole or in part, a chunk at a time.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use futures_util::stream;

use super::content::{Content, chunk_size_bytes, size_of};
use super::folder::is_absent;
use super::root::Root;
use super::{LocalStore, run_blocking};
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::store::{Blob, BlobStat, ByteStream};

pub(super) async fn stat(store: &LocalStore, key: &BlobKey) -> Result<Option<BlobStat>, BlobError> {
    let key = key.clone();
    let look = move |root: &Arc<Root>| {
        let size = root.find_folder(&key).and_then(|(folder, name)| folder.file_size(name));
        let size = if_present(size)?.map(|size| size_of(root, size)).transpose()?;
        Ok(size.map(|size_bytes| BlobStat { size_bytes }))
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
        let opened = if_present(root.find_folder(&wanted).and_then(|(folder, name)| folder.open_file(name)))?;
        opened.map(|opened| Content::of(root, opened)).transpose()
    };
    let opened = store.run("opening bytes", open).await?;
    let content = opened.ok_or_else(|| BlobError::NotFound(key.clone()))?;
    let size_bytes = content.size_bytes();
    let range = range.unwrap_or(0..size_bytes);
    if range.start > range.end || range.end > size_bytes {
        return Err(BlobError::OutOfRange { size_bytes });
    }
    Ok(Blob { size_bytes, bytes: stream_content(content, range) })
}

/// What was found, or nothing when nothing of ours lies there.
pub(crate) fn if_present<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bytes of a range of a file that is not sealed.
pub(crate) fn stream_file(file: File, range: Range<u64>) -> ByteStream {
    stream_content(Content::Plain { file, size_bytes: range.end }, range)
}

/// The bytes of a range of what a file holds. A file that ends early is an error, not a shorter answer.
pub(super) fn stream_content(content: Content, range: Range<u64>) -> ByteStream {
    let chunks = stream::try_unfold((Arc::new(content), range), |(content, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let reading = Arc::clone(&content);
        let wanted = range.clone();
        // Made here and not by the thread that fills it: allocators keep memory for each thread that ever asked for some,
        // and those of the pool are many.
        let room = Vec::with_capacity(chunk_size_bytes(&wanted));
        let chunk = run_blocking(move || reading.read(&wanted, room)).await?;
        let rest = range.start + chunk.len() as u64..range.end;
        Ok(Some((chunk, (content, rest))))
    });
    Box::pin(chunks)
}
