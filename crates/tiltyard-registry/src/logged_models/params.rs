//! Params of a logged model: written once.

use tiltyard_domain::entity::Param;
use tiltyard_domain::logged_models::check_params;
use tiltyard_domain::{Permit, Refusal, RefusalKind};
use tiltyard_store::Tx;

use crate::{Context, Error};

/// Adds params to a logged model, all of them or none.
///
/// # Errors
/// `NotFound`; `InvalidValue` for what is too long or too much; `Malformed` for a param that is there already, whatever
/// its value.
pub async fn log_params(
    context: &Context,
    permit: &Permit,
    model_id: String,
    params: Vec<Param>,
) -> Result<(), Error> {
    check_params(&params)?;
    let apply = move |tx: &mut Tx<'_>| {
        let row = super::row(tx, &model_id)?;
        insert_params(tx, row.key, &model_id, &params)
    };
    context.store().write(permit, apply).await
}

pub(super) fn insert_params(
    tx: &mut Tx<'_>,
    model: i64,
    model_id: &str,
    params: &[Param],
) -> Result<(), Error> {
    match tx.insert_logged_model_params(model, params)? {
        Some(param) => Err(repeated(&param.key, model_id).into()),
        None => Ok(()),
    }
}

fn repeated(key: &str, model_id: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        format!(
            "The param '{key}' of the model '{model_id}' is logged already. Params are logged once; nothing was changed."
        ),
    )
}
