//! A run says which data sets and logged models it read.

use tiltyard_domain::entity::{DatasetInput, ModelInput};
use tiltyard_domain::lineage::check_inputs;
use tiltyard_domain::{Permit, Refusal, RefusalKind};
use tiltyard_store::Tx;

use crate::{Context, Error, runs};

/// What a run read.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The run.
    pub run_id: String,
    /// Data sets, in the order in which they are to be shown.
    pub datasets: Vec<DatasetInput>,
    /// Logged models.
    pub models: Vec<ModelInput>,
}

/// Adds to what an active run read. What it said before stays as it was said then.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a deleted run or what is not allowed; `Malformed` for a tag that is given twice.
pub async fn log_inputs(context: &Context, permit: &Permit, inputs: Inputs) -> Result<(), Error> {
    check_inputs(&inputs.run_id, &inputs.datasets, &inputs.models)?;
    context.store().write(permit, move |tx| apply(tx, &inputs)).await
}

fn apply(tx: &mut Tx<'_>, inputs: &Inputs) -> Result<(), Error> {
    let run = runs::load_active(tx, &inputs.run_id)?;
    if let Some((input, tag)) = tx.log_datasets(run, &inputs.datasets)? {
        return Err(repeated(&tag.key, &input.dataset.name).into());
    }
    let models: Vec<&str> = inputs.models.iter().map(|model| model.model_id.as_str()).collect();
    Ok(tx.insert_run_model_inputs(run, &models)?)
}

fn repeated(key: &str, dataset: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        format!("The tag '{key}' of the dataset '{dataset}' is given twice. Give it once."),
    )
}
