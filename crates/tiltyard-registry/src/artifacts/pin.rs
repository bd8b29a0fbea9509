//! A new version pins its files: whatever happens to their paths later, read through the version they stay what they were.
//!
//! Looking at the files takes time, so it is done before the transaction; the transaction then checks that they are still
//! the same. Nothing is copied: the version comes to refer to the keys that the paths refer to now.

use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use tiltyard_blobs::BlobError;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::artifact_uri::{self, Meaning};
use tiltyard_domain::digest::{Manifest, ManifestEntry, Sha256Digest};
use tiltyard_domain::{Permit, limits};
use tiltyard_store::{Read, Span, StoredFile, Tx, Verification};

use super::failed;
use super::mlmodel::named_paths;
use super::observing::NOT_LOOKED_AT;
use super::open::stored_key;
use crate::limits::LOOKS_AT_ONCE_MAX;
use crate::{Context, Error};

/// The file that describes a model.
const MLMODEL: &str = "MLmodel";

/// Where the bytes of a new version are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Pinned by another version.
    Version(i64),
    /// At a URI.
    Uri(String),
    /// Nowhere: it is a prompt.
    Nowhere,
}

/// What a new version will pin, and what is known of it.
#[derive(Debug, Clone)]
pub(crate) enum Pinning {
    /// What another version pins.
    Same(i64),
    /// The files of a folder, as they were when they were looked at.
    Folder { folder: ArtifactPath, files: Vec<(String, StoredFile)>, known: Verification },
    /// Nothing, but the files are to be looked at: they lie where clients write by themselves.
    Observed { uri: String },
    /// Nothing, for this reason, if there is one to be told.
    Nothing(Option<String>),
}

/// Looks at the files that a new version will pin.
pub(crate) async fn prepare(context: &Context, permit: &Permit, origin: &Origin) -> Result<Pinning, Error> {
    let uri = match origin {
        Origin::Version(original) => return Ok(Pinning::Same(*original)),
        Origin::Uri(uri) => uri,
        Origin::Nowhere => return Ok(Pinning::Nothing(None)),
    };
    let nothing = |reason: String| Ok(Pinning::Nothing(Some(reason)));
    let folder = match artifact_uri::read(uri, context.hosts()) {
        Ok(Meaning::Own(Some(folder))) if context.serves_artifacts() => folder,
        Ok(_) if context.observed_below(uri).is_ok_and(|below| below.is_some()) => {
            return Ok(Pinning::Observed { uri: uri.clone() });
        }
        Ok(_) => return nothing("its source lies outside this server's own artifact store".to_owned()),
        Err(refusal) => return nothing(format!("its source cannot be read: {refusal}")),
    };
    let wanted = folder.clone();
    let files = context.store().scan(permit, move |read| files_in(read, &wanted)).await?;
    if files.is_empty() {
        return nothing("there are no files at its source".to_owned());
    }
    if files.len() > limits::MANIFEST_FILES_MAX {
        return nothing(format!("it has more than {} files", limits::MANIFEST_FILES_MAX));
    }
    let manifest = manifest(files.iter().map(|(path, file)| Seen {
        path,
        size_bytes: file.size_bytes,
        sha256: file.sha256,
    }))?;
    let unverified_reason = fault(context, &files, &manifest).await?;
    let manifest_digest = Some(digest_over(&manifest));
    Ok(Pinning::Folder { folder, files, known: Verification { manifest_digest, unverified_reason } })
}

impl Pinning {
    /// Whether the files are still those that were looked at.
    pub(crate) fn is_current(&self, read: &mut Read<'_>) -> Result<bool, Error> {
        match self {
            Self::Folder { folder, files, .. } => Ok(files_in(read, folder)? == *files),
            Self::Same(_) | Self::Observed { .. } | Self::Nothing(_) => Ok(true),
        }
    }

    /// Lets the version pin the files, which must be current.
    pub(crate) fn apply(&self, tx: &mut Tx<'_>, version: i64) -> Result<(), Error> {
        match self {
            Self::Same(original) => tx.pin_same(version, *original)?,
            Self::Folder { folder, known, .. } => {
                tx.pin_folder(version, folder)?;
                tx.set_verification(version, known)?;
            }
            Self::Observed { uri } => tx.insert_observation(version, uri)?,
            Self::Nothing(_) => {}
        }
        Ok(())
    }

    /// Whether somebody has to look at the version's files once it is registered.
    pub(crate) fn is_to_be_looked_at(&self) -> bool {
        matches!(self, Self::Observed { .. })
    }

    /// Why nothing vouches for the version's bytes, where that is known before it is made.
    pub(crate) fn unverified_reason(&self) -> Option<String> {
        match self {
            Self::Observed { .. } => Some(NOT_LOOKED_AT.to_owned()),
            Self::Nothing(reason) => reason.clone(),
            Self::Same(_) | Self::Folder { .. } => None,
        }
    }
}

