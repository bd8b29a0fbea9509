//! Statements about the files that versions pin, and about where the artifacts of runs, logged models and versions are.
//! What it takes for a version to be verified is a rule of the use cases.

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::entity::ArtifactLocation;

use crate::artifacts::{Span, StoredFile, size, stored_file};
use crate::engine::params;
use crate::experiments::location;
use crate::{Error, Read};

/// Where a version's bytes came from, and whether it has pinned them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionOrigin {
    /// The store's key of the version.
    pub id: i64,
    /// Where it was registered from.
    pub source: String,
    /// What `source` stood for when that was another place.
    pub storage_location: Option<String>,
    /// Whether its bytes are pinned.
    pub is_pinned: bool,
}

impl Read<'_> {
    /// Where the artifacts of a run are, deleted or not.
    pub fn run_location(&mut self, run_id: &str) -> Result<Option<ArtifactLocation>, Error> {
        let experiment = self.one(
            "SELECT e.store, e.location FROM runs r JOIN experiments e ON e.id = r.experiment
             WHERE r.workspace = ?1 AND r.run_id = ?2",
            &params![self.workspace(), run_id],
            |row| Ok(location(row.get(0)?, row.get(1)?)),
        )?;
        Ok(experiment.map(|experiment| experiment.below(&format!("{run_id}/artifacts"))))
    }

    /// Where the artifacts of a logged model are, unless it is deleted.
    pub fn logged_model_location(&mut self, model_id: &str) -> Result<Option<ArtifactLocation>, Error> {
        let experiment = self.one(
            "SELECT e.store, e.location FROM logged_models m JOIN experiments e ON e.id = m.experiment
             WHERE m.workspace = ?1 AND m.model_id = ?2 AND m.deleted = 0",
            &params![self.workspace(), model_id],
            |row| Ok(location(row.get(0)?, row.get(1)?)),
        )?;
        Ok(experiment.map(|experiment| experiment.below(&format!("models/{model_id}/artifacts"))))
    }

    /// Where the bytes of a version came from.
    pub fn version_origin(&mut self, model: &str, number: i64) -> Result<Option<VersionOrigin>, Error> {
        self.one(
            "SELECT v.id, v.source, v.storage_location, v.manifest_digest IS NOT NULL
             FROM versions v JOIN models m ON m.id = v.model
             WHERE m.workspace = ?1 AND m.name = ?2 AND m.deleted_ms IS NULL AND v.number = ?3
             AND v.deleted_ms IS NULL",
            &params![self.workspace(), model, number],
            |row| {
                Ok(VersionOrigin {
                    id: row.get(0)?,
                    source: row.get(1)?,
                    storage_location: row.get(2)?,
                    is_pinned: row.get(3)?,
                })
            },
        )
    }

    /// A file that a version pins.
    pub fn pinned_file(&mut self, version: i64, path: &ArtifactPath) -> Result<Option<StoredFile>, Error> {
        self.one(
            "SELECT f.key, f.size_bytes, f.sha256
             FROM version_files f JOIN versions v ON v.id = f.version JOIN models m ON m.id = v.model
             WHERE m.workspace = ?1 AND f.version = ?2 AND f.path = ?3 AND v.deleted_ms IS NULL",
            &params![self.workspace(), version, path.as_str()],
            stored_file,
        )
    }

    /// The first files of a stretch of what a version pins, with their sizes, in the order of their paths' bytes.
    pub fn pinned_files_in(
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
}
