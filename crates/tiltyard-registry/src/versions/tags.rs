//! A version's tags are set and deleted.

use tiltyard_domain::entity::Tag;
use tiltyard_domain::names::{ModelName, check_key};
use tiltyard_domain::{Permit, models};
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::{Context, Error};

/// Sets a tag of a version.
///
/// # Errors
/// `InvalidValue` for a bad tag; `NotFound` when there is no such version.
pub async fn set_tag(
    context: &Context,
    permit: &Permit,
    model: ModelName,
    number: i64,
    tag: Tag,
) -> Result<(), Error> {
    models::check_version_tag(&tag)?;
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| {
        let version = super::load(tx, &model, number)?;
        tx.set_version_tag(version.id, &tag)?;
        author.write(tx, "version.tag.set", model.as_str(), Some(number), &tag.key)?;
        Ok(())
    };
    context.store().write(permit, apply).await
}

/// Deletes a tag of a version, if it has it.
///
/// # Errors
/// `InvalidValue` for a bad key; `NotFound` when there is no such version.
pub async fn delete_tag(
    context: &Context,
    permit: &Permit,
    model: ModelName,
    number: i64,
    key: String,
) -> Result<(), Error> {
    check_key("key", &key)?;
    let author = Author::new(permit, context.now());
    let apply = move |tx: &mut Tx<'_>| {
        let version = super::load(tx, &model, number)?;
        tx.delete_version_tag(version.id, &key)?;
        author.write(tx, "version.tag.deleted", model.as_str(), Some(number), &key)?;
        Ok(())
    };
    context.store().write(permit, apply).await
}
