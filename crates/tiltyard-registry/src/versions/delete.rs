//! A version is deleted. Its number is never given again, and its history stays.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{AliasName, Stage};
use tiltyard_domain::promotion::{Cause, Movement};
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::pointers::{self, Move};
use crate::{Context, Error, artifacts, models};

/// Deletes a version. It loses the pointers it holds, so this is a guarded move.
///
/// # Errors
/// `NotFound`; `Unmet` when a policy keeps a pointer where it is.
pub async fn delete(context: &Context, permit: &Permit, name: ModelName, number: i64) -> Result<(), Error> {
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    let apply = move |tx: &mut Tx<'_>| {
        let version = super::load(tx, &name, number)?;
        let model = models::load(tx, &name)?;
        let movements = releases(&version)?;
        let detail = format!("was in {}", version.stage);
        let what = Move {
            action: "version.deleted",
            version: Some(number),
            detail,
            cause: Cause::Deletion,
            reason: None,
        };
        pointers::carry_out(tx, &asker, &author, &model, movements, what, |tx| {
            tx.delete_version(version.id, author.now)?;
            Ok(version.id)
        })
    };
    let deleted = pointers::answer(context.store().write(permit, apply).await?)?;
    artifacts::unpin(context, permit, vec![deleted]).await;
    Ok(())
}

/// The moves by which a version lets go of its pointers.
fn releases(version: &Version) -> Result<Vec<Movement>, Error> {
    let from = version.number;
    let mut movements = Vec::new();
    if version.stage != Stage::None {
        movements.push(Movement::Stage { version: from, from: version.stage, to: Stage::None });
    }
    for alias in &version.aliases {
        movements.push(Movement::AliasRemoved { alias: AliasName::parse(alias)?, from });
    }
    Ok(movements)
}
