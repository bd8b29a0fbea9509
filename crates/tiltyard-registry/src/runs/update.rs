//! A run's state, end or name changes.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::{Run, Tag};
use tiltyard_domain::runs::{NAME_TAG, checked_tag, no_run};
use tiltyard_store::{RunChange, RunRow, Tx};

use crate::{Context, Error};

/// Changes an active run and gives it back without what it logged. An empty name changes nothing.
///
/// # Errors
/// `NotFound`; `InvalidValue` when the run is deleted.
pub async fn update(
    context: &Context,
    permit: &Permit,
    run_id: String,
    mut change: RunChange,
) -> Result<Run, Error> {
    let name = change.name.take().map(|value| Tag { key: NAME_TAG.to_owned(), value });
    let name = name.map(|tag| checked_tag("", tag, context.long_values())).transpose()?;
    context.store().write(permit, move |tx| apply(tx, &run_id, &change, name.as_ref())).await
}

fn apply(tx: &mut Tx<'_>, run_id: &str, change: &RunChange, name: Option<&Tag>) -> Result<Run, Error> {
    let run = super::load_active(tx, run_id)?;
    tx.change_run(run, change)?;
    if let Some(name) = name {
        rename(tx, run, name)?;
    }
    tx.bare_run(run_id)?.ok_or_else(|| no_run(run_id).into())
}

/// Gives a run the name that its tag says. An empty one is passed over, as MLflow does.
pub(super) fn rename(tx: &mut Tx<'_>, run: RunRow, name: &Tag) -> Result<(), Error> {
    if name.value.is_empty() {
        return Ok(());
    }
    tx.change_run(run, &RunChange { name: Some(name.value.clone()), ..RunChange::default() })?;
    Ok(tx.set_run_tag(run, name)?)
}
