//! Bytes that nothing refers to are removed.
//!
//! Keys are condemned first, in a transaction that looks once more whether anything refers to them; from then on nothing can
//! come to refer to them. Only then the bytes go. So whoever crashes in between leaves work, not damage, and whoever uploads
//! meanwhile either was recorded before, and keeps the bytes, or is refused and sends them again. Writing and recording a
//! file are never as far apart as the grace, so nobody is refused in practice.

use futures_util::{StreamExt, TryStreamExt, stream};
use tiltyard_blobs::BlobError;
use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{Condemned, Read, Tx};

use super::lease::{Lease, Stop};
use super::places::{self, Destinations, age_of_grace, of_open_uploads};
use super::progress::{Finding, FindingKind, Piece, Progress};
use super::request::Collect;
use crate::artifacts::{failed, stored_key, unpin_one};
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
        // What was begun before a crash goes first.
        0 | 1 if wanted.dry_run => progress.next_part(),
        0 => return Ok(unpin(context, permit, progress).await?),
        1 => return finish(context, permit, lease, progress).await,
        2 => return one_page(context, permit, lease, wanted, progress).await,
        _ => return Ok(give_up_uploads(context, permit, wanted, progress).await?),
    }
    Ok(progress.piece(Vec::new(), false))
}

/// Lets deleted versions go of their files, where whoever deleted them could not.
async fn unpin(context: &Context, permit: &Permit, mut progress: Progress) -> Result<Piece, Error> {
    let behind = progress.number;
    let next = |read: &mut Read<'_>| Ok::<_, Error>(read.versions_behind(behind, KEYS_PER_PIECE_MAX)?);
    let versions = context.store().read(permit, next).await?;
    for (version, _) in versions.iter().filter(|(_, is_deleted)| *is_deleted) {
        let files = unpin_one(context, permit, *version).await?;
        progress.count("files_let_go", i64::try_from(files).unwrap_or(i64::MAX));
    }
    match versions.last() {
        Some((last, _)) if versions.len() == KEYS_PER_PIECE_MAX => progress.behind(*last, ""),
        _ => progress.next_part(),
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
    let after = (progress.number, progress.text.clone());
    let next = |read: &mut Read<'_>| Ok::<_, Error>(read.condemned((after.0, &after.1), KEYS_PER_PIECE_MAX)?);
    let left = context.store().read(permit, next).await?;
    let last = left.last().filter(|_| left.len() == KEYS_PER_PIECE_MAX);
    let last = last.map(|last| (last.store.0, last.key.clone()));
    let (held, now) = (lease.clone(), context.now());
    let since = Timestamp(now.0.saturating_sub(CONDEMNED_KEPT_MS));
    let forget = move |tx: &mut Tx<'_>| {
        held.hold(tx, now)?;
        Ok::<_, Stop>(tx.forget_condemned(since, KEYS_PER_PIECE_MAX)?)
    };
    let forgotten = context.store().write(permit, forget).await?;
    let found = remove(context, permit, lease, left).await?;
    match last {
        Some((store, key)) => progress.behind(store, &key),
        // What could not be removed stays; it is not waited for.
        None if forgotten < KEYS_PER_PIECE_MAX => progress.next_part(),
        None => {}
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
    let keys = place.next_keys(&mut progress, &mut found).await?;
    let unused = place.unused(context, permit, keys, wanted.grace_ms, &mut progress).await?;
    if wanted.dry_run {
        let orphan = |blob| Finding::unused(FindingKind::Orphan, &place.destination, blob);
        found.extend(unused.iter().map(orphan));
    } else {
        let (held, now) = (lease.clone(), context.now());
        let condemn = move |tx: &mut Tx<'_>| {
            held.hold(tx, now)?;
            let keys: Vec<String> = unused.iter().map(|blob| blob.key.clone()).collect();
            let open = of_open_uploads(tx, &keys)?;
            let unused = unused.iter().filter(|blob| !open.contains(&blob.key));
            Ok::<_, Stop>(tx.condemn(unused.cloned().collect(), now)?)
        };
        let condemned = context.store().write(permit, condemn).await?;
        found.extend(remove(context, permit, lease, condemned).await?);
    }
    Ok(progress.piece(found, false))
}

/// Removes condemned bytes. Those of a place that cannot be opened, and those that cannot be removed, stay condemned.
async fn remove(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    condemned: Vec<Condemned>,
) -> Result<Vec<Finding>, Stop> {
    let destinations = Destinations::all(context, permit).await?;
    let removals = stream::iter(condemned).map(|blob| remove_one(context, &destinations, blob));
    let removed: Vec<Option<(Condemned, Finding)>> =
        removals.buffered(LOOKS_AT_ONCE_MAX).try_collect().await?;
    let (blobs, found): (Vec<Condemned>, Vec<Finding>) = removed.into_iter().flatten().unzip();
    let is_gone = |(_, finding): &(&Condemned, &Finding)| finding.kind == FindingKind::Removed;
    let gone: Vec<Condemned> =
        blobs.iter().zip(&found).filter(is_gone).map(|(blob, _)| blob.clone()).collect();
    let (held, now) = (lease.clone(), context.now());
    let apply = move |tx: &mut Tx<'_>| {
        held.hold(tx, now)?;
        Ok::<_, Stop>(tx.set_removed(&gone, now)?)
    };
    context.store().write(permit, apply).await?;
    Ok(found)
}

/// What became of it; nothing where its place cannot be opened. Only a store that is away holds up the others.
async fn remove_one(
    context: &Context,
    destinations: &Destinations,
    blob: Condemned,
) -> Result<Option<(Condemned, Finding)>, Error> {
    let Ok(blobs) = context.open_place(blob.store).await? else { return Ok(None) };
    let destination = destinations.of(blob.store);
    let why = match stored_key(&blob.key) {
        Err(error) => error.to_string(),
        Ok(key) => match blobs.remove(&key).await {
            Ok(()) => {
                let finding = Finding::unused(FindingKind::Removed, &destination, &blob);
                return Ok(Some((blob, finding)));
            }
            Err(error @ (BlobError::Unavailable { .. } | BlobError::Busy)) => return Err(failed(error)),
            Err(error) => error.to_string(),
        },
    };
    let finding = Finding::unused(FindingKind::Stuck, &destination, &blob);
    Ok(Some((blob, Finding { detail: Some(why), ..finding })))
}

/// Gives up uploads to any place that did not go on for the grace.
async fn give_up_uploads(
    context: &Context,
    permit: &Permit,
    wanted: &Collect,
    mut progress: Progress,
) -> Result<Piece, Error> {
    let (mut found, since) = (Vec::new(), age_of_grace(context, wanted.grace_ms));
    let name = if wanted.dry_run { "uploads_to_give_up" } else { "uploads_given_up" };
    while let Some(place) = places::current(context, permit, &mut progress, &mut Vec::new()).await? {
        let blobs = &place.blobs;
        let given_up =
            if wanted.dry_run { blobs.count_uploads(since).await } else { blobs.sweep_uploads(since).await };
        match given_up {
            Ok(given_up) => progress.count(name, i64::try_from(given_up).unwrap_or(i64::MAX)),
            Err(error @ (BlobError::Unavailable { .. } | BlobError::Busy)) => return Err(failed(error)),
            Err(error) => found.push(Finding::of_place(&place.destination, "", error.to_string())),
        }
        progress.behind(place.id.0 + 1, "");
    }
    Ok(progress.piece(found, true))
}
