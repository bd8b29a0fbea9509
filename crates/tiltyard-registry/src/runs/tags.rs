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
        set_all(tx, run, std::slice::from_ref(&tag))
    };
    context.store().log(permit, apply).await
}

/// Sets tags that were checked. An empty name is passed over, as MLflow does.
pub(super) fn set_all(tx: &mut Tx<'_>, run: RunRow, tags: &[Tag]) -> Result<(), Error> {
    let name = tags.iter().rfind(|tag| tag.key == NAME_TAG && !tag.value.is_empty());
    if let Some(name) = name {
        tx.change_run(run, &RunChange { name: Some(name.value.clone()), ..RunChange::default() })?;
    }
    if tags.iter().all(|tag| tag.key != NAME_TAG || !tag.value.is_empty()) {
        return Ok(tx.set_run_tags(run, tags)?);
    }
    let kept: Vec<Tag> =
        tags.iter().filter(|tag| tag.key != NAME_TAG || !tag.value.is_empty()).cloned().collect();
    Ok(tx.set_run_tags(run, &kept)?)
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
