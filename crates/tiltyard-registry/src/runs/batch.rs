//! Metrics, params and tags are logged together, all of them or none.

use tiltyard_domain::Permit;
use tiltyard_domain::runs::{Batch, changed_params};
use tiltyard_store::{RunRow, Tx};

use crate::{Context, Error};

/// Logs a batch to an active run.
///
/// # Errors
/// `NotFound`; `InvalidValue` for anything bad in it, a deleted run, or a param that stands with another value;
/// `Malformed` when a metric names a logged model that is not there.
pub async fn log_batch(context: &Context, permit: &Permit, batch: Batch) -> Result<(), Error> {
    let batch = batch.checked(context.long_values())?;
    context.store().log(permit, move |tx| apply(tx, &batch)).await
}

fn apply(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), Error> {
    let run = super::load_active(tx, &batch.run_id)?;
    log_params(tx, run, batch)?;
    super::metric::log_points(tx, run, &batch.metrics)?;
    super::tags::set_all(tx, run, &batch.tags)
}

/// Logs the params. A refusal names all that would change, not only the first.
fn log_params(tx: &mut Tx<'_>, run: RunRow, batch: &Batch) -> Result<(), Error> {
    let standing = tx.log_params(run, &batch.params)?;
    let changes: Vec<_> =
        standing.into_iter().map(|(param, standing)| super::param::change(param, standing)).collect();
    if changes.is_empty() { Ok(()) } else { Err(changed_params(&batch.run_id, &changes).into()) }
}
