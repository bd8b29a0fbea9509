//! A run is deleted or restored.

use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Deletes a run; it can be restored. Deleting it again is no error.
///
/// # Errors
/// `NotFound` when there is no such run.
pub async fn delete(context: &Context, permit: &Permit, run_id: String) -> Result<(), Error> {
    let now = context.now();
    context.store().write(permit, move |tx| apply(tx, &run_id, Some(now))).await
}

/// Restores a run, also where its experiment is deleted. Restoring one that is not deleted is no error.
///
/// # Errors
/// `NotFound` when there is no such run.
pub async fn restore(context: &Context, permit: &Permit, run_id: String) -> Result<(), Error> {
    context.store().write(permit, move |tx| apply(tx, &run_id, None)).await
}

fn apply(tx: &mut Tx<'_>, run_id: &str, deleted: Option<Timestamp>) -> Result<(), Error> {
    let run = super::load(tx, run_id)?;
    Ok(tx.set_run_deleted(run, deleted)?)
}
