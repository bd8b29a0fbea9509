//! A client from before 3.0 tells of a model it has logged; the run keeps the list in a tag.

use tiltyard_domain::entity::Tag;
use tiltyard_domain::names::check_length;
use tiltyard_domain::{Permit, Timestamp, limits};
use tiltyard_store::Tx;

use super::model_history::{ModelDescription, appended};
use crate::{Context, Error, Once, Outcome, runs};

/// The tag that lists the models a run has logged.
const HISTORY_TAG: &str = "mlflow.log-model.history";

/// Adds a model to the list of those that an active run has logged.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a deleted run, a description that is no JSON or lacks a field, a tag that holds no list.
pub async fn record_model(
    context: &Context,
    permit: &Permit,
    run_id: String,
    model_json: &str,
    once: Once<()>,
) -> Result<Outcome<()>, Error> {
    let description = ModelDescription::read(model_json)?;
    let now = context.now();
    let apply = move |tx: &mut Tx<'_>| once.perform(tx, |tx| apply(tx, &run_id, &description, now));
    context.store().write(permit, apply).await
}

fn apply(tx: &mut Tx<'_>, run_id: &str, description: &ModelDescription, now: Timestamp) -> Result<(), Error> {
    let run = runs::load_active(tx, run_id)?;
    let history = tx.run_tag(run, HISTORY_TAG)?;
    let value = appended(history.as_deref(), &description.entry(now))?;
    check_length(HISTORY_TAG, &value, limits::MODEL_HISTORY_LENGTH_MAX)?;
    Ok(tx.set_run_tag(run, &Tag { key: HISTORY_TAG.to_owned(), value })?)
}
