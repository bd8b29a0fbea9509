//! Model versions: make, show, describe, tag, delete, and where their bytes are.
//! Moving stages and aliases stands in `pointers`.

mod create;
mod delete;
mod describe;
mod get;
mod source;
mod tags;

pub use create::{NewVersion, create};
pub use delete::delete;
pub use describe::describe;
pub(crate) use get::uri_of_bytes;
pub use get::{by_alias, download_uri, get};
pub use tags::{delete_tag, set_tag};

use tiltyard_domain::entity::{Model, Version};
use tiltyard_domain::names::ModelName;
use tiltyard_store::Read;

use crate::Error;

/// Loads a version with its tags and aliases.
pub(crate) fn load(read: &mut Read<'_>, model: &ModelName, number: i64) -> Result<Version, Error> {
    read.version(model.as_str(), number)?.ok_or_else(|| no_version(model, number))
}

/// Loads a version without its tags and aliases, and its model without what hangs below it.
pub(crate) fn load_with_model(
    read: &mut Read<'_>,
    model: &ModelName,
    number: i64,
) -> Result<(Version, Model), Error> {
    read.version_and_model(model.as_str(), number)?.ok_or_else(|| no_version(model, number))
}

fn no_version(model: &ModelName, number: i64) -> Error {
    Error::not_found(format!("Model Version (name={}, version={number}) not found", model.as_str()))
}
