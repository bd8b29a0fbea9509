//! A logged model's files have arrived, or failed to.

use tiltyard_domain::entity::{LoggedModel, LoggedModelStatus};
use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Says how far a logged model got, a deleted one too.
///
/// # Errors
/// `NotFound`.
pub async fn finalize(
    context: &Context,
    permit: &Permit,
    model_id: String,
    status: LoggedModelStatus,
) -> Result<LoggedModel, Error> {
    let now = context.now();
    context.store().write(permit, move |tx| apply(tx, &model_id, status, now)).await
}

fn apply(
    tx: &mut Tx<'_>,
    model_id: &str,
    status: LoggedModelStatus,
    now: Timestamp,
) -> Result<LoggedModel, Error> {
    let mut row = super::row(tx, model_id)?;
    tx.set_logged_model_status(row.key, status, now)?;
    row.model.status = status;
    row.model.updated = now;
    super::whole(tx, row)
}
