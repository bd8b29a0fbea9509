//! A model is shown, or the newest versions of its stages.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::{Model, Version};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::Stage;

use crate::{Context, Error};

/// The model of that name with its tags, aliases and latest versions.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn get(context: &Context, permit: &Permit, name: &ModelName) -> Result<Model, Error> {
    context.store().read(permit, |read| super::load_whole(read, name)).await
}

/// The newest version of each of the stages, or of every stage when none is named.
///
/// # Errors
/// `NotFound` when there is no such model.
pub async fn latest_versions(
    context: &Context,
    permit: &Permit,
    name: &ModelName,
    stages: &[Stage],
) -> Result<Vec<Version>, Error> {
    let found = context.store().look(permit, |read| read.latest_versions_of(name.as_str(), stages)).await?;
    if found.is_empty() {
        context.store().look(permit, |read| super::load(read, name)).await?;
    }
    Ok(found)
}
