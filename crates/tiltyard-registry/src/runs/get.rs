//! A run is shown.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Run;
use tiltyard_domain::runs::no_run;

use crate::{Context, Error};

/// The run with that id and all it logged, deleted or not.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn get(context: &Context, permit: &Permit, run_id: &str) -> Result<Run, Error> {
    let found = context.store().read(permit, |read| read.run(run_id)).await?;
    found.ok_or_else(|| no_run(run_id).into())
}
