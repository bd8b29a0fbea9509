//! Deleted versions let go of their files. Bytes that nothing else refers to are removed.

use tiltyard_domain::Permit;

use super::delete::remove_detached;
use crate::{Context, Error};

/// Files that one transaction lets go of, so that a large version does not hold the writer.
const FILES_PER_PIECE: usize = 500;

/// Lets go of what versions pinned; to be called once their deletion is committed.
pub(crate) async fn unpin(
    context: &Context,
    permit: &Permit,
    versions: impl IntoIterator<Item = i64>,
) -> Result<(), Error> {
    if !context.serves_artifacts() {
        return Ok(());
    }
    for version in versions {
        loop {
            let detached = context.store().write(permit, move |tx| tx.unpin(version, FILES_PER_PIECE));
            let detached = detached.await?;
            let is_last = detached.len() < FILES_PER_PIECE;
            remove_detached(context, detached).await?;
            if is_last {
                break;
            }
        }
    }
    Ok(())
}
