//! Statements about pointers: who holds them, who held them, and the one way to move them.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::HistoryEntry;
use tiltyard_domain::history::{self, Step};
use tiltyard_domain::pointer::{Pointer, Stage};
use tiltyard_domain::promotion::{Cause, Cleared, MoveFacts, Movement};

use crate::engine::{Row, params};
use crate::{Error, Read, Tx};

/// What the history keeps beside each move. Who made it, and when, stands in its journal entry.
#[derive(Debug, Clone)]
pub struct MoveNote {
    /// The journal entry of the move.
    pub journal: i64,
    /// When it was made.
    pub now: Timestamp,
    /// The reason given, if any.
    pub reason: Option<String>,
}

const STEPS: &str =
    "SELECT h.number, h.leaves, h.enters, j.time_ms, j.actor, h.cause, h.reason, v.deleted_ms IS NOT NULL,
         h.journal
     FROM pointer_history h JOIN journal j ON j.id = h.journal
     JOIN versions v ON v.model = h.model AND v.number = h.number WHERE h.model = ?1";

fn step(row: &dyn Row) -> Result<Step, Error> {
    let cause: String = row.get(5)?;
    Ok(Step {
        version: row.get(0)?,
        leaves: pointer(row.get(1)?)?,
        enters: pointer(row.get(2)?)?,
        time: Timestamp(row.get(3)?),
        actor: row.get(4)?,
        cause: Cause::parse(&cause).ok_or_else(|| corrupt(&cause))?,
        reason: row.get(6)?,
        deleted: row.get(7)?,
        journal: row.get(8)?,
    })
}

fn pointer(text: Option<String>) -> Result<Option<Pointer>, Error> {
    text.map(|text| Pointer::parse(&text).map_err(|_| corrupt(&text))).transpose()
}

fn corrupt(text: &str) -> Error {
    Error::Corrupt(format!("the history of pointers holds {text}"))
}

impl Read<'_> {
    /// The history of one pointer of a model, oldest first.
    pub fn pointer_history(&mut self, model: i64, pointer: &Pointer) -> Result<Vec<HistoryEntry>, Error> {
        let sql = format!("{STEPS} AND (h.leaves = ?2 OR h.enters = ?2) ORDER BY h.journal, h.place");
        let steps = self.all(&sql, &params![model, &pointer.to_string()], step)?;
        let mut holds = history::holds(steps);
        holds.retain(|hold| hold.pointer == *pointer);
        Ok(holds)
    }

    /// What the newest steps say of the history of all pointers of a model, oldest first.
    pub fn model_history(&mut self, model: i64, steps_max: i64) -> Result<Vec<HistoryEntry>, Error> {
        let sql = format!("{STEPS} ORDER BY h.journal DESC, h.place DESC LIMIT ?2");
        let steps = self.all(&sql, &params![model, steps_max], step)?;
        Ok(history::holds(steps.into_iter().rev()))
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
    /// `Conflict` when a pointer of the model moved after the facts were loaded; perhaps only from what follows.
    pub fn move_pointers(&mut self, cleared: Cleared, note: &MoveNote) -> Result<(), Error> {
        let facts = cleared.into_facts();
        self.send_for_one(
            "UPDATE models SET pointer_revision = pointer_revision + 1, updated_ms = coalesce(?3, updated_ms)
             WHERE id = ?1 AND pointer_revision = ?2",
            &params![facts.model, facts.pointer_revision, changes_model(&facts).then_some(note.now.0)],
        )?;
        for movement in &facts.movements {
            self.make(facts.model, movement, note)?;
        }
        let steps = facts.movements.iter().flat_map(history::steps);
        for (place, step) in (0..).zip(steps) {
            self.record_step(facts.model, place, &step, facts.cause, note)?;
        }
        Ok(())
    }

    fn make(&mut self, model: i64, movement: &Movement, note: &MoveNote) -> Result<(), Error> {
        match movement {
            Movement::Stage { version, to, .. } => self.send(
                "UPDATE versions SET stage = ?3, updated_ms = ?4 WHERE model = ?1 AND number = ?2",
                &params![model, *version, to.name(), note.now.0],
            ),
            Movement::AliasSet { alias, to, .. } => self.send(
                "INSERT INTO aliases (model, alias, number) VALUES (?1, ?2, ?3)
                 ON CONFLICT (model, alias) DO UPDATE SET number = excluded.number",
                &params![model, alias.as_str(), *to],
            ),
            Movement::AliasRemoved { alias, .. } => self
                .send("DELETE FROM aliases WHERE model = ?1 AND alias = ?2", &params![model, alias.as_str()]),
        }
    }

    fn record_step(
        &mut self,
        model: i64,
        place: i64,
        (version, leaves, enters): &(i64, Option<Pointer>, Option<Pointer>),
        cause: Cause,
        note: &MoveNote,
    ) -> Result<(), Error> {
        let [leaves, enters] = [leaves, enters].map(|pointer| pointer.as_ref().map(Pointer::to_string));
        self.send(
            "INSERT INTO pointer_history (model, journal, place, number, leaves, enters, cause, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &params![
                model,
                note.journal,
                place,
                *version,
                leaves.as_deref(),
                enters.as_deref(),
                cause.name(),
                note.reason.as_deref()
            ],
        )
    }
}
