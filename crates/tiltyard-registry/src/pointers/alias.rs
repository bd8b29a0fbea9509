//! An alias is pointed at a version, or taken away.

use tiltyard_domain::Permit;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::AliasName;
use tiltyard_domain::promotion::{Cause, Movement};
use tiltyard_store::Tx;

use super::{Guarded, Move, answer, carry_out, observed};
use crate::journal::Author;
use crate::{Context, Error, models, versions};

/// Points an alias at a version.
///
/// # Errors
/// `NotFound` when there is no such version; `Unmet`.
pub async fn set_alias(
    context: &Context,
    permit: &Permit,
    name: ModelName,
    alias: AliasName,
    version: i64,
) -> Result<(), Error> {
    let note = observed::note(context, permit, &name, version).await?;
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    let apply = move |tx: &mut Tx<'_>| {
        set(tx, &asker, &author, &name, &Target { alias: &alias, version, note: &note })
    };
    answer(context.store().write(permit, apply).await?)
}

/// Which alias is pointed at which version, and what the journal is to say of that one's files.
struct Target<'a> {
    alias: &'a AliasName,
    version: i64,
    note: &'a str,
}

fn set(
    tx: &mut Tx<'_>,
    permit: &Permit,
    author: &Author,
    name: &ModelName,
    &Target { alias, version, note }: &Target<'_>,
) -> Result<Guarded<()>, Error> {
    let (_, model) = versions::load_with_model(tx, name, version)?;
    let from = tx.alias_holder(model.id, alias.as_str())?;
    if from == Some(version) {
        return Ok(Ok(()));
    }
    let before = from.map_or_else(String::new, |from| format!(", before {from}"));
    let what = Move {
        action: "alias.set",
        version: Some(version),
        detail: format!("{}{before}{note}", alias.as_str()),
        cause: Cause::Move,
        reason: None,
    };
    let movements = vec![Movement::AliasSet { alias: alias.clone(), from, to: version }];
    carry_out(tx, permit, author, &model, movements, what, |_| Ok(()))
}

/// Takes an alias away. One that is not there is no error, as in MLflow.
///
/// # Errors
/// `NotFound` when there is no such model; `Unmet`.
pub async fn remove_alias(
    context: &Context,
    permit: &Permit,
    name: ModelName,
    alias: AliasName,
) -> Result<(), Error> {
    let author = Author::new(permit, context.now());
    let asker = permit.clone();
    answer(context.store().write(permit, move |tx| remove(tx, &asker, &author, &name, &alias)).await?)
}

fn remove(
    tx: &mut Tx<'_>,
    permit: &Permit,
    author: &Author,
    name: &ModelName,
    alias: &AliasName,
) -> Result<Guarded<()>, Error> {
    let model = models::load(tx, name)?;
    let Some(from) = tx.alias_holder(model.id, alias.as_str())? else { return Ok(Ok(())) };
    let what = Move {
        action: "alias.removed",
        version: Some(from),
        detail: alias.as_str().to_owned(),
        cause: Cause::Move,
        reason: None,
    };
    let movements = vec![Movement::AliasRemoved { alias: alias.clone(), from }];
    carry_out(tx, permit, author, &model, movements, what, |_| Ok(()))
}
