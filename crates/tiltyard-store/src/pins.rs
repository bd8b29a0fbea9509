//! Statements about the files that versions pin: read through a version, these are the bytes, whatever happened to the
//! path since. What it takes for a version to be verified is a rule of the use cases.

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::entity::BlobStoreId;

use crate::artifacts::{Detached, Span, StoredFile, size, stored_file};
use crate::engine::params;
use crate::{Error, Read, Tx};

/// What is known of the bytes of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The digest over its manifest, hexadecimal; none where nothing is pinned.
    pub manifest_digest: Option<String>,
    /// Why it is not verified; none when it is.
    pub unverified_reason: Option<String>,
}

impl Read<'_> {
    /// A file that a version pins.
    pub fn pinned_file(&mut self, version: i64, path: &ArtifactPath) -> Result<Option<StoredFile>, Error> {
        self.one(
            "SELECT f.store, f.key, f.size_bytes, f.sha256
             FROM version_files f JOIN versions v ON v.id = f.version JOIN models m ON m.id = v.model
             WHERE m.workspace = ?1 AND f.version = ?2 AND f.path = ?3 AND v.deleted_ms IS NULL",
            &params![self.workspace(), version, path.as_str()],
            stored_file,
        )
    }

    /// The first paths of a stretch of what a version pins with their sizes, in the order of their bytes.
    pub fn pinned_in(
        &mut self,
        version: i64,
        span: &Span,
        limit: usize,
    ) -> Result<Vec<(String, u64)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT f.path, f.size_bytes
             FROM version_files f JOIN versions v ON v.id = f.version JOIN models m ON m.id = v.model
             WHERE m.workspace = ?1 AND f.version = ?2 AND f.path > ?3 AND f.path < ?4 AND v.deleted_ms IS NULL
             ORDER BY f.path LIMIT ?5",
            &params![self.workspace(), version, &span.after, &span.before, limit],
            |row| Ok((row.get(0)?, size(row.get(1)?)?)),
        )
    }

    /// The first files that a version pins behind a path, in the order of their paths' bytes.
    pub fn manifest_page(
        &mut self,
        version: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, StoredFile)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT f.store, f.key, f.size_bytes, f.sha256, f.path
             FROM version_files f JOIN versions v ON v.id = f.version JOIN models m ON m.id = v.model
             WHERE m.workspace = ?1 AND f.version = ?2 AND f.path > ?3 AND v.deleted_ms IS NULL
             ORDER BY f.path LIMIT ?4",
            &params![self.workspace(), version, after, limit],
            |row| Ok((row.get(4)?, stored_file(row)?)),
        )
    }

    /// The versions of a model that pin files, deleted ones included.
    pub fn pinning_versions(&mut self, model: i64) -> Result<Vec<i64>, Error> {
        self.all(
            "SELECT id FROM versions WHERE model = ?1 AND manifest_digest IS NOT NULL",
            &params![model],
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Lets a new version pin every file inside a folder.
    pub fn pin_folder(&mut self, version: i64, folder: &ArtifactPath) -> Result<(), Error> {
        let workspace = self.workspace();
        let span = Span::inside(Some(folder));
        let first = i64::try_from(span.after.chars().count()).unwrap_or(i64::MAX).saturating_add(1);
        self.execute(
            "INSERT INTO version_files (version, path, store, key, size_bytes, sha256)
             SELECT ?1, substr(path, CAST(?5 AS INTEGER)), store, key, size_bytes, sha256 FROM artifacts
             WHERE workspace = ?2 AND path > ?3 AND path < ?4",
            &params![version, workspace, &span.after, &span.before, first],
        )?;
        Ok(())
    }

    /// Lets a new version pin what another one pins, and says of it what is known of the other.
    pub fn pin_same(&mut self, version: i64, original: i64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO version_files (version, path, store, key, size_bytes, sha256)
             SELECT ?1, path, store, key, size_bytes, sha256 FROM version_files WHERE version = ?2",
            &params![version, original],
        )?;
        self.execute(
            "UPDATE versions SET (manifest_digest, verified, unverified_reason) =
                 (SELECT o.manifest_digest, o.verified, o.unverified_reason FROM versions o WHERE o.id = ?2)
             WHERE id = ?1",
            &params![version, original],
        )?;
        Ok(())
    }

    /// Says what is known of a version's bytes.
    pub fn set_verification(&mut self, version: i64, known: &Verification) -> Result<(), Error> {
        let is_verified = known.unverified_reason.is_none();
        self.send(
            "UPDATE versions SET manifest_digest = ?2, verified = ?3, unverified_reason = ?4 WHERE id = ?1",
            &params![
                version,
                known.manifest_digest.as_deref(),
                is_verified,
                known.unverified_reason.as_deref()
            ],
        )
    }

    /// Lets go of the first files that a version pins, at most `limit`, and tells which bytes they referred to.
    pub fn unpin(&mut self, version: i64, limit: usize) -> Result<Vec<Detached>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found: Vec<(String, Detached)> = self.all(
            "SELECT f.path, f.store, f.key,
                 EXISTS (SELECT 1 FROM version_files o
                     WHERE o.store = f.store AND o.key = f.key AND o.version <> f.version)
                 OR EXISTS (SELECT 1 FROM artifacts a
                     WHERE a.workspace IN (SELECT w.id FROM workspaces w) AND a.path = f.key AND a.key = f.key
                         AND a.store = f.store)
                 OR EXISTS (SELECT 1 FROM artifacts a
                     WHERE a.store = f.store AND a.key = f.key AND a.key <> a.path)
             FROM version_files f WHERE f.version = ?1 ORDER BY f.path LIMIT ?2",
            &params![version, limit],
            |row| {
                let store = BlobStoreId(row.get(1)?);
                Ok((row.get(0)?, Detached { store, key: row.get(2)?, is_needed: row.get(3)? }))
            },
        )?;
        if let Some((last, _)) = found.last() {
            self.execute(
                "DELETE FROM version_files WHERE version = ?1 AND path <= ?2",
                &params![version, last],
            )?;
        }
        Ok(found.into_iter().map(|(_, detached)| detached).collect())
    }
}
