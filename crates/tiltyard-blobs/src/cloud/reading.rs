//! Reading bytes back as the store sends them, and looking what is there.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::{StreamExt, TryStreamExt, future, stream};
use object_store::{Error, GetOptions, GetRange, ObjectMeta};

use super::Inner;
use super::fault::{failed, said};
use super::uploads::is_absent;
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::store::{Blob, BlobList, BlobStat, ByteStream, ListedBlob};

pub(super) async fn stat(store: &Arc<Inner>, key: &BlobKey) -> Result<Option<BlobStat>, BlobError> {
    let options = GetOptions { head: true, ..GetOptions::default() };
    match store.remote.get_opts(&store.path(key)?, options).await {
        Ok(found) => Ok(Some(BlobStat { size_bytes: found.meta.size })),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failed("looking for bytes")(error)),
    }
}

pub(super) async fn read(
    store: &Arc<Inner>,
    key: &BlobKey,
    range: Option<Range<u64>>,
) -> Result<Blob, BlobError> {
    match range {
        Some(range) if range.is_empty() => {
            let size_bytes = size(store, key).await?;
            check(&range, size_bytes)?;
            Ok(Blob { size_bytes, bytes: stream::empty().boxed() })
        }
        Some(range) => read_some(store, key, range).await,
        None => {
            let (size_bytes, bytes) = get(store, key, None).await?;
            Ok(Blob { size_bytes, bytes })
        }
    }
}

async fn read_some(store: &Arc<Inner>, key: &BlobKey, range: Range<u64>) -> Result<Blob, BlobError> {
    match get(store, key, Some(range.clone())).await {
        // Stores shorten a range that goes beyond the end.
        Ok((size_bytes, bytes)) => check(&range, size_bytes).map(|()| Blob { size_bytes, bytes }),
        Err(error @ BlobError::NotFound(_)) => Err(error),
        // They refuse one that begins there, each in words of its own.
        Err(error) => {
            check(&range, size(store, key).await?)?;
            Err(error)
        }
    }
}

async fn get(
    store: &Arc<Inner>,
    key: &BlobKey,
    range: Option<Range<u64>>,
) -> Result<(u64, ByteStream), BlobError> {
    let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
    match store.remote.get_opts(&store.path(key)?, options).await {
        Ok(found) => {
            let size_bytes = found.meta.size;
            let bytes = found.into_stream().map_err(|error| io::Error::other(said(&error)));
            Ok((size_bytes, bytes.boxed()))
        }
        Err(error) if is_absent(&error) => Err(BlobError::NotFound(key.clone())),
        Err(error) => Err(failed("opening bytes")(error)),
    }
}

async fn size(store: &Arc<Inner>, key: &BlobKey) -> Result<u64, BlobError> {
    let found = stat(store, key).await?;
    found.map(|found| found.size_bytes).ok_or_else(|| BlobError::NotFound(key.clone()))
}

fn check(range: &Range<u64>, size_bytes: u64) -> Result<(), BlobError> {
    if range.start > range.end || range.end > size_bytes {
        return Err(BlobError::OutOfRange { size_bytes });
    }
    Ok(())
}

pub(super) fn list(store: &Arc<Inner>, folder: &str, after: &str) -> BlobList<'static> {
    let listing = || {
        let prefix = store.path_of(folder)?;
        let prefix = (!prefix.as_ref().is_empty()).then_some(prefix);
        Ok(match after {
            "" => store.remote.list(prefix.as_ref()),
            after => store.remote.list_with_offset(prefix.as_ref(), &store.path_of(after)?),
        })
    };
    let objects = match listing() {
        Ok(objects) => objects,
        Err(error) => return stream::iter([Err(error)]).boxed(),
    };
    let (folder, after) = (store.address.folder().to_owned(), after.to_owned());
    let ours = objects.map_err(|error| unlisted(&error)).try_filter_map(move |object| {
        // Not every store knows where to begin.
        future::ready(Ok(listed(&object, &folder).filter(|blob| blob.key.as_str() > after.as_str())))
    });
    ours.boxed()
}

/// Why a page of a list could not be had. One name that is no right path spoils a whole page, so it is told what to do about it.
fn unlisted(error: &Error) -> BlobError {
    const DOING: &str = "listing bytes";
    let said = said(error);
    match error {
        Error::InvalidPath { .. } => {
            let told =
                format!("{said}; it is none of this server's: remove it from the bucket, or rename it");
            BlobError::Io { doing: DOING, source: io::Error::other(told) }
        }
        Error::Generic { .. } | Error::JoinError { .. } => BlobError::Unavailable { doing: DOING, said },
        _ => BlobError::Io { doing: DOING, source: io::Error::other(said) },
    }
}

fn listed(object: &ObjectMeta, folder: &str) -> Option<ListedBlob> {
    let key = BlobKey::from_stored(object.location.as_ref().strip_prefix(folder)?).ok()?;
    Some(ListedBlob { key, size_bytes: object.size, modified: SystemTime::from(object.last_modified) })
}
