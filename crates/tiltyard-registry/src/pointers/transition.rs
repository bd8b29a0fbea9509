//! A version goes to another stage, as MLflow's clients ask for it.

use tiltyard_domain::entity::{Model, Version};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::Stage;
use tiltyard_domain::promotion::{Cause, Movement};
use tiltyard_domain::{Permit, Refusal};
use tiltyard_store::Tx;

use super::{Guarded, Move, answer, carry_out, observed};
use crate::journal::Author;
use crate::{Context, Error, versions};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The model.
    pub model: ModelName,
    /// The version's number.
    pub version: i64,
    /// Where it is to go.
    pub stage: Stage,
    /// Whether the versions that stand there go to `Archived`.
    pub archive_existing: bool,
}

/// Moves a version to a stage.
///
/// # Errors
/// `NotFound`; `InvalidValue` when others are to be archived from a stage that is not active; `Unmet`.
pub async fn transition(context: &Context, permit: &Permit, wanted: Transition) -> Result<Version, Error> {
    if wanted.archive_existing && !wanted.stage.is_active() {
        return Err(Refusal::invalid(format!(
            "Model version transition cannot archive existing model versions because '{}' is not an Active stage. Valid \
             stages are ['Staging', 'Production']",
            wanted.stage
        ))
        .into());
    }
    let note = observed::note(context, permit, &wanted.model, wanted.version).await?;
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    answer(context.store().write(permit, move |tx| apply(tx, &asker, &author, &wanted, &note)).await?)
}

fn apply(
    tx: &mut Tx<'_>,
    permit: &Permit,
    author: &Author,
    wanted: &Transition,
    note: &str,
) -> Result<Guarded<Version>, Error> {
    let (version, model) = versions::load_with_model(tx, &wanted.model, wanted.version)?;
    let movements = movements(tx, &model, &version, wanted)?;
    let what = Move {
        action: "version.transitioned",
        version: Some(version.number),
        detail: detail(&version, &movements, wanted.stage) + note,
        cause: Cause::Move,
        reason: None,
    };
    carry_out(tx, permit, author, &model, movements, what, |tx| {
        if version.stage == wanted.stage {
            tx.touch_version(version.id, author.now)?;
        }
        let moved = Version { stage: wanted.stage, updated: author.now, ..version };
        Ok(tx.filled(model.id, moved)?)
    })
}

fn movements(
    tx: &mut Tx<'_>,
    model: &Model,
    version: &Version,
    wanted: &Transition,
) -> Result<Vec<Movement>, Error> {
    let mut movements = Vec::new();
    if wanted.archive_existing {
        let standing = tx.versions_in_stage(model.id, wanted.stage)?;
        let others = standing.into_iter().filter(|number| *number != version.number);
        movements.extend(others.map(|version| Movement::Stage {
            version,
            from: wanted.stage,
            to: Stage::Archived,
        }));
    }
    if version.stage != wanted.stage {
        movements.push(Movement::Stage { version: version.number, from: version.stage, to: wanted.stage });
    }
    Ok(movements)
}

fn detail(version: &Version, movements: &[Movement], stage: Stage) -> String {
    let archived: Vec<String> = movements
        .iter()
        .filter_map(|movement| match movement {
            Movement::Stage { version: other, .. } if *other != version.number => Some(other.to_string()),
            _ => None,
        })
        .collect();
    let moved = format!("{} to {stage}", version.stage);
    if archived.is_empty() { moved } else { format!("{moved}, archived {}", archived.join(", ")) }
}
