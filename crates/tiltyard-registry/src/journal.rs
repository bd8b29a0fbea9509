//! What the use cases write to the journal: one entry for each change of the registry, in its transaction.

use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{JournalEntry, Tx};

use crate::Error;

/// Who does something, and when: the part of an entry that a use case knows before it looks.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) actor: String,
    pub(crate) now: Timestamp,
}

impl Author {
    pub(crate) fn new(permit: &Permit, now: Timestamp) -> Self {
        Self { actor: permit.identity().name.clone(), now }
    }

    /// Appends an entry about a model, or one of its versions, and gives its key.
    pub(crate) fn write(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        model: &str,
        version: Option<i64>,
        detail: impl Into<String>,
    ) -> Result<i64, Error> {
        let entry = JournalEntry {
            time: self.now,
            actor: self.actor.clone(),
            action: action.to_owned(),
            model: model.to_owned(),
            version,
            detail: detail.into(),
        };
        Ok(tx.append_journal(&entry)?)
    }
}
