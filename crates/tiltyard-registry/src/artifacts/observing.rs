//! Versions whose files lie where clients write by themselves. Nothing keeps those files as they are, so the server looks: soon
//! after the version is registered it hashes them and keeps what it saw, and before a pointer moves to the version, and when
//! somebody reads it, it compares.
//!
//! Comparing is cheap as long as nothing was written since: each file has a mark that tells. Only files with another mark are
//! hashed again.

use std::collections::BTreeMap;
use std::sync::Arc;

use tiltyard_blobs::{Observed, ObservedStore, sha256_of};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::{Permit, limits};
use tiltyard_store::{Observation, ObservedFile, Tx};

use super::pin::{Seen, digest_of};
use super::{Folder, failed};
use crate::limits::{CHECKED_AGAIN_AFTER_MS, HASH_ATTEMPTS_MAX, LOOK_PATIENCE};
use crate::{Context, Error};

/// Why nothing vouches for a version whose files nobody has looked at yet.
pub(super) const NOT_LOOKED_AT: &str = "its files are observed, not kept: they lie where clients write by themselves, and have not been looked at yet";

/// What became of files since they were first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Nobody has looked at them yet.
    NotYet,
    /// They are what they were.
    Same,
    /// They are not, in these words.
    Altered(String),
}

/// Compares the files of a version that somebody reads, in the background, unless that was just done or others are at it.
pub(super) fn check_soon(context: &Context, permit: &Permit, version: i64) {
    let Some(turn) = context.turn_to_compare() else { return };
    let (context, permit) = (context.clone(), permit.clone());
    tokio::spawn(async move {
        if let Err(failure) = check_again(&context, &permit, version).await {
            tracing::warn!(%failure, version, "the files of a version could not be compared");
        }
        drop(turn);
    });
}

/// The next version behind that one that nobody has looked at yet.
pub(crate) async fn next_to_look_at(
    context: &Context,
    permit: &Permit,
    after: i64,
) -> Result<Option<i64>, Error> {
    context.store().read(permit, move |read| Ok(read.next_to_look_at(after)?)).await
}

async fn check_again(context: &Context, permit: &Permit, version: i64) -> Result<(), Error> {
    let known = context.store().read(permit, |read| Ok::<_, Error>(read.observation(version)?)).await?;
    let last = known.and_then(|known| known.checked.or(known.looked));
    if last.is_some_and(|last| context.now().0.saturating_sub(last.0) >= CHECKED_AGAIN_AFTER_MS) {
        check(context, permit, version).await?;
    }
    Ok(())
}

/// Hashes the files of a version and keeps what was seen, unless that was done before.
pub(crate) async fn look(context: &Context, permit: &Permit, version: i64) -> Result<(), Error> {
    let found = context.store().read(permit, |read| Ok::<_, Error>(read.observation(version)?)).await?;
    let Some(mut seen) = found.filter(|known| known.looked.is_none()) else { return Ok(()) };
    let Some(folder) = context.observed_below(&seen.uri)? else { return Ok(()) };
    let (files, fault) = match all_files(context, &folder).await? {
        Ok(found) => (hashed(context, &folder, &found).await?, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    seen.looked = Some(context.now());
    seen.manifest_digest = match &fault {
        None => Some(digest(&files)?),
        Some(_) => None,
    };
    seen.fault = fault;
    let record = move |tx: &mut Tx<'_>| {
        tx.record_observation(version, &seen, &files)?;
        Ok::<_, Error>(tx.set_unverified_reason(version, &reason(&seen))?)
    };
    context.store().write(permit, record).await
}

/// Compares the files of a version with what was first seen, and keeps the outcome; `None` for a version whose bytes this
/// server keeps itself, or where it cannot look.
pub(crate) async fn check(
    context: &Context,
    permit: &Permit,
    version: i64,
) -> Result<Option<Checked>, Error> {
    let found = context.store().read(permit, |read| Ok::<_, Error>(read.observation(version)?)).await?;
    let Some(known) = found else { return Ok(None) };
    let Some(folder) = context.observed_below(&known.uri)? else { return Ok(None) };
    if known.looked.is_none() {
        context.wish_to_look();
        return Ok(Some(Checked::NotYet));
    }
    let before = context.store().scan(permit, move |read| {
        Ok::<_, Error>(read.observed_files(version, "", limits::MANIFEST_FILES_MAX)?)
    });
    let before: BTreeMap<String, ObservedFile> = before.await?.into_iter().collect();
    let comparing = compare(context, &folder, &before);
    let compared = tokio::time::timeout(LOOK_PATIENCE, comparing).await;
    let (altered, marks) =
        compared.map_err(|_| Error::Broken("comparing files took too long".to_owned()))??;
    let now = context.now();
    let outcome = altered.clone().map_or(Checked::Same, Checked::Altered);
    let reason = reason(&Observation { altered: altered.clone(), ..known });
    let record = move |tx: &mut Tx<'_>| {
        tx.record_marks(version, &marks)?;
        tx.record_check(version, altered.as_deref(), now)?;
        Ok::<_, Error>(tx.set_unverified_reason(version, &reason)?)
    };
    context.store().write(permit, record).await?;
    Ok(Some(outcome))
}

