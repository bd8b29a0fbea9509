//! It is said anew what a version is.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Version;
use tiltyard_domain::names::ModelName;
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::{Context, Error};

/// Sets a version's description.
///
/// # Errors
/// `NotFound` when there is no such version.
pub async fn describe(
    context: &Context,
    permit: &Permit,
    model: ModelName,
    number: i64,
    description: Option<String>,
) -> Result<Version, Error> {
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| {
        let version = super::load(tx, &model, number)?;
        tx.describe_version(version.id, description.as_deref(), author.now)?;
        author.write(tx, "version.described", model.as_str(), Some(number), "")?;
        super::load(tx, &model, number)
    };
    context.store().write(permit, apply).await
}
