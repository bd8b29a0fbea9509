//! A logged model's tags are set and deleted, a deleted model's too, as in MLflow.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Tag;
use tiltyard_domain::logged_models::check_tags;
use tiltyard_domain::names::python_quoted;
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Sets tags; of several with one key the last stands.
///
/// # Errors
/// `NotFound`; `InvalidValue` for what is too long or too much.
pub async fn set_tags(
    context: &Context,
    permit: &Permit,
    model_id: String,
    tags: Vec<Tag>,
) -> Result<(), Error> {
    check_tags(&tags)?;
    let apply = move |tx: &mut Tx<'_>| {
        let row = super::row(tx, &model_id)?;
        for tag in &tags {
            tx.set_logged_model_tag(row.key, tag)?;
        }
        Ok(())
    };
    context.store().write(permit, apply).await
}

/// Deletes a tag.
///
/// # Errors
/// `NotFound` when there is no such model or it has no such tag.
pub async fn delete_tag(
    context: &Context,
    permit: &Permit,
    model_id: String,
    key: String,
) -> Result<(), Error> {
    let apply = move |tx: &mut Tx<'_>| {
        let row = super::row(tx, &model_id)?;
        if !tx.delete_logged_model_tag(row.key, &key)? {
            return Err(no_tag(&key, &model_id));
        }
        Ok(())
    };
    context.store().write(permit, apply).await
}

fn no_tag(key: &str, model_id: &str) -> Error {
    let (key, model_id) = (python_quoted(key), python_quoted(model_id));
    Error::not_found(format!("No tag with key {key} found for model with ID {model_id}."))
}
