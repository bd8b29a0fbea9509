//! Logged models: make, show, finalize, delete, tag, log params. What MLflow 3 keeps of a model before anyone registers it.
//! Registered models are elsewhere; their files are in `artifacts`, searching in `search`.

mod create;
mod delete;
mod finalize;
mod get;
mod params;
mod registration;
mod tags;

pub use create::create;
pub use delete::delete;
pub use finalize::finalize;
pub use get::{Deleted, get};
pub use params::log_params;
pub(crate) use registration::record_registration;
pub use tags::{delete_tag, set_tags};

use tiltyard_domain::entity::LoggedModel;
use tiltyard_store::{LoggedModelRow, Read};

use crate::Error;

/// The row of a logged model, deleted or not: MLflow lets deleted ones be changed.
fn row(read: &mut Read<'_>, model_id: &str) -> Result<LoggedModelRow, Error> {
    read.logged_model_row(model_id)?.ok_or_else(|| no_model(model_id))
}

/// The row of a logged model that is not deleted.
fn active_row(read: &mut Read<'_>, model_id: &str) -> Result<LoggedModelRow, Error> {
    let row = row(read, model_id)?;
    if row.deleted { Err(no_model(model_id)) } else { Ok(row) }
}

/// A logged model with all that hangs below it.
fn whole(read: &mut Read<'_>, row: LoggedModelRow) -> Result<LoggedModel, Error> {
    let mut models = [(row.key, row.model)];
    read.fill_logged_models(&mut models)?;
    let [(_, model)] = models;
    Ok(model)
}

pub(crate) fn no_model(model_id: &str) -> Error {
    Error::not_found(format!("Logged model with ID '{model_id}' not found."))
}
