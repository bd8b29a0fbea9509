//! What a version pins is shown, a page at a time.

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::ManifestEntry;
use tiltyard_domain::entity::Version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::{Permit, limits};

use crate::{Context, Error, versions};

/// A version and a page of the files that it pins.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestPage {
    /// The version.
    pub version: Version,
    /// Files in the order of their paths' bytes.
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
            let files = read.manifest_page(version.id, after, limits::MANIFEST_FILES_PER_PAGE)?;
            let is_full = files.len() == limits::MANIFEST_FILES_PER_PAGE;
            let next = files.last().filter(|_| is_full).map(|(path, _)| path.clone());
            let entry = |(path, file): (String, tiltyard_store::StoredFile)| {
                let path = ArtifactPath::parse(&path)?;
                Ok(ManifestEntry { path, size_bytes: file.size_bytes, sha256: file.sha256 })
            };
            let files: Result<Vec<_>, Error> = files.into_iter().map(entry).collect();
            Ok(ManifestPage { version, files: files?, next })
        })
        .await
}
