//! Statements about what vouches for a version's source: runs and logged models, and where their artifacts are.

use tiltyard_domain::entity::ArtifactLocation;
use tiltyard_domain::logged_models;

use crate::engine::params;
use crate::experiments::location;
use crate::runs::artifacts_of;
use crate::{Error, Read};

impl Read<'_> {
    /// Where the artifacts of a run go.
    pub fn run_location(&mut self, run_id: &str) -> Result<Option<ArtifactLocation>, Error> {
        let experiment = self.one(
            "SELECT e.store, s.root, e.location
             FROM runs r JOIN experiments e ON e.id = r.experiment LEFT JOIN stores s ON s.id = e.store
             WHERE r.workspace = ?1 AND r.run_id = ?2",
            &params![self.workspace(), run_id],
            |row| location(row, 0),
        )?;
        Ok(experiment.map(|location| artifacts_of(&location, run_id)))
    }

    /// Where the files of a logged model are, and the run that made it.
    pub fn logged_model_origin(
        &mut self,
        model_id: &str,
    ) -> Result<Option<(ArtifactLocation, Option<String>)>, Error> {
        let found = self.one(
            "SELECT e.store, s.root, e.location, l.source_run_id
             FROM logged_models l JOIN experiments e ON e.id = l.experiment LEFT JOIN stores s ON s.id = e.store
             WHERE l.workspace = ?1 AND l.model_id = ?2 AND l.deleted = 0",
            &params![self.workspace(), model_id],
            |row| Ok((location(row, 0)?, row.get(3)?)),
        )?;
        Ok(found.map(|(location, run)| (location.below(&logged_models::folder(model_id)), run)))
    }
}
