//! The places that jobs go through, one after the other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use tiltyard_blobs::{BlobError, BlobKey, BlobStore, ListedBlob};
use tiltyard_domain::Permit;
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_store::{Condemned, Error as StoreError, Read};

use super::progress::{Finding, Progress};
use crate::artifacts::failed;
use crate::limits::KEYS_PER_PIECE_MAX;
use crate::{Context, Error};

/// Every place with its destination.
pub(super) struct Destinations(Vec<(BlobStoreId, String)>);

impl Destinations {
    /// Of all places that the metadata knows.
    pub(super) async fn all(context: &Context, permit: &Permit) -> Result<Self, Error> {
        Ok(Self(context.store().read(permit, |read| Ok::<_, Error>(read.blob_stores()?)).await?))
    }

    /// Where a place is; empty for one that the metadata does not know.
    pub(super) fn of(&self, place: BlobStoreId) -> String {
        let found = self.0.iter().find(|(id, _)| *id == place);
        found.map(|(_, destination)| destination.clone()).unwrap_or_default()
    }

    /// The place at a destination.
    pub(super) fn at(&self, destination: &str) -> Option<BlobStoreId> {
        self.0.iter().find(|(_, text)| text == destination).map(|(id, _)| *id)
    }

    /// Their texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, text)| text.as_str())
    }
}

/// A place that is open.
pub(super) struct Place {
    pub(super) id: BlobStoreId,
    pub(super) destination: String,
    pub(super) blobs: Arc<dyn BlobStore>,
}

/// The place that a job is at by its progress, if it was not at the last already. One that cannot be opened is noted and
/// passed over.
pub(super) async fn current(
    context: &Context,
    permit: &Permit,
    progress: &mut Progress,
    found: &mut Vec<Finding>,
) -> Result<Option<Place>, Error> {
    for (id, destination) in Destinations::all(context, permit).await?.0 {
        if id.0 < progress.number {
            continue;
        }
        if id.0 > progress.number {
            progress.behind(id.0, "");
        }
        match context.open_place(id).await? {
            Ok(blobs) => return Ok(Some(Place { id, destination, blobs })),
            Err(why) => {
                found.push(Finding::of_place(&destination, "", why));
                progress.behind(id.0 + 1, "");
            }
        }
    }
    Ok(None)
}

impl Place {
    /// The next keys here, and how far the job has come with them. Folders that cannot be read are noted and passed over.
    pub(super) async fn next_keys(
        &self,
        progress: &mut Progress,
        found: &mut Vec<Finding>,
    ) -> Result<Vec<ListedBlob>, Error> {
        let mut keys: Vec<ListedBlob> = Vec::new();
        let mut listed = self.blobs.list("", &progress.text);
        while keys.len() < KEYS_PER_PIECE_MAX
            && let Some(next) = listed.next().await
        {
            match next {
                Ok(key) => keys.push(key),
                Err(BlobError::Unreadable { folder, source }) => {
                    found.push(Finding::of_place(&self.destination, &folder, source.to_string()));
                }
                Err(error) => return Err(failed(error)),
            }
        }
        match keys.last() {
            Some(last) if keys.len() == KEYS_PER_PIECE_MAX => progress.behind(self.id.0, last.key.as_str()),
            _ => progress.behind(self.id.0 + 1, ""),
        }
        Ok(keys)
    }

    /// Those of some keys that nothing refers to and that are not younger than the grace allows; counts the younger ones.
    pub(super) async fn unused(
        &self,
        context: &Context,
        permit: &Permit,
        keys: Vec<ListedBlob>,
        grace_ms: i64,
        progress: &mut Progress,
    ) -> Result<Vec<Condemned>, Error> {
        progress.count("keys_seen", i64::try_from(keys.len()).unwrap_or(i64::MAX));
        let names: Vec<String> = keys.iter().map(|blob| blob.key.to_string()).collect();
        let read = |read: &mut Read<'_>| {
            let mut needed = read.keys_referred_to(self.id, &names)?;
            needed.extend(of_open_uploads(read, &names)?);
            Ok::<_, Error>(needed)
        };
        let needed = context.store().read(permit, read).await?;
        let before = age_of_grace(context, grace_ms);
        let mut unused = Vec::new();
        for blob in keys.into_iter().filter(|blob| !needed.contains(blob.key.as_str())) {
            if blob.modified > before {
                progress.count("young", 1);
                continue;
            }
            let size_bytes = i64::try_from(blob.size_bytes).unwrap_or(i64::MAX);
            unused.push(Condemned { store: self.id, key: blob.key.to_string(), size_bytes });
        }
        Ok(unused)
    }
}

/// Those of some keys under which the bytes of open uploads come to lie. Whoever completes one refers to them soon.
pub(super) fn of_open_uploads(read: &mut Read<'_>, keys: &[String]) -> Result<HashSet<String>, StoreError> {
    let upload_of = |key: &String| BlobKey::from_stored(key).ok()?.upload().map(|upload| upload.to_string());
    let uploads: HashMap<String, &String> =
        keys.iter().filter_map(|key| Some((upload_of(key)?, key))).collect();
    let ids: Vec<String> = uploads.keys().cloned().collect();
    let open = read.open_uploads(&ids)?;
    Ok(uploads.into_iter().filter(|(id, _)| open.contains(id)).map(|(_, key)| key.clone()).collect())
}

/// What was written after this moment is left alone.
pub(super) fn age_of_grace(context: &Context, grace_ms: i64) -> SystemTime {
    let since = u64::try_from(context.now().0.saturating_sub(grace_ms)).unwrap_or(0);
    UNIX_EPOCH + Duration::from_millis(since)
}
