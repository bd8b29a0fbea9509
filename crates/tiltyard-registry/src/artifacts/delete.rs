//! A file or a folder is deleted. Bytes that a version pins stay where they are.

use futures_util::{StreamExt, stream};
use tiltyard_blobs::BlobKey;
use tiltyard_domain::Permit;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::artifact_uri::{self, Meaning};
use tiltyard_domain::entity::{ArtifactLocation, BlobStoreId};
use tiltyard_store::{Detached, Span, Tx};

use super::failed;
use super::open::stored_key;
use crate::limits::LOOKS_AT_ONCE_MAX;
use crate::{Context, Error};

/// Files that one transaction forgets, so that a large folder does not hold the writer.
const FILES_PER_PIECE: usize = 500;

/// Deletes a file, or a folder with all that is in it. What is not there is no error, as in MLflow.
///
/// # Errors
/// `InvalidValue` for a path of the server's own; `Unsupported` when this server serves no artifacts.
pub async fn delete(context: &Context, permit: &Permit, path: ArtifactPath) -> Result<(), Error> {
    context.check_artifacts()?;
    BlobKey::from_path(&path)?;
    forget(context, permit, path).await
}

/// Deletes what lies below a location, where that is in the server's own store; what lies elsewhere is not its to delete.
pub(crate) async fn forget_below(
    context: &Context,
    permit: &Permit,
    location: &ArtifactLocation,
) -> Result<(), Error> {
    match artifact_uri::read(&location.uri(), context.hosts())? {
        Meaning::Own(Some(folder)) => forget(context, permit, folder).await,
        // Never everything.
        Meaning::Own(None) | Meaning::Elsewhere => Ok(()),
    }
}

async fn forget(context: &Context, permit: &Permit, path: ArtifactPath) -> Result<(), Error> {
    loop {
        let path = path.clone();
        let detached = context.store().write(permit, move |tx| apply(tx, &path)).await?;
        let is_last = detached.len() < FILES_PER_PIECE;
        remove_detached(context, detached).await;
        if is_last {
            return Ok(());
        }
    }
}

fn apply(tx: &mut Tx<'_>, path: &ArtifactPath) -> Result<Vec<Detached>, Error> {
    match tx.take_artifact(path)? {
        Some(file) => Ok(vec![file]),
        None => Ok(tx.take_artifacts_in(&Span::inside(Some(path)), FILES_PER_PIECE)?),
    }
}

/// Removes bytes that nothing refers to any more. To be called after the commit that detached them, and once.
pub(super) async fn remove_detached(
    context: &Context,
    detached: impl IntoIterator<Item = Detached, IntoIter: Send> + Send,
) {
    let unused = detached.into_iter().filter(|detached| !detached.is_needed);
    let removals = stream::iter(unused).for_each_concurrent(LOOKS_AT_ONCE_MAX, async |detached| {
        let Detached { store, key, .. } = detached;
        // The change is committed: what cannot be removed is litter, not a reason to tell the caller that it failed.
        if let Err(failure) = remove(context, store, &key).await {
            tracing::warn!(%failure, key, "bytes that nothing refers to could not be removed");
        }
    });
    removals.await;
}

async fn remove(context: &Context, store: BlobStoreId, key: &str) -> Result<(), Error> {
    context.blobs_of(store).await?.remove(&stored_key(key)?).await.map_err(failed)?;
    Ok(())
}
