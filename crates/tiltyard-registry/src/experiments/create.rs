//! An experiment is made.

use tiltyard_domain::entity::NewExperiment;
use tiltyard_domain::{Permit, Refusal, Timestamp, experiments};
use tiltyard_store::{NewLocation, Tx};

use crate::overlap::refuse_inside;
use crate::{Context, Error, Once, Outcome};

/// Makes an experiment and gives its id.
///
/// # Errors
/// `InvalidValue` for a bad name, tag or location, such as one inside a place of the server's own; `AlreadyExists` when the name is
/// taken, by a deleted one too.
pub async fn create(
    context: &Context,
    permit: &Permit,
    new: NewExperiment,
    once: Once<i64>,
) -> Result<Outcome<i64>, Error> {
    experiments::check_new(&new, context.location_length_max(), context.hosts())?;
    if let Some(location) = &new.location {
        refuse_inside(context.store(), permit, location).await?;
    }
    let now = context.now();
    let location = match &new.location {
        Some(uri) => NewLocation::Elsewhere(uri.clone()),
        None => NewLocation::Under(context.default_store()),
    };
    let apply = move |tx: &mut Tx<'_>| once.perform(tx, |tx| apply(tx, &new, &location, now));
    context.store().write(permit, apply).await
}

fn apply(tx: &mut Tx<'_>, new: &NewExperiment, location: &NewLocation, now: Timestamp) -> Result<i64, Error> {
    let Some(id) = tx.insert_experiment(None, &new.name, location, now)? else {
        return Err(taken(&new.name).into());
    };
    for tag in &new.tags {
        tx.set_experiment_tag(id, tag)?;
    }
    Ok(id)
}

pub(super) fn taken(name: &str) -> Refusal {
    Refusal::exists(format!("Experiment(name={name}) already exists."))
}
