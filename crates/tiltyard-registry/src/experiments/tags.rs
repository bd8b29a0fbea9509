//! An experiment's tags are set and deleted.

use tiltyard_domain::entity::Tag;
use tiltyard_domain::{Permit, experiments};

use crate::{Context, Error};

/// Sets a tag of an active experiment.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a bad tag or a deleted experiment.
pub async fn set_tag(context: &Context, permit: &Permit, id: i64, tag: Tag) -> Result<(), Error> {
    experiments::check_tag(&tag)?;
    let apply = move |tx: &mut tiltyard_store::Tx<'_>| {
        super::load_active(tx, id)?;
        Ok(tx.set_experiment_tag(id, &tag)?)
    };
    context.store().write(permit, apply).await
}

/// Deletes a tag of an active experiment.
///
/// # Errors
/// `NotFound` when there is no such experiment or it has no such tag; `InvalidValue` for a deleted experiment.
pub async fn delete_tag(context: &Context, permit: &Permit, id: i64, key: String) -> Result<(), Error> {
    let apply = move |tx: &mut tiltyard_store::Tx<'_>| {
        super::load_active(tx, id)?;
        if !tx.delete_experiment_tag(id, &key)? {
            return Err(Error::not_found(format!("No tag with name: {key} in experiment with id {id}")));
        }
        Ok(())
    };
    context.store().write(permit, apply).await
}
