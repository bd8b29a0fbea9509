//! A model gets another name, with all its versions, aliases and history.

use tiltyard_domain::entity::Model;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::{Permit, Refusal};
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::{Context, Error};

/// Gives a model another name.
///
/// # Errors
/// `NotFound`; `AlreadyExists` when the name is taken.
pub async fn rename(
    context: &Context,
    permit: &Permit,
    name: ModelName,
    new_name: ModelName,
) -> Result<Model, Error> {
    let author = Author::new(permit, context.now());
    context.store().write(permit, move |tx| apply(tx, &name, &new_name, &author)).await
}

fn apply(tx: &mut Tx<'_>, name: &ModelName, new_name: &ModelName, author: &Author) -> Result<Model, Error> {
    let model = super::load(tx, name)?;
    let (old, new) = (name.as_str(), new_name.as_str());
    if !tx.rename_model(model.id, new, author.now)? {
        return Err(Refusal::exists(format!("Registered Model (name={new}) already exists.")).into());
    }
    author.write(tx, "model.renamed", old, None, format!("to {new}"))?;
    author.write(tx, "model.renamed", new, None, format!("from {old}"))?;
    super::load_whole(tx, new_name)
}
