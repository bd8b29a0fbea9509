//! Bytes that nothing refers to are removed.
//!
//! Keys are condemned first, in a transaction that looks once more whether anything refers to them; from then on nothing can
//! come to refer to them. Only then the bytes go. So whoever crashes in between leaves work, not damage, and whoever uploads
//! meanwhile either was recorded before, and keeps the bytes, or is refused and sends them again. Writing and recording a
//! file are never as far apart as the grace, so nobody is refused in practice.

use futures_util::{StreamExt, TryStreamExt, stream};
use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{Condemned, Tx};

use super::lease::{Lease, Stop};
use super::places::{self, Destinations, age_of_grace};
use super::progress::{Finding, FindingKind, Piece, Progress};
use super::request::Collect;
use crate::artifacts::{failed, stored_key};
use crate::limits::{CONDEMNED_KEPT_MS, KEYS_PER_PIECE_MAX, LOOKS_AT_ONCE_MAX};
use crate::{Context, Error};

pub(super) async fn piece(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    wanted: &Collect,
    mut progress: Progress,
) -> Result<Piece, Stop> {
    match progress.part {
        // What was condemned before a crash goes first.
        0 if wanted.dry_run => progress.next_part(),
        0 => return finish(context, permit, lease, progress).await,
        1 => return one_page(context, permit, lease, wanted, progress).await,
        _ => {
            if !wanted.dry_run {
                let (_, blobs) = context.blobs_for_new()?;
                let since = age_of_grace(context, wanted.grace_ms);
                let given_up = blobs.sweep_uploads(since).await.map_err(failed)?;
                progress.count("uploads_given_up", i64::try_from(given_up).unwrap_or(i64::MAX));
            }
            return Ok(progress.piece(Vec::new(), true));
        }
    }
    Ok(progress.piece(Vec::new(), false))
}

/// Removes some of what is condemned, and gives keys back to use that were long enough out of it.
async fn finish(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    mut progress: Progress,
) -> Result<Piece, Stop> {
    let condemned = |read: &mut tiltyard_store::Read<'_>| Ok::<_, Error>(read.condemned(KEYS_PER_PIECE_MAX)?);
    let left = context.store().read(permit, condemned).await?;
    let (held, now) = (lease.clone(), context.now());
    let since = Timestamp(now.0.saturating_sub(CONDEMNED_KEPT_MS));
    let forget = move |tx: &mut Tx<'_>| {
        held.hold(tx, now)?;
        Ok::<_, Stop>(tx.forget_condemned(since, KEYS_PER_PIECE_MAX)?)
    };
    let forgotten = context.store().write(permit, forget).await?;
    let may_be_more = left.len() == KEYS_PER_PIECE_MAX;
    let found = remove(context, permit, lease, left).await?;
    // Those of a place that cannot be opened stay; they must not be waited for.
    if forgotten < KEYS_PER_PIECE_MAX && (found.is_empty() || !may_be_more) {
        progress.next_part();
    }
    Ok(progress.piece(found, false))
}

async fn one_page(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    wanted: &Collect,
    mut progress: Progress,
) -> Result<Piece, Stop> {
    let mut found = Vec::new();
    let Some(place) = places::current(context, permit, &mut progress, &mut found).await? else {
        progress.next_part();
        return Ok(progress.piece(found, false));
    };
    let keys = place.next_keys(&mut progress).await?;
    let unused = place.unused(context, permit, keys, wanted.grace_ms, &mut progress).await?;
    if wanted.dry_run {
        let orphan = |blob| Finding::unused(FindingKind::Orphan, &place.destination, blob);
        found.extend(unused.iter().map(orphan));
    } else {
        let (held, now) = (lease.clone(), context.now());
        let condemn = move |tx: &mut Tx<'_>| {
            held.hold(tx, now)?;
            Ok::<_, Stop>(tx.condemn(unused.clone(), now)?)
        };
        let condemned = context.store().write(permit, condemn).await?;
        found.extend(remove(context, permit, lease, condemned).await?);
    }
    Ok(progress.piece(found, false))
}

/// Removes condemned bytes. Those of a place that cannot be opened stay condemned.
async fn remove(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    condemned: Vec<Condemned>,
) -> Result<Vec<Finding>, Stop> {
    let destinations = Destinations::all(context, permit).await?;
    let removals = stream::iter(condemned).map(|blob| async move {
        let Ok(blobs) = context.blobs_of(blob.store).await else { return Ok(None) };
        blobs.remove(&stored_key(&blob.key)?).await.map_err(failed)?;
        Ok::<_, Error>(Some(blob))
    });
    let gone: Vec<Option<Condemned>> = removals.buffered(LOOKS_AT_ONCE_MAX).try_collect().await?;
    let gone: Vec<Condemned> = gone.into_iter().flatten().collect();
    let removed =
        |blob: &Condemned| Finding::unused(FindingKind::Removed, &destinations.of(blob.store), blob);
    let found = gone.iter().map(removed).collect();
    let (held, now) = (lease.clone(), context.now());
    let apply = move |tx: &mut Tx<'_>| {
        held.hold(tx, now)?;
        Ok::<_, Stop>(tx.set_removed(&gone, now)?)
    };
    context.store().write(permit, apply).await?;
    Ok(found)
}
