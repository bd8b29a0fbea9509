//! A pointer goes back to the version that held it before, as its history says.

use tiltyard_domain::history::{Retreat, rollback_target};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{Pointer, Stage};
use tiltyard_domain::promotion::{Cause, Movement};
use tiltyard_domain::{Permit, Refusal};
use tiltyard_store::Tx;

use super::{Guarded, Move, answer, carry_out, observed};
use crate::journal::Author;
use crate::{Context, Error, Once, Outcome, models, versions};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// The model.
    pub model: ModelName,
    /// What goes back.
    pub pointer: Pointer,
    /// Why.
    pub reason: Option<String>,
}

/// What a rollback did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// What went back.
    pub pointer: Pointer,
    /// The version that left the pointer; none where nobody held it.
    pub from: Option<i64>,
    /// The version that holds it now.
    pub to: i64,
}

/// Puts a pointer back, in one transaction: whichever version came to it last leaves, a stage for `Archived`, and the one
/// before has it. Which that is, and who stays beside it, [`rollback_target`] says.
///
/// # Errors
/// `NotFound` when there is no such model; `WrongState` when history names nobody to go back to; `Unmet`.
pub async fn rollback(
    context: &Context,
    permit: &Permit,
    wanted: Rollback,
    once: Once<RolledBack>,
) -> Result<Outcome<RolledBack>, Error> {
    let pointer = &wanted.pointer;
    if matches!(pointer, Pointer::Stage(stage) if !stage.is_active()) {
        return Err(Error::invalid(format!(
            "{pointer} cannot be rolled back. Name Staging, Production or an alias."
        )));
    }
    let note = note(context, permit, &wanted).await?;
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    let apply = move |tx: &mut Tx<'_>| {
        if let Some(answer) = once.recall(tx)? {
            return Ok(Ok(Outcome::Repeated(answer)));
        }
        let guarded = apply(tx, &asker, &author, &wanted, &note)?;
        guarded.iter().try_for_each(|done| once.remember(tx, done))?;
        Ok::<_, Error>(guarded.map(Outcome::Done))
    };
    answer(context.store().write(permit, apply).await?)
}

/// What the journal is to say of the files of the version that will probably be gone back to. Where history goes on in
/// between, it is another one, and nothing is said of its files.
async fn note(context: &Context, permit: &Permit, wanted: &Rollback) -> Result<String, Error> {
    if !context.observes() {
        return Ok(String::new());
    }
    let (model, pointer) = (&wanted.model, &wanted.pointer);
    let target = context.store().read(permit, |read| {
        let model = models::load(read, model)?;
        let history = read.pointer_history(model.id, pointer)?;
        Ok::<_, Error>(rollback_target(&history).map(|retreat| retreat.to))
    });
    match target.await? {
        Some(version) => observed::note(context, permit, model, version).await,
        None => Ok(String::new()),
    }
}

fn apply(
    tx: &mut Tx<'_>,
    permit: &Permit,
    author: &Author,
    wanted: &Rollback,
    note: &str,
) -> Result<Guarded<RolledBack>, Error> {
    let Rollback { model: name, pointer, reason } = wanted;
    let model = models::load(tx, name)?;
    let history = tx.pointer_history(model.id, pointer)?;
    let retreat = rollback_target(&history).ok_or_else(|| nothing_before(name, pointer))?;
    let movements = match pointer {
        Pointer::Stage(stage) => stage_movements(tx, name, *stage, retreat)?,
        Pointer::Alias(alias) => {
            vec![Movement::AliasSet { alias: alias.clone(), from: retreat.from, to: retreat.to }]
        }
    };
    let Retreat { from, to } = retreat;
    let left = from.map_or_else(|| "nobody".to_owned(), |from| from.to_string());
    let why = reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    let what = Move {
        action: "pointer.rolled_back",
        version: Some(to),
        detail: format!("{pointer} from {left} to {to}{why}{note}"),
        cause: Cause::Rollback,
        reason: reason.clone(),
    };
    let done = RolledBack { pointer: pointer.clone(), from, to };
    carry_out(tx, permit, author, &model, movements, what, |_| Ok(done))
}

/// The target may stand in the stage already, beside the version that leaves.
fn stage_movements(
    tx: &mut Tx<'_>,
    name: &ModelName,
    stage: Stage,
    Retreat { from, to }: Retreat,
) -> Result<Vec<Movement>, Error> {
    let away = |version| Movement::Stage { version, from: stage, to: Stage::Archived };
    let (target, _) = versions::load_with_model(tx, name, to)?;
    let back =
        (target.stage != stage).then_some(Movement::Stage { version: to, from: target.stage, to: stage });
    Ok(from.map(away).into_iter().chain(back).collect())
}

fn nothing_before(name: &ModelName, pointer: &Pointer) -> Refusal {
    Refusal::wrong_state(format!(
        "No earlier version of '{}' held {pointer} and could take it back. Its history shows who held it; set the pointer \
         to the version you want.",
        name.as_str()
    ))
}
