//! A logged model is deleted.

use tiltyard_domain::Permit;

use crate::{Context, Error};

/// Deletes a logged model, once more if need be. Its row stays for the runs and versions that refer to it.
///
/// # Errors
/// `NotFound`.
pub async fn delete(context: &Context, permit: &Permit, model_id: String) -> Result<(), Error> {
    let now = context.now();
    let apply = move |tx: &mut tiltyard_store::Tx<'_>| {
        let row = super::row(tx, &model_id)?;
        Ok(tx.delete_logged_model(row.key, now)?)
    };
    context.store().write(permit, apply).await
}
