//! A param is logged.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Param;
use tiltyard_domain::runs::{ParamChange, Place, changed_param, checked_param};
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Logs a param to an active run. The same value again is no error.
///
/// # Errors
/// `NotFound`; `InvalidValue` for a bad param, a deleted run, or another value than the one that stands.
pub async fn log_param(
    context: &Context,
    permit: &Permit,
    run_id: String,
    param: Param,
) -> Result<(), Error> {
    let param = checked_param(Place::Request, param, context.long_values())?;
    context.store().log(permit, move |tx| apply(tx, &run_id, &param)).await
}

fn apply(tx: &mut Tx<'_>, run_id: &str, param: &Param) -> Result<(), Error> {
    let run = super::load_active(tx, run_id)?;
    match tx.log_param(run, param)? {
        None => Ok(()),
        Some(standing) => Err(changed_param(run_id, &change(param, standing)).into()),
    }
}

pub(super) fn change(param: &Param, standing: String) -> ParamChange {
    ParamChange { key: param.key.clone(), old_value: standing, new_value: param.value.clone() }
}
