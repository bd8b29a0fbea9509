//! Every reference is compared with the bytes it refers to, and every key with what refers to it. Nothing is changed.

use futures_util::{StreamExt, TryStreamExt, stream};
use tiltyard_blobs::{BlobError, BlobStore, sha256_of};
use tiltyard_domain::Permit;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_store::{Reference, Referrers, StoredFile};

use super::lease::Stop;
use super::places::{self, Destinations};
use super::progress::{Finding, FindingKind, Piece, Progress};
use super::request::Check;
use crate::artifacts::{failed, stored_key};
use crate::limits::{LOOKS_AT_ONCE_MAX, REFERENCES_PER_PIECE_MAX};
use crate::{Context, Error};

pub(super) async fn piece(
    context: &Context,
    permit: &Permit,
    wanted: &Check,
    progress: Progress,
) -> Result<Piece, Stop> {
    match progress.part {
        0 => references(context, permit, wanted, Referrers::Paths, progress).await,
        1 => references(context, permit, wanted, Referrers::Versions, progress).await,
        _ => orphans(context, permit, wanted, progress).await,
    }
}

async fn references(
    context: &Context,
    permit: &Permit,
    wanted: &Check,
    referrers: Referrers,
    mut progress: Progress,
) -> Result<Piece, Stop> {
    let page = next(context, permit, referrers, &mut progress).await?;
    progress.count("files_checked", i64::try_from(page.len()).unwrap_or(i64::MAX));
    let destinations = Destinations::all(context, permit).await?;
    let looks = stream::iter(page).map(|reference| {
        let destinations = &destinations;
        async move {
            let fault = look(context, &reference.file, wanted.deep).await?;
            let Some((kind, detail)) = fault else { return Ok(None) };
            // Whoever deleted or moved it since has done nothing wrong.
            if !still_refers(context, permit, referrers, &reference).await? {
                return Ok(None);
            }
            let destination = destinations.of(reference.file.store);
            Ok::<_, Error>(Some(Finding::of_reference(kind, destination, referrers, reference, detail)))
        }
    });
    let found: Vec<Option<Finding>> = looks.buffered(LOOKS_AT_ONCE_MAX).try_collect().await?;
    Ok(progress.piece(found.into_iter().flatten().collect(), false))
}

/// The next references whose bytes were not looked at yet, and how far the job has come with them.
pub(super) async fn next(
    context: &Context,
    permit: &Permit,
    referrers: Referrers,
    progress: &mut Progress,
) -> Result<Vec<Reference>, Error> {
    let after = (progress.number, progress.text.clone());
    let page = context
        .store()
        .scan(permit, move |read| {
            let page = read.references(referrers, (after.0, &after.1), REFERENCES_PER_PIECE_MAX)?;
            let last = page.last().map(|last| (last.owner, last.path.clone()));
            let is_last = page.len() < REFERENCES_PER_PIECE_MAX;
            let page = if referrers == Referrers::Versions { only_first(read, &page)? } else { page };
            Ok::<_, Error>((page, last.filter(|_| !is_last)))
        })
        .await?;
    match &page.1 {
        Some((owner, path)) => progress.behind(*owner, path),
        None => progress.next_part(),
    }
    Ok(page.0)
}

/// Of the files that versions pin, those that no path holds, each only for the first of its versions.
fn only_first(read: &mut tiltyard_store::Read<'_>, page: &[Reference]) -> Result<Vec<Reference>, Error> {
    let mut stores: Vec<_> = page.iter().map(|reference| reference.file.store).collect();
    stores.sort_unstable();
    stores.dedup();
    let mut first = Vec::new();
    for store in stores {
        let of_store = page.iter().filter(|reference| reference.file.store == store);
        let keys: Vec<String> = of_store.clone().map(|reference| reference.file.key.clone()).collect();
        let (held, versions) = (read.keys_of_paths(store, &keys)?, read.first_versions_of(store, &keys)?);
        let is_first = |reference: &&Reference| {
            let key = &reference.file.key;
            !held.contains(key) && versions.get(key) == Some(&reference.owner)
        };
        first.extend(of_store.filter(is_first).cloned());
    }
    Ok(first)
}

/// Whether a reference that was read some time ago is so still.
pub(super) async fn still_refers(
    context: &Context,
    permit: &Permit,
    referrers: Referrers,
    reference: &Reference,
) -> Result<bool, Error> {
    let read = |read: &mut tiltyard_store::Read<'_>| Ok::<_, Error>(read.still_refers(referrers, reference)?);
    context.store().read(permit, read).await
}

/// What is wrong with the bytes, if anything is.
async fn look(
    context: &Context,
    file: &StoredFile,
    deep: bool,
) -> Result<Option<(FindingKind, Option<String>)>, Error> {
    let blobs = match context.open_place(file.store).await? {
        Ok(blobs) => blobs,
        Err(why) => return Ok(Some((FindingKind::Unreadable, Some(why)))),
    };
    match blobs.stat(&stored_key(&file.key)?).await {
        Ok(None) => return Ok(Some((FindingKind::Missing, None))),
        Ok(Some(stat)) if stat.size_bytes != file.size_bytes => {
            return Ok(Some((FindingKind::WrongSize, Some(format!("there are {} bytes", stat.size_bytes)))));
        }
        Ok(Some(_)) => {}
        Err(failure) => return Ok(Some((FindingKind::Unreadable, Some(failure.to_string())))),
    }
    if !deep {
        return Ok(None);
    }
    match digest(blobs.as_ref(), file).await {
        Ok(sha256) if sha256 == file.sha256 => Ok(None),
        Ok(sha256) => Ok(Some((FindingKind::Altered, Some(format!("their SHA-256 is {sha256}"))))),
        Err(failure) => Ok(Some((FindingKind::Unreadable, Some(failure.to_string())))),
    }
}

async fn digest(blobs: &dyn BlobStore, file: &StoredFile) -> Result<Sha256Digest, Error> {
    let blob = blobs.read(&stored_key(&file.key)?, None).await.map_err(failed)?;
    sha256_of(blob.bytes).await.map_err(|error| failed(BlobError::Interrupted(error)))
}

async fn orphans(
    context: &Context,
    permit: &Permit,
    wanted: &Check,
    mut progress: Progress,
) -> Result<Piece, Stop> {
    let mut found = Vec::new();
    let Some(place) = places::current(context, permit, &mut progress, &mut found).await? else {
        return Ok(progress.piece(found, true));
    };
    let keys = place.next_keys(&mut progress, &mut found).await?;
    let unused = place.unused(context, permit, keys, wanted.grace_ms, &mut progress).await?;
    let orphan = |blob| Finding::unused(FindingKind::Orphan, &place.destination, blob);
    found.extend(unused.iter().map(orphan));
    Ok(progress.piece(found, false))
}
