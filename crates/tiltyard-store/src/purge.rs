//! Statements that take deleted runs, logged models and experiments away for good. Deleting and restoring them stands with each.
//!
//! The row goes at once and leaves a note of what remains: rows below it and files. Those are cleared in portions, and a
//! crash in between leaves the note. Keys are never given twice, so nothing new can hang on the key of what is gone.

use tiltyard_domain::entity::{ArtifactLocation, StoreId};
use tiltyard_domain::{Timestamp, logged_models};

use crate::engine::{Row, params};
use crate::experiments::location;
use crate::{Error, Read, Tx};

/// What is purged by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purged {
    /// A run.
    Run = 0,
    /// A logged model.
    LoggedModel = 1,
}

/// Something deleted, before it is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purgeable {
    /// The store's key.
    pub key: i64,
    /// Whether a version that is not deleted came from it.
    pub is_kept: bool,
}

/// What is left of something that was purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// What it was.
    pub what: Purged,
    /// Its key.
    pub key: i64,
    /// Below which its files lie.
    pub location: ArtifactLocation,
}

impl Purged {
    fn read(number: i64) -> Result<Self, Error> {
        let found = [Self::Run, Self::LoggedModel].into_iter().find(|what| *what as i64 == number);
        found.ok_or_else(|| Error::Corrupt(format!("remains of what {number} means")))
    }
}

const RUNS: &str = "SELECT r.id, EXISTS (SELECT 1 FROM versions v WHERE v.run_id = r.run_id AND v.deleted_ms IS NULL)
     FROM runs r WHERE r.workspace = ?1 AND r.deleted = 1 AND r.id > ?2 AND r.deleted_ms <= ?3 ORDER BY r.id LIMIT ?4";
const LOGGED_MODELS: &str = "SELECT l.id, EXISTS (SELECT 1 FROM versions v
         WHERE v.logged_model_id = l.model_id AND v.deleted_ms IS NULL AND v.logged_model_id IS NOT NULL)
     FROM logged_models l WHERE l.workspace = ?1 AND l.deleted = 1 AND l.id > ?2 AND l.updated_ms <= ?3
     ORDER BY l.id LIMIT ?4";

const RUN: &str = "SELECT r.run_id, e.store, s.root, e.location
     FROM runs r JOIN experiments e ON e.id = r.experiment LEFT JOIN stores s ON s.id = e.store
     WHERE r.workspace = ?1 AND r.id = ?2 AND r.deleted = 1 AND r.deleted_ms <= ?3
     AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.run_id = r.run_id AND v.deleted_ms IS NULL)";
const LOGGED_MODEL: &str = "SELECT l.model_id, e.store, s.root, e.location
     FROM logged_models l JOIN experiments e ON e.id = l.experiment LEFT JOIN stores s ON s.id = e.store
     WHERE l.workspace = ?1 AND l.id = ?2 AND l.deleted = 1 AND l.updated_ms <= ?3
     AND NOT EXISTS (SELECT 1 FROM versions v
         WHERE v.logged_model_id = l.model_id AND v.deleted_ms IS NULL AND v.logged_model_id IS NOT NULL)";

/// What may be too much for one transaction, a portion at a time.
const OF_RUN_IN_PORTIONS: [&str; 2] = [
    "DELETE FROM metrics WHERE run = ?1 AND (key, step, time_ms, value, is_nan) IN (
         SELECT key, step, time_ms, value, is_nan FROM metrics WHERE run = ?1
         ORDER BY key, step, time_ms, value, is_nan LIMIT ?2)",
    "DELETE FROM logged_model_metrics
     WHERE run = ?1 AND (model, key, step, time_ms, dataset_name, dataset_digest) IN (
         SELECT model, key, step, time_ms, dataset_name, dataset_digest FROM logged_model_metrics WHERE run = ?1
         ORDER BY key, step, time_ms LIMIT ?2)",
];
const OF_RUN: [&str; 6] = [
    "DELETE FROM latest_metrics WHERE run = ?1",
    "DELETE FROM params WHERE run = ?1",
    "DELETE FROM run_tags WHERE run = ?1",
    "DELETE FROM run_dataset_tags WHERE run = ?1",
    "DELETE FROM run_datasets WHERE run = ?1",
    "DELETE FROM run_models WHERE run = ?1",
];
const OF_LOGGED_MODEL_IN_PORTIONS: [&str; 1] = ["DELETE FROM logged_model_metrics
     WHERE model = ?1 AND (key, run, step, time_ms, dataset_name, dataset_digest) IN (
         SELECT key, run, step, time_ms, dataset_name, dataset_digest FROM logged_model_metrics WHERE model = ?1
         ORDER BY key, run, step, time_ms LIMIT ?2)"];
const OF_LOGGED_MODEL: [&str; 2] =
    ["DELETE FROM logged_model_params WHERE model = ?1", "DELETE FROM logged_model_tags WHERE model = ?1"];

impl Read<'_> {
    /// Some of what was deleted no later than `before`, behind a key.
    pub fn purgeable(
        &mut self,
        what: Purged,
        before: Timestamp,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Purgeable>, Error> {
        let sql = match what {
            Purged::Run => RUNS,
            Purged::LoggedModel => LOGGED_MODELS,
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(sql, &params![self.workspace(), after, before.0, limit], |row| {
            Ok(Purgeable { key: row.get(0)?, is_kept: row.get(1)? })
        })
    }

    /// Experiments that were deleted no later than `before` and hold nothing any more, behind an id. The one that clients use
    /// who name none is never among them.
    pub fn purgeable_experiments(
        &mut self,
        before: Timestamp,
        after: i64,
        limit: usize,
    ) -> Result<Vec<i64>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT e.id FROM experiments e
             WHERE e.workspace = ?1 AND e.deleted = 1 AND e.updated_ms <= ?2 AND e.id > ?3 AND e.id <> 0
             AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.experiment = e.id)
             AND NOT EXISTS (SELECT 1 FROM logged_models l WHERE l.experiment = e.id)
             ORDER BY e.id LIMIT ?4",
            &params![self.workspace(), before.0, after, limit],
            |row| row.get(0),
        )
    }

    /// How many active logged models there are in experiments that were deleted no later than `before`.
    pub fn logged_models_of_deleted(&mut self, before: Timestamp) -> Result<i64, Error> {
        let counted = self.one(
            "SELECT COUNT(*) FROM experiments e JOIN logged_models l ON l.experiment = e.id AND l.deleted = 0
             WHERE e.workspace = ?1 AND e.deleted = 1 AND e.updated_ms <= ?2",
            &params![self.workspace(), before.0],
            |row| row.get(0),
        )?;
        Ok(counted.unwrap_or(0))
    }

    /// Something of which there are remains.
    pub fn remains(&mut self) -> Result<Option<Remains>, Error> {
        self.one(
            "SELECT r.what, r.key, r.store, s.root, r.location FROM remains r LEFT JOIN stores s ON s.id = r.store
             WHERE r.workspace = ?1 ORDER BY r.what, r.key LIMIT 1",
            &params![self.workspace()],
            |row| {
                let location = location(row, 2)?;
                Ok(Remains { what: Purged::read(row.get(0)?)?, key: row.get(1)?, location })
            },
        )
    }
}

