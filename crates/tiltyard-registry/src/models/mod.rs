//! Registered models: make, show, rename, describe, tag, delete, and what happened to them.
//! Moving their pointers stands in `pointers`.

mod create;
mod delete;
mod describe;
mod get;
mod history;
mod rename;
mod tags;

pub use create::{NewModel, create};
pub use delete::delete;
pub use describe::describe;
pub use get::{get, latest_versions};
pub use history::{history, journal};
pub use rename::rename;
pub use tags::{delete_tag, set_tag};

use tiltyard_domain::entity::Model;
use tiltyard_domain::names::ModelName;
use tiltyard_store::Read;

use crate::Error;

/// Loads a model without what hangs below it.
pub(crate) fn load(read: &mut Read<'_>, name: &ModelName) -> Result<Model, Error> {
    read.bare_model(name.as_str())?.ok_or_else(|| no_model(name))
}

pub(crate) fn no_model(name: &ModelName) -> Error {
    Error::not_found(format!("Registered Model with name={} not found", name.as_str()))
}

/// Loads a model as answers show it.
pub(crate) fn load_whole(read: &mut Read<'_>, name: &ModelName) -> Result<Model, Error> {
    read.model(name.as_str())?.ok_or_else(|| no_model(name))
}
