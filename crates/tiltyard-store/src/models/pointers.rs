//! Statements about pointers: who holds them, who held them, and the one way to move them.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::HistoryEntry;
use tiltyard_domain::pointer::{Pointer, Stage};
use tiltyard_domain::promotion::{Cause, Cleared, MoveFacts, Movement};

use crate::engine::{Row, params};
use crate::{Error, Read, Tx};

/// What the history keeps beside each move.
#[derive(Debug, Clone)]
pub struct MoveNote {
    /// Who moved it.
    pub actor: String,
    /// The reason given, if any.
    pub reason: Option<String>,
    /// The journal entry of the move.
    pub journal: i64,
    /// When.
    pub now: Timestamp,
}

fn entry(row: &dyn Row) -> Result<HistoryEntry, Error> {
    let corrupt = |text: &str| Error::Corrupt(format!("the history of pointers holds {text}"));
    let (pointer, cause): (String, String) = (row.get(0)?, row.get(5)?);
    Ok(HistoryEntry {
        pointer: Pointer::parse(&pointer).map_err(|_| corrupt(&pointer))?,
        version: row.get(1)?,
        since: Timestamp(row.get(2)?),
        until: row.get::<Option<i64>>(3)?.map(Timestamp),
        actor: row.get(4)?,
        cause: Cause::parse(&cause).ok_or_else(|| corrupt(&cause))?,
        reason: row.get(6)?,
        rolled_back: row.get(7)?,
    })
}

impl Read<'_> {
    /// The history of one pointer of a model, oldest first.
    pub fn pointer_history(&mut self, model: i64, pointer: &Pointer) -> Result<Vec<HistoryEntry>, Error> {
        let pointer = pointer.to_string();
        self.all(
            "SELECT pointer, number, since_ms, until_ms, actor, cause, reason, rolled_back FROM pointer_history
             WHERE model = ?1 AND pointer = ?2 ORDER BY id",
            &params![model, &pointer],
            entry,
        )
    }

    /// The newest lines of the history of all pointers of a model, oldest first.
    pub fn model_history(&mut self, model: i64, entries_max: i64) -> Result<Vec<HistoryEntry>, Error> {
        let mut entries = self.all(
            "SELECT pointer, number, since_ms, until_ms, actor, cause, reason, rolled_back FROM pointer_history
             WHERE model = ?1 ORDER BY id DESC LIMIT ?2",
            &params![model, entries_max],
            entry,
        )?;
        entries.reverse();
        Ok(entries)
    }

    /// The numbers of the versions in a stage, lowest first.
    pub fn versions_in_stage(&mut self, model: i64, stage: Stage) -> Result<Vec<i64>, Error> {
        self.all(
            "SELECT number FROM versions WHERE model = ?1 AND stage = ?2 AND deleted_ms IS NULL ORDER BY number",
            &params![model, stage.name()],
            |row| row.get(0),
        )
    }

    /// The aliases of a model and the version number that each points at.
    pub fn aliases_of(&mut self, model: i64) -> Result<Vec<(String, i64)>, Error> {
        self.all(
            "SELECT alias, number FROM aliases WHERE model = ?1 ORDER BY alias",
            &params![model],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The version number that an alias points at.
    pub fn alias_holder(&mut self, model: i64, alias: &str) -> Result<Option<i64>, Error> {
        self.one(
            "SELECT number FROM aliases WHERE model = ?1 AND alias = ?2",
            &params![model, alias],
            |row| row.get(0),
        )
    }
}

/// As with MLflow, whatever happens to a version is a change of its model, and an alias that moves is none.
fn changes_model(facts: &MoveFacts) -> bool {
    let is_of_stage = |movement: &Movement| matches!(movement, Movement::Stage { .. });
    facts.cause == Cause::Deletion || facts.movements.is_empty() || facts.movements.iter().any(is_of_stage)
}

impl Tx<'_> {
    /// Makes the moves that were cleared, and no others. Nothing else in this crate moves a pointer.
    ///
    /// # Errors
    /// `Conflict` when a pointer of the model moved after the facts were loaded.
    pub fn move_pointers(&mut self, cleared: Cleared, note: &MoveNote) -> Result<(), Error> {
        let facts = cleared.into_facts();
        let changed = self.execute(
            "UPDATE models SET pointer_revision = pointer_revision + 1, updated_ms = coalesce(?3, updated_ms)
             WHERE id = ?1 AND pointer_revision = ?2",
            &params![facts.model, facts.pointer_revision, changes_model(&facts).then_some(note.now.0)],
        )?;
        if changed != 1 {
            return Err(Error::Conflict);
        }
        for movement in &facts.movements {
            self.make(facts.model, movement, facts.cause, note)?;
        }
        Ok(())
    }

    fn make(&mut self, model: i64, movement: &Movement, cause: Cause, note: &MoveNote) -> Result<(), Error> {
        match movement {
            Movement::Stage { version, from, to } => {
                self.execute(
                    "UPDATE versions SET stage = ?3, updated_ms = ?4 WHERE model = ?1 AND number = ?2",
                    &params![model, *version, to.name(), note.now.0],
                )?;
                // A version that comes back by a rollback leaves Archived, which nobody rolled back from.
                let leaves = if from.is_active() { cause } else { Cause::Move };
                self.end_hold(model, &Pointer::Stage(*from), *version, leaves, note)?;
                self.begin_hold(model, &Pointer::Stage(*to), *version, cause, note)
            }
            Movement::AliasSet { alias, from, to } => {
                self.execute(
                    "INSERT INTO aliases (model, alias, number) VALUES (?1, ?2, ?3)
                     ON CONFLICT (model, alias) DO UPDATE SET number = excluded.number",
                    &params![model, alias.as_str(), *to],
                )?;
                let pointer = Pointer::Alias(alias.clone());
                if let Some(from) = from {
                    self.end_hold(model, &pointer, *from, cause, note)?;
                }
                self.begin_hold(model, &pointer, *to, cause, note)
            }
            Movement::AliasRemoved { alias, from } => {
                self.execute(
                    "DELETE FROM aliases WHERE model = ?1 AND alias = ?2",
                    &params![model, alias.as_str()],
                )?;
                self.end_hold(model, &Pointer::Alias(alias.clone()), *from, cause, note)
            }
        }
    }

    fn end_hold(
        &mut self,
        model: i64,
        pointer: &Pointer,
        version: i64,
        cause: Cause,
        note: &MoveNote,
    ) -> Result<(), Error> {
        let pointer = pointer.to_string();
        self.execute(
            "UPDATE pointer_history SET until_ms = ?4, rolled_back = ?5
             WHERE model = ?1 AND pointer = ?2 AND number = ?3 AND until_ms IS NULL",
            &params![model, &pointer, version, note.now.0, cause == Cause::Rollback],
        )?;
        Ok(())
    }

    fn begin_hold(
        &mut self,
        model: i64,
        pointer: &Pointer,
        version: i64,
        cause: Cause,
        note: &MoveNote,
    ) -> Result<(), Error> {
        // Everything begins without a stage and without one nothing is served: that is no history.
        if *pointer == Pointer::Stage(Stage::None) {
            return Ok(());
        }
        let pointer = pointer.to_string();
        self.execute(
            "INSERT INTO pointer_history (model, pointer, number, since_ms, actor, cause, reason, rolled_back, journal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)",
            &params![model, &pointer, version, note.now.0, &note.actor, cause.name(), note.reason.as_deref(), note.journal],
        )?;
        Ok(())
    }
}