impl Tx<'_> {
    /// Takes something away that was deleted no later than `before`, and notes what remains. False when it was restored, or a
    /// version came from it.
    pub fn purge(&mut self, what: Purged, key: i64, before: Timestamp) -> Result<bool, Error> {
        let workspace = self.workspace();
        let (find, remove) = match what {
            Purged::Run => (RUN, "DELETE FROM runs WHERE id = ?1"),
            Purged::LoggedModel => (LOGGED_MODEL, "DELETE FROM logged_models WHERE id = ?1"),
        };
        let found = self.one(find, &params![workspace, key, before.0], |row: &dyn Row| {
            let (id, experiment) = (row.get::<String>(0)?, location(row, 1)?);
            Ok(experiment.below(&match what {
                Purged::Run => id,
                Purged::LoggedModel => logged_models::folder(&id),
            }))
        })?;
        let Some(location) = found else { return Ok(false) };
        let (store, location) = match &location {
            ArtifactLocation::Stored { store: StoreId(store), key, .. } => (Some(*store), key),
            ArtifactLocation::Elsewhere(uri) => (None, uri),
        };
        self.send(
            "INSERT INTO remains (workspace, what, key, store, location) VALUES (?1, ?2, ?3, ?4, ?5)",
            &params![workspace, what as i64, key, store, location],
        )?;
        self.send(remove, &params![key])?;
        Ok(true)
    }

    /// Deletes active logged models of experiments that were deleted no later than `before`, at most `limit` of them; says how many.
    /// Runs are deleted with their experiment, logged models are not: purging it comes to them here.
    pub fn delete_logged_models_of_deleted(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, Error> {
        let (workspace, limit) = (self.workspace(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.execute(
            "UPDATE logged_models SET deleted = 1, updated_ms = ?2 WHERE id IN (
                 SELECT l.id FROM experiments e JOIN logged_models l ON l.experiment = e.id AND l.deleted = 0
                 WHERE e.workspace = ?1 AND e.deleted = 1 AND e.updated_ms <= ?2 LIMIT ?3)",
            &params![workspace, before.0, limit],
        )
    }

    /// Takes an experiment away that holds nothing, with its tags and the data sets that its runs named.
    pub fn purge_experiment(&mut self, id: i64) -> Result<(), Error> {
        for sql in [
            "DELETE FROM experiment_tags WHERE experiment = ?1",
            "DELETE FROM datasets WHERE experiment = ?1",
            "DELETE FROM experiments WHERE id = ?1",
        ] {
            self.send(sql, &params![id])?;
        }
        Ok(())
    }

    /// Clears rows that remain, of the largest tables at most `limit` each. Says whether that was all; then the note is gone.
    pub fn clear(&mut self, remains: &Remains, limit: usize) -> Result<bool, Error> {
        let (in_portions, others): (&[&str], &[&str]) = match remains.what {
            Purged::Run => (&OF_RUN_IN_PORTIONS, &OF_RUN),
            Purged::LoggedModel => (&OF_LOGGED_MODEL_IN_PORTIONS, &OF_LOGGED_MODEL),
        };
        let portion = i64::try_from(limit).unwrap_or(i64::MAX);
        for sql in in_portions {
            if self.execute(sql, &params![remains.key, portion])? >= limit {
                return Ok(false);
            }
        }
        for sql in others {
            self.send(sql, &params![remains.key])?;
        }
        let workspace = self.workspace();
        self.send(
            "DELETE FROM remains WHERE workspace = ?1 AND what = ?2 AND key = ?3",
            &params![workspace, remains.what as i64, remains.key],
        )?;
        Ok(true)
    }
}
