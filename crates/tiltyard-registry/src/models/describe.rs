//! It is said anew what a model is for.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Model;
use tiltyard_domain::names::ModelName;
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::{Context, Error};

/// Sets a model's description.
///
/// # Errors
/// `NotFound` when there is no such model.
pub async fn describe(
    context: &Context,
    permit: &Permit,
    name: ModelName,
    description: Option<String>,
) -> Result<Model, Error> {
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| {
        let model = super::load(tx, &name)?;
        tx.describe_model(model.id, description.as_deref(), author.now)?;
        author.write(tx, "model.described", name.as_str(), None, "")?;
        super::load_whole(tx, &name)
    };
    context.store().write(permit, apply).await
}
