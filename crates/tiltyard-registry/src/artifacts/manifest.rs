//! What a version pins is shown, a page at a time.

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::{ManifestEntry, Sha256Digest};
use tiltyard_domain::entity::Version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::{Permit, limits};
use tiltyard_store::{Observation, Read};

use crate::{Context, Error, versions};

/// A version and a page of the files that it pins.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestPage {
    /// The version.
    pub version: Version,
    /// What was seen of its files, where they lie where clients write by themselves.
    pub observation: Option<Observation>,
    /// The files that it pins, or those that were seen, in the order of their paths' bytes.
    pub files: Vec<ManifestEntry>,
    /// Behind which path the next page begins; none on the last one.
    pub next: Option<String>,
}

/// The version with that number and the first files that it pins behind `after`.
///
/// # Errors
/// `NotFound` when there is no such version.
pub async fn manifest_page(
    context: &Context,
    permit: &Permit,
    model: &ModelName,
    number: i64,
    after: &str,
) -> Result<ManifestPage, Error> {
    context
        .store()
        .read(permit, |read| {
            let version = versions::load(read, model, number)?;
            let observation = match version.manifest_digest {
                Some(_) => None,
                None => read.observation(version.id)?,
            };
            let files = match observation {
                Some(_) => seen_files(read, version.id, after)?,
                None => pinned_files(read, version.id, after)?,
            };
            let is_full = files.len() == limits::MANIFEST_FILES_PER_PAGE;
            let next = files.last().filter(|_| is_full).map(|file| file.path.to_string());
            Ok(ManifestPage { version, observation, files, next })
        })
        .await
}

fn pinned_files(read: &mut Read<'_>, version: i64, after: &str) -> Result<Vec<ManifestEntry>, Error> {
    let files = read.manifest_page(version, after, limits::MANIFEST_FILES_PER_PAGE)?;
    files.into_iter().map(|(path, file)| entry(&path, file.size_bytes, file.sha256)).collect()
}

fn seen_files(read: &mut Read<'_>, version: i64, after: &str) -> Result<Vec<ManifestEntry>, Error> {
    let files = read.observed_files(version, after, limits::MANIFEST_FILES_PER_PAGE)?;
    files.into_iter().map(|(path, file)| entry(&path, file.size_bytes, file.sha256)).collect()
}

fn entry(path: &str, size_bytes: u64, sha256: Sha256Digest) -> Result<ManifestEntry, Error> {
    Ok(ManifestEntry { path: ArtifactPath::parse(path)?, size_bytes, sha256 })
}
