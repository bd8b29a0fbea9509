//! The journal: what happened to the registry. Rows are appended in the transaction of the change and never touched again.

use tiltyard_domain::Timestamp;

use crate::engine::params;
use crate::{Error, Read, Tx};

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
            |row| {
                Ok(JournalEntry {
                    time: Timestamp(row.get(0)?),
                    actor: row.get(1)?,
                    action: row.get(2)?,
                    model: row.get(3)?,
                    version: row.get(4)?,
                    detail: row.get(5)?,
                })
            },
        )?;
        entries.reverse();
        Ok(entries)
    }
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
