//! Experiments: make, show, rename, delete, restore, tag.

mod create;
mod delete;
mod get;
mod rename;
mod tags;

pub use create::create;
pub use delete::{delete, restore};
pub use get::{get, get_by_name};
pub use rename::rename;
pub use tags::{delete_tag, set_tag};

use tiltyard_domain::entity::Experiment;
use tiltyard_store::Read;

use crate::Error;

/// Loads an experiment, deleted or not.
pub(crate) fn load(read: &mut Read<'_>, id: i64) -> Result<Experiment, Error> {
    read.experiment(id)?.ok_or_else(|| no_experiment(id))
}

/// Loads an experiment that is not deleted, for a change that only such a one may have.
pub(crate) fn load_active(read: &mut Read<'_>, id: i64) -> Result<Experiment, Error> {
    let experiment = load(read, id)?;
    if experiment.deleted {
        return Err(not_active(id));
    }
    Ok(experiment)
}

pub(crate) fn not_active(id: i64) -> Error {
    Error::invalid(format!("The experiment {id} must be in the 'active' state. Current state is deleted."))
}

pub(crate) fn no_experiment(id: i64) -> Error {
    Error::not_found(format!("No Experiment with id={id} exists"))
}
