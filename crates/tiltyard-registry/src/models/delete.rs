//! A model is deleted, with its versions; its history stays.

use tiltyard_domain::Permit;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{AliasName, Stage};
use tiltyard_domain::promotion::{Cause, Movement};
use tiltyard_store::Tx;

use crate::journal::Author;
use crate::pointers::{self, Move};
use crate::{Context, Error, artifacts};

/// Deletes a model. Whoever holds one of its pointers loses it, so this is a guarded move.
///
/// # Errors
/// `NotFound`; `Unmet` when a policy keeps a pointer where it is.
pub async fn delete(context: &Context, permit: &Permit, name: ModelName) -> Result<(), Error> {
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    let apply = move |tx: &mut Tx<'_>| {
        let model = super::load(tx, &name)?;
        let movements = releases(tx, model.id)?;
        let what = Move {
            action: "model.deleted",
            version: None,
            detail: String::new(),
            cause: Cause::Deletion,
            reason: None,
        };
        pointers::carry_out(tx, &asker, &author, &model, movements, what, |tx| {
            tx.delete_model(model.id, author.now)?;
            Ok(tx.pinning_versions(model.id)?)
        })
    };
    let deleted = pointers::answer(context.store().write(permit, apply).await?)?;
    artifacts::unpin(context, permit, deleted).await;
    Ok(())
}

/// The moves by which every pointer of a model is let go.
fn releases(tx: &mut Tx<'_>, model: i64) -> Result<Vec<Movement>, Error> {
    let mut movements = Vec::new();
    for stage in Stage::ALL.into_iter().filter(|stage| *stage != Stage::None) {
        let holders = tx.versions_in_stage(model, stage)?.into_iter();
        movements.extend(holders.map(|version| Movement::Stage { version, from: stage, to: Stage::None }));
    }
    for (alias, from) in tx.aliases_of(model)? {
        movements.push(Movement::AliasRemoved { alias: AliasName::parse(&alias)?, from });
    }
    Ok(movements)
}
