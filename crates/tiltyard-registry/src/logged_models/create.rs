//! A logged model is made.

use tiltyard_domain::entity::{LoggedModel, LoggedModelStatus, NewLoggedModel};
use tiltyard_domain::logged_models::{check_new, folder, id_from};
use tiltyard_domain::made_up_name::made_up;
use tiltyard_domain::{Permit, Refusal, RefusalKind, Timestamp};
use tiltyard_store::Tx;

use super::params::insert_params;
use crate::{Context, Error, Once, Outcome, experiments};

/// Makes a logged model whose files are still to come.
///
/// # Errors
/// `NotFound` without the experiment; `InvalidValue` for a deleted one or what is not allowed; `Malformed` for a param or
/// tag that is given twice.
pub async fn create(
    context: &Context,
    permit: &Permit,
    new: NewLoggedModel,
    once: Once<LoggedModel>,
) -> Result<Outcome<LoggedModel>, Error> {
    check_new(&new)?;
    let model_id = id_from(&context.fresh_id());
    let now = context.now();
    let apply = move |tx: &mut Tx<'_>| once.perform(tx, |tx| apply(tx, &new, &model_id, now));
    context.store().write(permit, apply).await
}

fn apply(
    tx: &mut Tx<'_>,
    new: &NewLoggedModel,
    model_id: &str,
    now: Timestamp,
) -> Result<LoggedModel, Error> {
    let experiment = experiments::load_active(tx, new.experiment_id)?;
    let mut model = LoggedModel {
        model_id: model_id.to_owned(),
        experiment_id: new.experiment_id,
        name: new.name.clone().unwrap_or_else(|| made_up(model_id)),
        location: experiment.location.below(&folder(model_id)),
        created: now,
        updated: now,
        status: LoggedModelStatus::Pending,
        status_message: None,
        model_type: Some(new.model_type.clone()),
        source_run_id: Some(new.source_run_id.clone()),
        tags: new.tags.clone(),
        params: new.params.clone(),
        metrics: Vec::new(),
    };
    insert(tx, &model)?;
    // In the order in which they are shown ever after.
    model.tags.sort_by(|left, right| left.key.cmp(&right.key));
    model.params.sort_by(|left, right| left.key.cmp(&right.key));
    Ok(model)
}

fn insert(tx: &mut Tx<'_>, model: &LoggedModel) -> Result<(), Error> {
    let key = tx.insert_logged_model(model)?;
    if let Some(tag) = tx.insert_logged_model_tags(key, &model.tags)? {
        let message = format!("The tag '{}' is given twice. Give it once.", tag.key);
        return Err(Refusal::new(RefusalKind::Malformed, message).into());
    }
    insert_params(tx, key, &model.model_id, &model.params)
}
