//! An experiment gets another name.

use tiltyard_domain::{Permit, Refusal, Timestamp, experiments};
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Gives an experiment another name.
///
/// # Errors
/// `NotFound`; `WrongState` when it is deleted; `InvalidValue` for a bad name; `AlreadyExists` when the name is taken.
pub async fn rename(context: &Context, permit: &Permit, id: i64, name: String) -> Result<(), Error> {
    experiments::check_name(&name)?;
    let now = context.now();
    context.store().write(permit, move |tx| apply(tx, id, &name, now)).await
}

fn apply(tx: &mut Tx<'_>, id: i64, name: &str, now: Timestamp) -> Result<(), Error> {
    if super::load(tx, id)?.deleted {
        return Err(Refusal::wrong_state("Cannot rename a non-active experiment.").into());
    }
    if !tx.rename_experiment(id, name, now)? {
        return Err(super::create::taken(name).into());
    }
    Ok(())
}
