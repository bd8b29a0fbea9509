//! What happened to a model: who held its pointers, and every change of it.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::HistoryEntry;
use tiltyard_domain::names::ModelName;
use tiltyard_store::JournalEntry;

use crate::limits::HISTORY_ENTRIES_MAX;
use crate::{Context, Error};

/// Who held which pointer of a model from when to when: the newest thousand lines, oldest first.
///
/// # Errors
/// `NotFound` when there is no such model.
pub async fn history(
    context: &Context,
    permit: &Permit,
    name: &ModelName,
) -> Result<Vec<HistoryEntry>, Error> {
    context
        .store()
        .read(permit, |read| {
            let model = super::load(read, name)?;
            Ok(read.model_history(model.id, HISTORY_ENTRIES_MAX)?)
        })
        .await
}

/// What the journal says of a model of that name: the newest thousand entries, oldest first. A deleted model has one too.
///
/// # Errors
/// What the store said.
pub async fn journal(
    context: &Context,
    permit: &Permit,
    name: &ModelName,
) -> Result<Vec<JournalEntry>, Error> {
    context.store().read(permit, |read| Ok(read.journal(name.as_str(), HISTORY_ENTRIES_MAX)?)).await
}
