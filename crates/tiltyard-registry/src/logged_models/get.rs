//! A logged model is shown.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::LoggedModel;

use crate::{Context, Error};

/// Whether a deleted thing is shown too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is as if it were not there.
    Hidden,
    /// It is shown like any other.
    Shown,
}

/// The logged model with that id.
///
/// # Errors
/// `NotFound`.
pub async fn get(
    context: &Context,
    permit: &Permit,
    model_id: &str,
    deleted: Deleted,
) -> Result<LoggedModel, Error> {
    context
        .store()
        .read(permit, |read| {
            let row = match deleted {
                Deleted::Hidden => super::active_row(read, model_id)?,
                Deleted::Shown => super::row(read, model_id)?,
            };
            super::whole(read, row)
        })
        .await
}
