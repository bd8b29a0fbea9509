//! A run says which logged models it made.

use tiltyard_domain::entity::ModelOutput;
use tiltyard_domain::lineage::check_outputs;
use tiltyard_domain::{Permit, Refusal, RefusalKind};
use tiltyard_store::Tx;

use crate::{Context, Error, runs};

/// Adds to the logged models that an active run made.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a deleted run; `Malformed` for a model that the run has said it made already.
pub async fn log_outputs(
    context: &Context,
    permit: &Permit,
    run_id: String,
    models: Vec<ModelOutput>,
) -> Result<(), Error> {
    check_outputs(&models)?;
    context.store().write(permit, move |tx| apply(tx, &run_id, &models)).await
}

fn apply(tx: &mut Tx<'_>, run_id: &str, models: &[ModelOutput]) -> Result<(), Error> {
    let run = runs::load_active(tx, run_id)?;
    match tx.insert_run_model_outputs(run, models)? {
        Some(model) => Err(repeated(run_id, &model.model_id).into()),
        None => Ok(()),
    }
}

fn repeated(run_id: &str, model_id: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        format!("The model '{model_id}' is an output of the run {run_id} already. Nothing was changed."),
    )
}
