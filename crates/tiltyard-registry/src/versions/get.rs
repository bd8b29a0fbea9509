//! A version is shown, by number or by alias, and where its bytes can be had.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::Version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::AliasName;
use tiltyard_store::Read;

use crate::{Context, Error, artifacts, models};

/// The version with that number.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn get(
    context: &Context,
    permit: &Permit,
    model: &ModelName,
    number: i64,
) -> Result<Version, Error> {
    match context.store().look(permit, |read| read.version(model.as_str(), number)).await? {
        Some(version) => Ok(version),
        None => Err(super::no_version(model, number)),
    }
}

/// The version that an alias points at; `latest`, in any letter case, is the newest.
///
/// # Errors
/// `NotFound` when there is no such model, or no version for `latest`; `InvalidValue`, as in MLflow, when there is no such
/// alias.
pub async fn by_alias(
    context: &Context,
    permit: &Permit,
    model: &ModelName,
    alias: &AliasName,
) -> Result<Version, Error> {
    let found = context.store().look(permit, |read| read.version_by_alias(model.as_str(), alias.as_str()));
    match found.await? {
        Some(version) => Ok(version),
        // Another look says why there is none.
        None => context.store().read(permit, |read| load_by_alias(read, model, alias)).await,
    }
}

pub(super) fn load_by_alias(
    read: &mut Read<'_>,
    model: &ModelName,
    alias: &AliasName,
) -> Result<Version, Error> {
    if alias.as_str().eq_ignore_ascii_case("latest") {
        return load_latest(read, model);
    }
    if let Some(version) = read.version_by_alias(model.as_str(), alias.as_str())? {
        return Ok(version);
    }
    models::load(read, model)?;
    Err(Error::invalid(format!("Registered model alias {} not found.", alias.as_str())))
}

pub(super) fn load_latest(read: &mut Read<'_>, model: &ModelName) -> Result<Version, Error> {
    models::load(read, model)?;
    let newest =
        read.latest_versions_of(model.as_str(), &[])?.into_iter().max_by_key(|version| version.number);
    newest.ok_or_else(|| Error::not_found(format!("Latest version not found for model {}.", model.as_str())))
}

/// The URI at which a client finds a version's bytes. Where the version pins them, it is one at which nothing can change.
///
/// # Errors
/// `NotFound` when there is no such version.
pub async fn download_uri(
    context: &Context,
    permit: &Permit,
    model: &ModelName,
    number: i64,
) -> Result<String, Error> {
    uri_of_bytes(get(context, permit, model, number).await?)
}

pub(crate) fn uri_of_bytes(version: Version) -> Result<String, Error> {
    if version.manifest_digest.is_some() {
        return artifacts::pinned_uri(version.id);
    }
    Ok(version.storage_location.unwrap_or(version.source))
}
