//! Statements about single params and tags of a run.
//! Metrics stand in `metrics`, reading all that a run logged in `runs`.

use tiltyard_domain::entity::{Param, Tag};

use crate::engine::params;
use crate::{Error, Read, RunRow, Tx};

impl Read<'_> {
    /// The value of a tag of a run.
    pub fn run_tag(&mut self, run: RunRow, key: &str) -> Result<Option<String>, Error> {
        self.one(
            "SELECT t.value FROM run_tags t JOIN keys k ON k.id = t.key WHERE t.run = ?1 AND k.name = ?2",
            &params![run.key, key],
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Logs a param. Where the run has another value for the key, that value stays and is given back.
    pub fn log_param(&mut self, run: RunRow, param: &Param) -> Result<Option<String>, Error> {
        let key = self.key_made(&param.key)?;
        let inserted = self.execute(
            "INSERT INTO params (run, key, experiment, started_ms, value) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            &params![run.key, key, run.experiment, run.started.0, &param.value],
        )?;
        if inserted > 0 {
            return Ok(None);
        }
        let standing = self.one(
            "SELECT value FROM params WHERE run = ?1 AND key = ?2",
            &params![run.key, key],
            |row| row.get::<String>(0),
        )?;
        Ok(standing.filter(|value| *value != param.value))
    }

    /// Sets a tag of a run.
    pub fn set_run_tag(&mut self, run: RunRow, tag: &Tag) -> Result<(), Error> {
        let key = self.key_made(&tag.key)?;
        self.execute(
            "INSERT INTO run_tags (run, key, experiment, started_ms, value) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
            &params![run.key, key, run.experiment, run.started.0, &tag.value],
        )?;
        Ok(())
    }

    /// Deletes a tag of a run. False when it had none of that key.
    pub fn delete_run_tag(&mut self, run: RunRow, key: &str) -> Result<bool, Error> {
        let gone = self.execute(
            "DELETE FROM run_tags WHERE run = ?1 AND key = (SELECT id FROM keys WHERE name = ?2)",
            &params![run.key, key],
        )?;
        Ok(gone > 0)
    }
}
