//! Deleted versions let go of their files. Bytes that nothing else refers to are removed.

use tiltyard_domain::Permit;

use super::delete::remove_detached;
use crate::{Context, Error};

/// Files that one transaction lets go of, so that a large version does not hold the writer.
const UNPINNED_PER_PIECE: usize = 500;

/// Lets go of what versions pinned; to be called once their deletion is committed. It goes on when the caller goes away; what
/// is not done then, a collection does.
pub(crate) async fn unpin(context: &Context, permit: &Permit, versions: Vec<i64>) {
    if !context.serves_artifacts() {
        return;
    }
    let (context, permit) = (context.clone(), permit.clone());
    let unpinning = tokio::spawn(async move {
        for version in versions {
            // The deletion is committed: that its bytes stay for a while is no reason to tell the caller that it failed.
            if let Err(failure) = unpin_one(&context, &permit, version).await {
                tracing::warn!(%failure, version, "a deleted version keeps its bytes until the next collection");
            }
        }
    });
    if let Err(failure) = unpinning.await {
        tracing::error!(%failure, "letting go of files broke off");
    }
}

/// The same for one version; says how many files that were. Of a deleted version nothing is pinned anew, so two at once do no harm.
pub(crate) async fn unpin_one(context: &Context, permit: &Permit, version: i64) -> Result<usize, Error> {
    let mut files = 0;
    loop {
        let detached = context.store().write(permit, move |tx| tx.unpin(version, UNPINNED_PER_PIECE));
        let detached = detached.await?;
        let is_last = detached.len() < UNPINNED_PER_PIECE;
        files += detached.len();
        remove_detached(context, detached).await;
        if is_last {
            return Ok(files);
        }
    }
}
