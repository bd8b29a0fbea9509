//! An experiment is deleted or restored, and its runs with it.

use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Deletes an experiment; it can be restored.
///
/// # Errors
/// `NotFound` when there is no active experiment with that id.
pub async fn delete(context: &Context, permit: &Permit, id: i64) -> Result<(), Error> {
    set_deleted(context, permit, id, true).await
}

/// Restores a deleted experiment.
///
/// # Errors
/// `NotFound` when there is no deleted experiment with that id.
pub async fn restore(context: &Context, permit: &Permit, id: i64) -> Result<(), Error> {
    set_deleted(context, permit, id, false).await
}

async fn set_deleted(context: &Context, permit: &Permit, id: i64, deleted: bool) -> Result<(), Error> {
    let now = context.now();
    context.store().write(permit, move |tx| apply(tx, id, deleted, now)).await
}

fn apply(tx: &mut Tx<'_>, id: i64, deleted: bool, now: Timestamp) -> Result<(), Error> {
    if super::load(tx, id)?.deleted == deleted {
        return Err(super::no_experiment(id));
    }
    Ok(tx.set_experiment_deleted(id, deleted, now)?)
}
