//! A version is registered.

use tiltyard_domain::entity::{Tag, Version};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::source::check_prompt_source;
use tiltyard_domain::{Permit, Refusal, RefusalKind, models as rules};
use tiltyard_store::{Read, Tx};

use super::source::{Settled, settle};
use crate::artifacts::{self, Origin, Pinning};
use crate::journal::Author;
use crate::limits::REGISTER_ATTEMPTS_MAX;
use crate::logged_models::record_registration;
use crate::{Context, Error, Once, Outcome, models};

/// What a caller says of a version to be registered.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The model.
    pub model: ModelName,
    /// Where its bytes come from.
    pub source: String,
    /// The run that made it; empty is not absent.
    pub run_id: Option<String>,
    /// A link to that run.
    pub run_link: Option<String>,
    /// The logged model it comes from; empty is not absent.
    pub logged_model_id: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its tags; the last of those with one key counts.
    pub tags: Vec<Tag>,
}

/// Registers a version under the next number of its model.
///
/// # Errors
/// `NotFound` when there is no such model; `InvalidValue` for bad tags and for sources that may not be taken.
pub async fn create(
    context: &Context,
    permit: &Permit,
    new: NewVersion,
    once: Once<Version>,
) -> Result<Outcome<Version>, Error> {
    new.tags.iter().try_for_each(rules::check_version_tag)?;
    if rules::is_prompt(&new.tags) {
        check_prompt_source(&new.source)?;
    }
    let author = Author::new(permit, context.now());
    for _ in 0..REGISTER_ATTEMPTS_MAX {
        let settled = context.store().read(permit, |read| settled(read, context, &new)).await?;
        let pinning = artifacts::prepare(context, permit, &settled.origin).await?;
        let is_to_be_looked_at = pinning.is_to_be_looked_at();
        let (here, author, new, once) = (context.clone(), author.clone(), new.clone(), once.clone());
        let apply = move |tx: &mut Tx<'_>| {
            if let Some(answer) = once.recall(tx)? {
                return Ok(Some(Outcome::Repeated(answer)));
            }
            let version = apply(tx, &here, &author, &new, &settled, &pinning)?;
            version.iter().try_for_each(|version| once.remember(tx, version))?;
            Ok::<_, Error>(version.map(Outcome::Done))
        };
        if let Some(outcome) = context.store().write(permit, apply).await? {
            if is_to_be_looked_at {
                context.wish_to_look();
            }
            return Ok(outcome);
        }
    }
    let message = "The files of the version are being written. Register it once they are complete.";
    Err(Refusal::new(RefusalKind::Busy, message).into())
}

/// Registers the version, unless what was looked at has changed since.
fn apply(
    tx: &mut Tx<'_>,
    context: &Context,
    author: &Author,
    new: &NewVersion,
    settled: &Settled,
    pinning: &Pinning,
) -> Result<Option<Version>, Error> {
    let model = models::load(tx, &new.model)?;
    if self::settled(tx, context, new)? != *settled || !pinning.is_current(tx)? {
        return Ok(None);
    }
    let row = tiltyard_store::NewVersion {
        user_id: None,
        description: new.description.clone(),
        source: settled.source.clone(),
        storage_location: settled.storage_location.clone(),
        run_id: settled.run_id.clone(),
        run_link: new.run_link.clone(),
        logged_model_id: settled.logged_model_id.clone(),
        unverified_reason: pinning.unverified_reason(),
    };
    let (id, number) = tx.insert_version(model.id, &row, author.now)?;
    pinning.apply(tx, id)?;
    for tag in &new.tags {
        tx.set_version_tag(id, tag)?;
    }
    if let Some(model_id) = lists_it(new) {
        record_registration(tx, model_id, new.model.as_str(), number)?;
    }
    author.write(
        tx,
        "version.created",
        new.model.as_str(),
        Some(number),
        format!("from {}", settled.source),
    )?;
    super::load(tx, &new.model, number).map(Some)
}

/// The logged model that is to list the version: the one that the caller names. A copy keeps that of its original, but as
/// with MLflow is not listed there unless the caller says so.
fn lists_it(new: &NewVersion) -> Option<&String> {
    new.logged_model_id.as_ref().filter(|model_id| !model_id.is_empty() && !rules::is_prompt(&new.tags))
}

fn settled(read: &mut Read<'_>, context: &Context, new: &NewVersion) -> Result<Settled, Error> {
    models::load(read, &new.model)?;
    if rules::is_prompt(&new.tags) { Ok(unsettled(new)) } else { settle(read, context, new) }
}

/// A prompt has no bytes, so there is nothing to settle.
fn unsettled(new: &NewVersion) -> Settled {
    Settled {
        source: new.source.clone(),
        storage_location: None,
        run_id: new.run_id.clone(),
        logged_model_id: new.logged_model_id.clone(),
        origin: Origin::Nowhere,
    }
}
