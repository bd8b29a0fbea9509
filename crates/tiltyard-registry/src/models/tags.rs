//! A model's tags are set and deleted.

use tiltyard_domain::entity::Tag;
use tiltyard_domain::names::{ModelName, check_key};
use tiltyard_domain::search::PROMPT_MARKER_TAG;
use tiltyard_domain::{Permit, models};
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::{Context, Error};

/// Sets a tag of a model. The marker tag makes it a prompt, or ends that.
///
/// # Errors
/// `InvalidValue` for a bad tag; `NotFound` when there is no such model.
pub async fn set_tag(context: &Context, permit: &Permit, name: ModelName, tag: Tag) -> Result<(), Error> {
    models::check_tag(&tag)?;
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| {
        let model = super::load(tx, &name)?;
        tx.set_model_tag(model.id, &tag)?;
        if tag.key == PROMPT_MARKER_TAG {
            tx.mark_prompt(model.id, models::is_prompt(std::slice::from_ref(&tag)))?;
        }
        author.write(tx, "model.tag.set", name.as_str(), None, &tag.key)?;
        Ok(())
    };
    context.store().write(permit, apply).await
}

/// Deletes a tag of a model, if it has it.
///
/// # Errors
/// `InvalidValue` for a bad key; `NotFound` when there is no such model.
pub async fn delete_tag(
    context: &Context,
    permit: &Permit,
    name: ModelName,
    key: String,
) -> Result<(), Error> {
    check_key("key", &key)?;
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| {
        let model = super::load(tx, &name)?;
        tx.delete_model_tag(model.id, &key)?;
        if key == PROMPT_MARKER_TAG {
            tx.mark_prompt(model.id, false)?;
        }
        author.write(tx, "model.tag.deleted", name.as_str(), None, &key)?;
        Ok(())
    };
    context.store().write(permit, apply).await
}
