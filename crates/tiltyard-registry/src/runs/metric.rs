//! Points of metrics are logged, to a run and to the logged models they are about.

use tiltyard_domain::entity::Metric;
use tiltyard_domain::runs::{self, Place};
use tiltyard_domain::{Permit, Refusal, RefusalKind};
use tiltyard_store::{RunRow, Tx};

use crate::{Context, Error};

/// Logs one point to an active run.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a bad point or a deleted run; `Malformed` when there is no such logged model.
pub async fn log_metric(
    context: &Context,
    permit: &Permit,
    run_id: String,
    metric: Metric,
) -> Result<(), Error> {
    runs::check_metric(Place::Request, &metric)?;
    let apply = move |tx: &mut Tx<'_>| {
        let run = super::load_active(tx, &run_id)?;
        log_points(tx, run, std::slice::from_ref(&metric))
    };
    context.store().log(permit, apply).await
}

/// Logs points that were checked.
pub(super) fn log_points(tx: &mut Tx<'_>, run: RunRow, metrics: &[Metric]) -> Result<(), Error> {
    tx.log_metrics(run, metrics)?;
    tx.log_model_metrics(run, metrics)?.map_or(Ok(()), |model_id| Err(no_model(model_id)))
}

/// MLflow's code for this is `BAD_REQUEST`.
fn no_model(model_id: &str) -> Error {
    let message = format!("The metric names the logged model '{model_id}', and there is none with that id.");
    Refusal::new(RefusalKind::Malformed, message).into()
}
