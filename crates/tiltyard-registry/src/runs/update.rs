//! A run's state, end or name changes.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::{Run, Tag};
use tiltyard_domain::runs::{NAME_TAG, Place, checked_tag, no_run};
use tiltyard_store::{RunChange, Tx};

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
    let name = change.name.take().filter(|name| !name.is_empty());
    let name = name.map(|value| Tag { key: NAME_TAG.to_owned(), value });
    let name = name.map(|tag| checked_tag(Place::Request, tag, context.long_values())).transpose()?;
    change.name = name.as_ref().map(|tag| tag.value.clone());
    context.store().log(permit, move |tx| apply(tx, &run_id, &change, name.as_ref())).await
}

fn apply(tx: &mut Tx<'_>, run_id: &str, change: &RunChange, name: Option<&Tag>) -> Result<Run, Error> {
    let run = super::load_active(tx, run_id)?;
    tx.change_run(run, change)?;
    if let Some(name) = name {
        tx.set_run_tag(run, name)?;
    }
    tx.bare_run(run_id)?.ok_or_else(|| no_run(run_id).into())
}
