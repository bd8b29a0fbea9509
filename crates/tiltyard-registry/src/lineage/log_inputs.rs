//! A run says which data sets and logged models it read.

use tiltyard_domain::entity::{DatasetInput, ModelInput};
use tiltyard_domain::lineage::check_inputs;
use tiltyard_domain::{Permit, Refusal, RefusalKind};
use tiltyard_store::{RunRow, Tx};

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
    if !inputs.datasets.is_empty() {
        let mut place = tx.run_dataset_count(run)?;
        for input in &inputs.datasets {
            place += i64::from(add_dataset(tx, run, input, place)?);
        }
    }
    for model in &inputs.models {
        tx.insert_run_model_input(run, &model.model_id)?;
    }
    Ok(())
}

/// Adds one data set with its tags. False, and nothing changed, when the run has read it already.
fn add_dataset(tx: &mut Tx<'_>, run: RunRow, input: &DatasetInput, place: i64) -> Result<bool, Error> {
    let dataset = tx.dataset(run, &input.dataset)?;
    if !tx.insert_run_dataset(run, dataset, place)? {
        return Ok(false);
    }
    for tag in &input.tags {
        if !tx.insert_run_dataset_tag(run, dataset, tag)? {
            return Err(repeated(&tag.key, &input.dataset.name).into());
        }
    }
    Ok(true)
}

fn repeated(key: &str, dataset: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        format!("The tag '{key}' of the dataset '{dataset}' is given twice. Give it once."),
    )
}
