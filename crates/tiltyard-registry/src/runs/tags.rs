//! A run's tags are set and deleted.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Tag;
use tiltyard_domain::runs::{NAME_TAG, Place, checked_tag};
use tiltyard_store::{RunChange, RunRow, Tx};

use crate::{Context, Error};

/// Sets a tag of an active run. The tag of the name renames the run.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a bad tag or a deleted run.
pub async fn set_tag(context: &Context, permit: &Permit, run_id: String, tag: Tag) -> Result<(), Error> {
    let tag = checked_tag(Place::Request, tag, context.long_values())?;
    let apply = move |tx: &mut Tx<'_>| {
        let run = super::load_active(tx, &run_id)?;
        set(tx, run, &tag)
    };
    context.store().log(permit, apply).await
}

/// Sets a tag that was checked. An empty name is passed over, as MLflow does.
pub(super) fn set(tx: &mut Tx<'_>, run: RunRow, tag: &Tag) -> Result<(), Error> {
    if tag.key == NAME_TAG {
        if tag.value.is_empty() {
            return Ok(());
        }
        tx.change_run(run, &RunChange { name: Some(tag.value.clone()), ..RunChange::default() })?;
    }
    Ok(tx.set_run_tag(run, tag)?)
}

/// Deletes a tag of an active run. Without its tag a run keeps its name.
///
/// # Errors
/// `NotFound` when there is no such run or it has no such tag; `InvalidValue` for a deleted run.
pub async fn delete_tag(
    context: &Context,
    permit: &Permit,
    run_id: String,
    key: String,
) -> Result<(), Error> {
    let apply = move |tx: &mut Tx<'_>| {
        let run = super::load_active(tx, &run_id)?;
        if !tx.delete_run_tag(run, &key)? {
            return Err(Error::not_found(format!("No tag with name: {key} in run with id {run_id}")));
        }
        Ok(())
    };
    context.store().log(permit, apply).await
}
