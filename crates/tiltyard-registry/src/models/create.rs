//! A model is made.

use tiltyard_domain::entity::{Model, Tag};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::{Permit, models};
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::{Context, Error, Once, Outcome};

/// What a caller says of a model to be made.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// Its name.
    pub name: ModelName,
    /// What it is for.
    pub description: Option<String>,
    /// Its tags; the last of those with one key counts.
    pub tags: Vec<Tag>,
}

/// Makes a model, or a prompt where the tags say so.
///
/// # Errors
/// `InvalidValue` for a bad tag; `AlreadyExists` when the name is taken.
pub async fn create(
    context: &Context,
    permit: &Permit,
    new: NewModel,
    once: Once<Model>,
) -> Result<Outcome<Model>, Error> {
    new.tags.iter().try_for_each(models::check_tag)?;
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| once.perform(tx, |tx| apply(tx, &new, &author));
    context.store().write(permit, apply).await
}

fn apply(tx: &mut Tx<'_>, new: &NewModel, author: &Author) -> Result<Model, Error> {
    let is_prompt = models::is_prompt(&new.tags);
    let row = tiltyard_store::NewModel {
        name: new.name.as_str().to_owned(),
        description: new.description.clone(),
        is_prompt,
    };
    let Some(id) = tx.insert_model(&row, author.now)? else {
        let holder = super::load(tx, &new.name)?;
        let holder_is_prompt = tx.is_prompt(holder.id)?;
        return Err(models::name_taken(new.name.as_str(), holder_is_prompt, is_prompt).into());
    };
    for tag in &new.tags {
        tx.set_model_tag(id, tag)?;
    }
    author.write(tx, "model.created", new.name.as_str(), None, "")?;
    super::load_whole(tx, &new.name)
}
