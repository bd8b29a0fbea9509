//! Statements about experiments and their tags.
//! Searching them stands in `search`; what an experiment may be called is a rule and stands in the domain.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{ArtifactLocation, Experiment, StoreId, Tag};

use crate::engine::{Param, Row, params};
use crate::{Error, Read, Tx};

/// The columns that [`experiment`] reads, of a table named `e` beside the row `s` of its store.
pub(crate) const COLUMNS: &str =
    "e.id, e.name, e.deleted, e.created_ms, e.updated_ms, e.store, s.root, e.location";

/// Reads an experiment without its tags.
pub(crate) fn experiment(row: &dyn Row) -> Result<Experiment, Error> {
    Ok(Experiment {
        id: row.get(0)?,
        name: row.get(1)?,
        deleted: row.get(2)?,
        created: Timestamp(row.get(3)?),
        updated: Timestamp(row.get(4)?),
        location: location(row, 5)?,
        tags: Vec::new(),
    })
}

/// A location as three columns say, the first of which is `column`: the store, its root, and what lies behind that. The root is
/// read with the rest, since another server may have made the store a moment ago.
pub(crate) fn location(row: &dyn Row, column: usize) -> Result<ArtifactLocation, Error> {
    let key = row.get(column + 2)?;
    Ok(match row.get::<Option<i64>>(column)? {
        Some(store) => ArtifactLocation::Stored { store: StoreId(store), root: row.get(column + 1)?, key },
        None => ArtifactLocation::Elsewhere(key),
    })
}

impl Read<'_> {
    /// An experiment with its tags, deleted or not.
    pub fn experiment(&mut self, id: i64) -> Result<Option<Experiment>, Error> {
        self.experiment_where("e.id = ?2", Param::from(id))
    }

    /// The experiment of that name with its tags, deleted or not.
    pub fn experiment_by_name(&mut self, name: &str) -> Result<Option<Experiment>, Error> {
        self.experiment_where("e.name = ?2", Param::from(name))
    }

    fn experiment_where(&mut self, is_it: &str, key: Param<'_>) -> Result<Option<Experiment>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM experiments e LEFT JOIN stores s ON s.id = e.store
             WHERE e.workspace = ?1 AND {is_it}"
        );
        let found = self.one(&sql, &[self.workspace().into(), key], experiment)?;
        let Some(mut experiment) = found else { return Ok(None) };
        experiment.tags = self.all(
            "SELECT key, value FROM experiment_tags WHERE experiment = ?1 ORDER BY key",
            &params![experiment.id],
            |row| Ok(Tag { key: row.get(0)?, value: row.get(1)? }),
        )?;
        Ok(Some(experiment))
    }

    /// Whether the workspace has any experiment, deleted ones included.
    pub fn has_experiments(&mut self) -> Result<bool, Error> {
        let any = self.one(
            "SELECT 1 FROM experiments WHERE workspace = ?1 LIMIT 1",
            &params![self.workspace()],
            |_| Ok(()),
        );
        Ok(any?.is_some())
    }
}

/// Where the artifacts of a new experiment go.
#[derive(Debug, Clone)]
pub enum NewLocation {
    /// Below the experiment's id in a store of the server's.
    Under(StoreId),
    /// At a URI of the caller's.
    Elsewhere(String),
}

const INSERT_WITH_NEXT_ID: &str =
    "INSERT INTO experiments (workspace, name, store, location, deleted, created_ms, updated_ms)
     VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5) ON CONFLICT DO NOTHING RETURNING id";
const INSERT_WITH_ID: &str =
    "INSERT INTO experiments (id, workspace, name, store, location, deleted, created_ms, updated_ms)
     VALUES (?6, ?1, ?2, ?3, ?4, 0, ?5, ?5) ON CONFLICT DO NOTHING RETURNING id";

impl Tx<'_> {
    /// Makes an experiment, with the id given or the next one. `None` when the name or the id is taken.
    pub fn insert_experiment(
        &mut self,
        id: Option<i64>,
        name: &str,
        location: &NewLocation,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let (store, uri) = match location {
            NewLocation::Under(store) => (Some(store.0), ""),
            NewLocation::Elsewhere(uri) => (None, uri.as_str()),
        };
        let workspace = self.workspace();
        let facts = params![workspace, name, store, uri, now.0, id];
        let (sql, params) = match id {
            None => (INSERT_WITH_NEXT_ID, &facts[..5]),
            Some(_) => (INSERT_WITH_ID, &facts[..]),
        };
        let inserted = self.one(sql, params, |row| row.get::<i64>(0))?;
        if let (Some(id), NewLocation::Under(_)) = (inserted, location) {
            let key = id.to_string();
            self.execute("UPDATE experiments SET location = ?2 WHERE id = ?1", &params![id, &key])?;
        }
        Ok(inserted)
    }

    /// Gives an experiment another name. False when the name is taken.
    pub fn rename_experiment(&mut self, id: i64, name: &str, now: Timestamp) -> Result<bool, Error> {
        let workspace = self.workspace();
        let taken = self.one(
            "SELECT 1 FROM experiments WHERE workspace = ?1 AND name = ?2 AND id <> ?3",
            &params![workspace, name, id],
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Ok(false);
        }
        self.execute(
            "UPDATE experiments SET name = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![id, name, now.0],
        )?;
        Ok(true)
    }

    /// Deletes or restores an experiment; its runs stay as they are.
    pub fn set_experiment_deleted(&mut self, id: i64, deleted: bool, now: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE experiments SET deleted = ?2, updated_ms = ?3 WHERE id = ?1",
            &params![id, deleted, now.0],
        )?;
        Ok(())
    }

    /// Deletes or restores runs of an experiment, at most `limit`. Says whether those were all that were left.
    pub fn set_runs_deleted(
        &mut self,
        experiment: i64,
        deleted: bool,
        now: Timestamp,
        limit: usize,
    ) -> Result<bool, Error> {
        let portion = i64::try_from(limit).unwrap_or(i64::MAX);
        let deleted_ms = deleted.then_some(now.0);
        let changed = self.execute(
            "UPDATE runs SET deleted = ?2, deleted_ms = ?3
             WHERE id IN (SELECT id FROM runs WHERE experiment = ?1 AND deleted = ?4 LIMIT ?5)",
            &params![experiment, deleted, deleted_ms, !deleted, portion],
        )?;
        Ok(changed < limit)
    }

    /// Sets a tag of an experiment.
    pub fn set_experiment_tag(&mut self, experiment: i64, tag: &Tag) -> Result<(), Error> {
        self.send(
            "INSERT INTO experiment_tags (experiment, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value",
            &params![experiment, &tag.key, &tag.value],
        )
    }

    /// Deletes a tag of an experiment. False when it had none of that key.
    pub fn delete_experiment_tag(&mut self, experiment: i64, key: &str) -> Result<bool, Error> {
        let gone = self.execute(
            "DELETE FROM experiment_tags WHERE experiment = ?1 AND key = ?2",
            &params![experiment, key],
        )?;
        Ok(gone > 0)
    }
}