/// The files inside a folder, by their paths inside it; one more than a version may pin, if there are more.
fn files_in(read: &mut Read<'_>, folder: &ArtifactPath) -> Result<Vec<(String, StoredFile)>, Error> {
    let span = Span::inside(Some(folder));
    let mut files = read.artifact_files_in(&span, limits::MANIFEST_FILES_MAX + 1)?;
    for (path, _) in &mut files {
        path.drain(..span.after.len());
    }
    Ok(files)
}

/// A file as it goes into a manifest.
pub(super) struct Seen<'a> {
    pub(super) path: &'a str,
    pub(super) size_bytes: u64,
    pub(super) sha256: Sha256Digest,
}

/// The digest over the manifest of these files.
pub(super) fn digest_of<'a>(files: impl Iterator<Item = Seen<'a>>) -> Result<String, Error> {
    Ok(digest_over(&manifest(files)?))
}

fn digest_over(manifest: &Manifest) -> String {
    let digest: [u8; 32] = Sha256::digest(manifest.canonical_text()).into();
    Sha256Digest::from_bytes(digest).to_string()
}

fn manifest<'a>(files: impl Iterator<Item = Seen<'a>>) -> Result<Manifest, Error> {
    let entry = |file: Seen<'_>| {
        let path = ArtifactPath::parse(file.path)?;
        Ok(ManifestEntry { path, size_bytes: file.size_bytes, sha256: file.sha256 })
    };
    let entries: Result<Vec<_>, Error> = files.map(entry).collect();
    Ok(Manifest::new(entries?)?)
}

/// Why the files do not make a verified version, if they do not.
async fn fault(
    context: &Context,
    files: &[(String, StoredFile)],
    manifest: &Manifest,
) -> Result<Option<String>, Error> {
    let Some((_, description)) = files.iter().find(|(path, _)| path == MLMODEL) else {
        return Ok(Some(format!("it has no {MLMODEL} file")));
    };
    if let Some(fault) = first_missing(context, files).await? {
        return Ok(Some(fault));
    }
    if description.size_bytes > limits::MLMODEL_BYTES_MAX {
        return Ok(Some(format!("its {MLMODEL} file is larger than {} bytes", limits::MLMODEL_BYTES_MAX)));
    }
    // Somebody may have written the file anew since, and then this is not what counts in the end.
    let Some(described) = content(context, description).await? else { return Ok(Some(missing(MLMODEL))) };
    match named_paths(&described) {
        Err(fault) => Ok(Some(format!("its {MLMODEL} file cannot be read: {fault}"))),
        Ok(named) => Ok(named.into_iter().find(|path| !is_there(manifest, path)).map(|path| {
            let path: String = path.chars().take(200).collect();
            format!("its {MLMODEL} file names '{path}', which is not there")
        })),
    }
}

/// Whether a manifest has a file or folder; a name that is no right path is not there.
fn is_there(manifest: &Manifest, named: &str) -> bool {
    match ArtifactPath::parse_folder(named) {
        Ok(None) => true,
        Ok(Some(path)) => manifest.has(&path),
        Err(_) => false,
    }
}

fn missing(path: &str) -> String {
    format!("the bytes of '{path}' are not there")
}

/// What is said of the first file whose bytes are not there, as many as they should be.
async fn first_missing(context: &Context, files: &[(String, StoredFile)]) -> Result<Option<String>, Error> {
    let looks = stream::iter(files.iter().map(|(path, file)| async move {
        let blobs = match context.open_place(file.store).await? {
            Ok(blobs) => blobs,
            Err(why) => {
                tracing::warn!("{why}");
                return Ok(Some(format!("'{path}' is in a place that could not be opened")));
            }
        };
        let found = blobs.stat(&stored_key(&file.key)?).await.map_err(failed)?;
        let is_there = found.is_some_and(|found| found.size_bytes == file.size_bytes);
        Ok::<_, Error>((!is_there).then(|| missing(path)))
    }));
    let mut faults = looks.buffered(LOOKS_AT_ONCE_MAX).try_filter_map(async |fault| Ok(fault)).boxed();
    faults.try_next().await
}

async fn content(context: &Context, file: &StoredFile) -> Result<Option<Vec<u8>>, Error> {
    let blobs = context.blobs_of(file.store).await?;
    let blob = match blobs.read(&stored_key(&file.key)?, None).await {
        Ok(blob) => blob,
        Err(BlobError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let pieces: Result<Vec<_>, _> = blob.bytes.try_collect().await;
    Ok(Some(pieces.map_err(|failure| Error::Broken(failure.to_string()))?.concat()))
}
