//! An experiment is deleted or restored, and, as in MLflow, all its runs with it: those first, in portions, so that a million of
//! them holds nobody up. What is cut in the middle goes on when it is asked for again.

use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::Tx;

use crate::limits::RUNS_DELETED_AT_ONCE_MAX;
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
    while !context.store().write(permit, move |tx| apply(tx, id, deleted, now)).await? {}
    Ok(())
}

/// Does a portion. True when it was the last, and the experiment itself is done.
fn apply(tx: &mut Tx<'_>, id: i64, deleted: bool, now: Timestamp) -> Result<bool, Error> {
    if super::load(tx, id)?.deleted == deleted {
        return Err(super::no_experiment(id));
    }
    let were_all = tx.set_runs_deleted(id, deleted, now, RUNS_DELETED_AT_ONCE_MAX)?;
    if were_all {
        tx.set_experiment_deleted(id, deleted, now)?;
    }
    Ok(were_all)
}
