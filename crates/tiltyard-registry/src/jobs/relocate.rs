//! Bytes move from one place to another while both are served. Each file is copied, its digest compared with what was
//! written once, and then everything that refers to it refers to the copy, in one transaction. No URI changes.
//!
//! Whoever reads meanwhile has the old bytes open or finds the new ones. The old ones stay until a collection, unless it was
//! asked to remove them, which is done after the references have moved. What was moved needs no moving again, so a job that
//! is run anew goes on where the last one was.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use tiltyard_blobs::{BlobError, BlobKey, BlobStore, Received};
use tiltyard_domain::Permit;
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_store::{Reference, Referrers, StoredFile, Tx};

use super::check;
use super::lease::{Lease, Stop};
use super::places::Destinations;
use super::progress::{Finding, FindingKind, Piece, Progress};
use super::request::Relocate;
use crate::artifacts::{failed, place, stored_key};
use crate::limits::COPIES_AT_ONCE_MAX;
use crate::{Context, Error};

/// What became of one file.
enum Outcome {
    Moved(i64),
    /// Nothing refers to it any more.
    Gone,
    Failed(FindingKind, String),
}

pub(super) async fn piece(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    wanted: &Relocate,
    mut progress: Progress,
) -> Result<Piece, Stop> {
    let referrers = match progress.part {
        0 => Referrers::Paths,
        1 => Referrers::Versions,
        _ => return Ok(progress.piece(Vec::new(), true)),
    };
    let page = check::next(context, permit, referrers, &mut progress).await?;
    let target = wanted.target();
    let blobs = context.open_place(target).await?.map_err(Error::Broken)?;
    let destinations = Destinations::all(context, permit).await?;
    let elsewhere: Vec<Reference> =
        page.into_iter().filter(|reference| reference.file.store != target).collect();
    let moves = stream::iter(elsewhere).map(|reference| {
        let blobs = &blobs;
        async move {
            let outcome = move_one(context, permit, lease, wanted, blobs, (referrers, &reference)).await?;
            Ok::<_, Stop>((reference, outcome))
        }
    });
    let outcomes: Vec<_> = moves.buffer_unordered(COPIES_AT_ONCE_MAX).try_collect().await?;
    let mut found = Vec::new();
    for (reference, outcome) in outcomes {
        match outcome {
            Outcome::Moved(size_bytes) => {
                progress.count("files_moved", 1);
                progress.count("bytes_moved", size_bytes);
            }
            Outcome::Gone => {}
            Outcome::Failed(kind, detail) => {
                let destination = destinations.of(reference.file.store);
                found.push(Finding::of_reference(kind, destination, referrers, reference, Some(detail)));
            }
        }
    }
    Ok(progress.piece(found, false))
}

async fn move_one(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    wanted: &Relocate,
    target: &Arc<dyn BlobStore>,
    (referrers, reference): (Referrers, &Reference),
) -> Result<Outcome, Stop> {
    let file = &reference.file;
    let source = match context.open_place(file.store).await? {
        Ok(source) => source,
        Err(why) => return Ok(Outcome::Failed(FindingKind::Unreadable, why)),
    };
    let key = stored_key(&file.key)?;
    let received = match copy(context, source.as_ref(), target.as_ref(), &key, file).await? {
        Ok(received) => received,
        // What could not be copied may have been deleted meanwhile, and its key given to other bytes.
        Err(outcome) => {
            let is_so_still = check::still_refers(context, permit, referrers, reference).await?;
            return Ok(if is_so_still { outcome } else { Outcome::Gone });
        }
    };
    // The same key, or a fresh one where that is taken or out of use.
    let to = place(context, permit, (wanted.target(), target.as_ref()), received, &key).await?;
    let moved = refer(context, permit, lease, file, (wanted.target(), to.to_string())).await?;
    if !moved {
        target.remove(&to).await.map_err(failed)?;
        return Ok(Outcome::Gone);
    }
    if wanted.remove_source {
        // The key is not free before its bytes are gone, so nobody else's can be meant.
        source.remove(&key).await.map_err(failed)?;
    }
    Ok(Outcome::Moved(i64::try_from(file.size_bytes).unwrap_or(i64::MAX)))
}

/// Copies the bytes to where nobody sees them, and compares them with what was written once.
async fn copy(
    context: &Context,
    source: &dyn BlobStore,
    target: &dyn BlobStore,
    key: &BlobKey,
    file: &StoredFile,
) -> Result<Result<Received, Outcome>, Error> {
    let blob = match source.read(key, None).await {
        Ok(blob) => blob,
        Err(BlobError::NotFound(_)) => {
            return Ok(Err(Outcome::Failed(FindingKind::Missing, "there are no bytes".to_owned())));
        }
        Err(error) => return Ok(Err(Outcome::Failed(FindingKind::Unreadable, error.to_string()))),
    };
    if blob.size_bytes != file.size_bytes {
        let detail = format!("there are {} bytes", blob.size_bytes);
        return Ok(Err(Outcome::Failed(FindingKind::WrongSize, detail)));
    }
    match target.receive(blob.bytes, file.size_bytes, context.fresh_number()).await {
        Ok(received) if received.sha256() == file.sha256 && received.size_bytes() == file.size_bytes => {
            Ok(Ok(received))
        }
        Ok(received) => {
            let detail = format!("their SHA-256 is {}", received.sha256());
            Ok(Err(Outcome::Failed(FindingKind::Altered, detail)))
        }
        Err(BlobError::Interrupted(error)) => {
            Ok(Err(Outcome::Failed(FindingKind::Unreadable, error.to_string())))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Lets everything that refers to the bytes refer to the copy. Says whether anything did, and may.
async fn refer(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    file: &StoredFile,
    to: (BlobStoreId, String),
) -> Result<bool, Stop> {
    let (held, now, from) = (lease.clone(), context.now(), file.clone());
    let apply = move |tx: &mut Tx<'_>| {
        held.hold(tx, now)?;
        if tx.is_condemned(to.0, &to.1)? {
            return Ok(false);
        }
        Ok::<_, Stop>(tx.move_references(&from, (to.0, &to.1))? > 0)
    };
    context.store().write(permit, apply).await
}