/// How the files differ, and the new marks of those that were written again with the same bytes.
async fn compare(
    context: &Context,
    folder: &Folder,
    before: &BTreeMap<String, ObservedFile>,
) -> Result<(Option<String>, Vec<(String, String)>), Error> {
    let now = match all_files(context, folder).await? {
        Ok(found) => found,
        Err(fault) => return Ok((Some(fault), Vec::new())),
    };
    let now: BTreeMap<&str, &(ArtifactPath, Observed)> =
        now.iter().map(|file| (file.0.as_str(), file)).collect();
    if let Some(gone) = before.keys().find(|path| !now.contains_key(path.as_str())) {
        return Ok((Some(format!("'{gone}' is gone")), Vec::new()));
    }
    let mut marks = Vec::new();
    for (path, file) in now {
        let Some(known) = before.get(path) else {
            return Ok((Some(format!("'{path}' has come")), Vec::new()));
        };
        if file.1.mark == known.mark && file.1.size_bytes == known.size_bytes {
            continue;
        }
        let (seen, sha256) = hash(context.observed()?, folder, &file.0).await?;
        if sha256 != known.sha256 {
            return Ok((Some(format!("'{path}' has other bytes")), Vec::new()));
        }
        marks.push((path.to_owned(), seen.mark));
    }
    Ok((None, marks))
}

/// The files inside a folder, or why they make no version.
async fn all_files(
    context: &Context,
    folder: &Folder,
) -> Result<Result<Vec<(ArtifactPath, Observed)>, String>, Error> {
    let found =
        context.observed()?.files(folder.as_ref(), limits::MANIFEST_FILES_MAX).await.map_err(failed)?;
    Ok(match found.misnamed {
        Some(name) => Err(format!("the name of the file or folder '{name}' is not allowed")),
        None if found.files.is_empty() => Err("there are no files".to_owned()),
        None if found.files.len() > limits::MANIFEST_FILES_MAX => {
            Err(format!("there are more than {} files", limits::MANIFEST_FILES_MAX))
        }
        None => Ok(found.files),
    })
}

async fn hashed(
    context: &Context,
    folder: &Folder,
    found: &[(ArtifactPath, Observed)],
) -> Result<Vec<(String, ObservedFile)>, Error> {
    let mut files = Vec::with_capacity(found.len());
    for (path, _) in found {
        let (seen, sha256) = hash(context.observed()?, folder, path).await?;
        let file = ObservedFile { size_bytes: seen.size_bytes, sha256, mark: seen.mark };
        files.push((path.to_string(), file));
    }
    Ok(files)
}

/// Reads a file once, in constant memory. It has to have the same mark afterwards, else it was written meanwhile.
async fn hash(
    store: &Arc<dyn ObservedStore>,
    folder: &Folder,
    path: &ArtifactPath,
) -> Result<(Observed, Sha256Digest), Error> {
    let whole = match folder {
        Some(folder) => folder.join(path)?,
        None => path.clone(),
    };
    for _ in 0..HASH_ATTEMPTS_MAX {
        let Some(opened) = store.read(&whole, None).await.map_err(failed)? else { continue };
        let Ok(sha256) = sha256_of(opened.bytes).await else { continue };
        if store.look(&whole).await.map_err(failed)?.as_ref() == Some(&opened.seen) {
            return Ok((opened.seen, sha256));
        }
    }
    Err(Error::Broken(format!("'{whole}' cannot be read, or is being written all the time")))
}

fn digest(files: &[(String, ObservedFile)]) -> Result<String, Error> {
    digest_of(files.iter().map(|(path, file)| Seen {
        path,
        size_bytes: file.size_bytes,
        sha256: file.sha256,
    }))
}

/// What everybody is told of a version whose files are observed.
fn reason(known: &Observation) -> String {
    let so_far = "its files are observed, not kept: they lie where clients write by themselves";
    match known {
        Observation { altered: Some(altered), .. } => {
            format!("its files are not what they were when they were first seen: {altered}")
        }
        Observation { fault: Some(fault), .. } => format!("{so_far}, and {fault}"),
        Observation { manifest_digest: Some(digest), .. } => {
            format!("{so_far}. When they were last compared, they were those with the digest {digest}")
        }
        Observation { .. } => NOT_LOOKED_AT.to_owned(),
    }
}
