//! An experiment is shown.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Experiment;

use crate::{Context, Error};

/// The experiment with that id, deleted or not.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn get(context: &Context, permit: &Permit, id: i64) -> Result<Experiment, Error> {
    context.store().read(permit, |read| super::load(read, id)).await
}

/// The experiment of that name, deleted or not.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn get_by_name(context: &Context, permit: &Permit, name: &str) -> Result<Experiment, Error> {
    let found = context.store().read(permit, |read| read.experiment_by_name(name)).await?;
    found.ok_or_else(|| Error::not_found(format!("Could not find experiment with name '{name}'")))
}
