//! A pointer goes back to the version that held it before, as its history says.

use tiltyard_domain::entity::Model;
use tiltyard_domain::history::rollback_target;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{AliasName, Pointer, Stage};
use tiltyard_domain::promotion::{Cause, Movement};
use tiltyard_domain::{Permit, Refusal};
use tiltyard_store::Tx;

use super::{Guarded, Move, answer, carry_out};
use crate::journal::Author;
use crate::{Context, Error, models, versions};

/// What a rollback did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The versions that held the pointer until now; none where nobody held it.
    pub from: Vec<i64>,
    /// The version that holds it now.
    pub to: i64,
}

/// Puts a pointer back, in one transaction. A stage's present holders go to `Archived`.
///
/// # Errors
/// `NotFound` when there is no such model; `WrongState` when history names nobody to go back to; `Unmet`.
pub async fn rollback(
    context: &Context,
    permit: &Permit,
    name: ModelName,
    pointer: Pointer,
    reason: Option<String>,
) -> Result<RolledBack, Error> {
    if matches!(pointer, Pointer::Stage(stage) if !stage.is_active()) {
        return Err(Error::invalid(format!(
            "{pointer} cannot be rolled back. Name Staging, Production or an alias."
        )));
    }
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    let apply = move |tx: &mut Tx<'_>| apply(tx, &asker, &author, &name, &pointer, reason.clone());
    answer(context.store().write(permit, apply).await?)
}

fn apply(
    tx: &mut Tx<'_>,
    permit: &Permit,
    author: &Author,
    name: &ModelName,
    pointer: &Pointer,
    reason: Option<String>,
) -> Result<Guarded<RolledBack>, Error> {
    let model = models::load(tx, name)?;
    let holders = holders(tx, &model, pointer)?;
    let history = tx.pointer_history(model.id, pointer)?;
    let Some(to) = rollback_target(&history, &holders) else {
        return Err(nothing_before(name, pointer).into());
    };
    let movements = match pointer {
        Pointer::Stage(stage) => stage_movements(tx, name, *stage, &holders, to)?,
        Pointer::Alias(alias) => alias_movement(alias, &holders, to),
    };
    let from: Vec<String> = holders.iter().map(i64::to_string).collect();
    let why = reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    let what = Move {
        action: "pointer.rolled_back",
        version: Some(to),
        detail: format!(
            "{pointer} from {} to {to}{why}",
            if from.is_empty() { "nobody".to_owned() } else { from.join(", ") }
        ),
        cause: Cause::Rollback,
        reason,
    };
    carry_out(tx, permit, author, &model, movements, what, |_| Ok(RolledBack { from: holders, to }))
}

fn holders(tx: &mut Tx<'_>, model: &Model, pointer: &Pointer) -> Result<Vec<i64>, Error> {
    Ok(match pointer {
        Pointer::Stage(stage) => tx.versions_in_stage(model.id, *stage)?,
        Pointer::Alias(alias) => tx.alias_holder(model.id, alias.as_str())?.into_iter().collect(),
    })
}

fn stage_movements(
    tx: &mut Tx<'_>,
    name: &ModelName,
    stage: Stage,
    holders: &[i64],
    to: i64,
) -> Result<Vec<Movement>, Error> {
    let away = |version: &i64| Movement::Stage { version: *version, from: stage, to: Stage::Archived };
    let mut movements: Vec<Movement> = holders.iter().map(away).collect();
    let (target, _) = versions::load_with_model(tx, name, to)?;
    movements.push(Movement::Stage { version: to, from: target.stage, to: stage });
    Ok(movements)
}

fn alias_movement(alias: &AliasName, holders: &[i64], to: i64) -> Vec<Movement> {
    vec![Movement::AliasSet { alias: alias.clone(), from: holders.first().copied(), to }]
}

fn nothing_before(name: &ModelName, pointer: &Pointer) -> Refusal {
    Refusal::wrong_state(format!(
        "No earlier version of '{}' held {pointer} and could take it back. Its history shows who held it; set the pointer \
         to the version you want.",
        name.as_str()
    ))
}
