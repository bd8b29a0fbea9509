//! The journal: what happened to the registry. Rows are appended in the transaction of the change and never touched again.

use tiltyard_domain::Timestamp;

use crate::engine::{Row, params};
use crate::{Error, Read, Tx};

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Its key. Keys grow in the order of commits, with gaps.
    pub id: i64,
    /// What happened.
    pub entry: JournalEntry,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// When.
    pub time: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What was done, such as `version.created`.
    pub action: String,
    /// To which model.
    pub model: String,
    /// To which of its versions, if to one.
    pub version: Option<i64>,
    /// What was before and after, for people.
    pub detail: String,
}

impl Read<'_> {
    /// The newest entries about a model of that name, oldest first.
    pub fn journal(&mut self, model: &str, entries_max: i64) -> Result<Vec<JournalEntry>, Error> {
        let mut entries = self.all(
            "SELECT time_ms, actor, action, model, version, detail FROM journal
             WHERE workspace = ?1 AND model = ?2 ORDER BY id DESC LIMIT ?3",
            &params![self.workspace(), model, entries_max],
            |row| entry(row, 0),
        )?;
        entries.reverse();
        Ok(entries)
    }

    /// The first entries behind the one with that key, oldest first.
    pub fn journal_after(&mut self, after: i64, entries_max: i64) -> Result<Vec<JournalLine>, Error> {
        self.all(
            "SELECT id, time_ms, actor, action, model, version, detail FROM journal
             WHERE workspace = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            &params![self.workspace(), after, entries_max],
            |row| Ok(JournalLine { id: row.get(0)?, entry: entry(row, 1)? }),
        )
    }
}

/// The entry that stands in a row from that column on.
fn entry(row: &dyn Row, first: usize) -> Result<JournalEntry, Error> {
    Ok(JournalEntry {
        time: Timestamp(row.get(first)?),
        actor: row.get(first + 1)?,
        action: row.get(first + 2)?,
        model: row.get(first + 3)?,
        version: row.get(first + 4)?,
        detail: row.get(first + 5)?,
    })
}

impl Tx<'_> {
    /// Appends an entry and gives its key.
    ///
    /// # Errors
    /// `Unordered` beside other writes: keys grow in the order of commits only among writes that take turns.
    pub fn append_journal(&mut self, entry: &JournalEntry) -> Result<i64, Error> {
        if !self.is_alone() {
            return Err(Error::Unordered);
        }
        self.announce();
        let workspace = self.workspace();
        let id = self.one(
            "INSERT INTO journal (workspace, time_ms, actor, action, model, version, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
            &params![
                workspace,
                entry.time.0,
                &entry.actor,
                &entry.action,
                &entry.model,
                entry.version,
                &entry.detail
            ],
            |row| row.get(0),
        )?;
        id.ok_or_else(|| Error::Corrupt("a journal entry got no key".to_owned()))
    }
}
