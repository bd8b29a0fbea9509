//! Statements about runs themselves.

use tiltyard_domain::entity::Tag;

use crate::engine::params;
use crate::{Error, Read, Tx};

/// What a change of a run needs to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunRow {
    /// The store's key.
    pub(crate) key: i64,
    /// The experiment.
    pub(crate) experiment: i64,
    /// Whether it is deleted.
    pub deleted: bool,
}

impl Read<'_> {
    /// The row of a run, deleted or not.
    pub fn run_row(&mut self, run_id: &str) -> Result<Option<RunRow>, Error> {
        self.one(
            "SELECT id, experiment, deleted FROM runs WHERE workspace = ?1 AND run_id = ?2",
            &params![self.workspace(), run_id],
            |row| Ok(RunRow { key: row.get(0)?, experiment: row.get(1)?, deleted: row.get(2)? }),
        )
    }
}

impl Tx<'_> {
    /// Sets a tag of a run.
    pub fn set_run_tag(&mut self, run: RunRow, tag: &Tag) -> Result<(), Error> {
        let key = self.key_made(&tag.key)?;
        self.execute(
            "INSERT INTO run_tags (run, key, experiment, value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
            &params![run.key, key, run.experiment, &tag.value],
        )?;
        Ok(())
    }
}
