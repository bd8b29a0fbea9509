//! Artifacts where clients write by themselves: the server lists and reads them, below the root that it was started with.
//! Nothing vouches for them: what is read now may be something else a moment later.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tiltyard_blobs::{Observed, ObservedStore};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::{Refusal, RefusalKind, limits};

use super::direct::FetchAddress;
use super::list::{Entry, too_many};
use super::open::OpenFile;
use super::{failed, no_artifact};
use crate::limits::OPEN_ATTEMPTS_MAX;
use crate::{Context, Error};

/// What lies right inside a folder, by name. Nothing when it is a file, or not there, as in MLflow.
pub(super) async fn list(context: &Context, folder: Option<&ArtifactPath>) -> Result<Vec<Entry>, Error> {
    let found = context.observed()?.list(folder, limits::FOLDER_ENTRIES_MAX).await.map_err(failed)?;
    if found.len() > limits::FOLDER_ENTRIES_MAX {
        return Err(too_many());
    }
    let mut entries: Vec<Entry> =
        found.into_iter().map(|entry| Entry { name: entry.name, size_bytes: entry.size_bytes }).collect();
    entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// Opens a file. `asked` is the path as the caller knows it.
pub(super) async fn open(
    context: &Context,
    asked: &ArtifactPath,
    path: &ArtifactPath,
    part: impl Fn(u64, &str) -> Option<Range<u64>> + Send,
) -> Result<OpenFile, Error> {
    let observed = context.observed()?;
    for _ in 0..OPEN_ATTEMPTS_MAX {
        let seen = find(observed, asked, path).await?;
        let opened = observed.read(path, part(seen.size_bytes, &seen.mark)).await.map_err(failed)?;
        // Between the two it may have been written again; then the part that was chosen is one of other bytes.
        if let Some(opened) = opened.filter(|opened| opened.seen == seen) {
            return Ok(OpenFile { size_bytes: seen.size_bytes, tag: seen.mark, bytes: opened.bytes });
        }
    }
    let message = format!("'{asked}' is being written. Read it once it is complete.");
    Err(Refusal::new(RefusalKind::Busy, message).into())
}

/// An address at which a client fetches a file by itself.
pub(super) async fn fetch_address(
    context: &Context,
    asked: &ArtifactPath,
    path: &ArtifactPath,
    disposition: &str,
    good_for: Duration,
) -> Result<Option<FetchAddress>, Error> {
    let observed = context.observed()?;
    let seen = find(observed, asked, path).await?;
    let url = observed.fetch_address(path, disposition, good_for).await.map_err(failed)?;
    Ok(url.map(|url| FetchAddress { url, size_bytes: seen.size_bytes }))
}

async fn find(
    observed: &Arc<dyn ObservedStore>,
    asked: &ArtifactPath,
    path: &ArtifactPath,
) -> Result<Observed, Error> {
    if let Some(seen) = observed.look(path).await.map_err(failed)? {
        return Ok(seen);
    }
    let is_folder = !observed.list(Some(path), 0).await.map_err(failed)?.is_empty();
    Err(if is_folder {
        Error::invalid(format!("Artifact path refers to a directory, not a file: '{asked}'"))
    } else {
        no_artifact(asked)
    })
}
