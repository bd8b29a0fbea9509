//! How people name a version (`3`, `latest`, `@champion`, `Production`) or a pointer (`@champion`, `Production`).
//! The server alone decides whether what was named exists.

use std::convert::Infallible;
use std::str::FromStr;

use tiltyard_client::{Client, ClientError};
use tiltyard_wire::mlflow::models::{GetLatestVersions, GetModelVersionByAlias, GetRegisteredModel};
use tiltyard_wire::mlflow::versions::{GetModelVersion, ModelVersion};
use tiltyard_wire::v1::pointers::Pointer;

use super::failure::{Exit, Failure};

/// A version of a model, as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum VersionName {
    /// By its number.
    Number(String),
    /// The newest one.
    Latest,
    /// By what points to it.
    Holder(Pointer),
}

impl FromStr for VersionName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Number(text.to_owned()));
        }
        if text.eq_ignore_ascii_case("latest") {
            return Ok(Self::Latest);
        }
        Ok(Self::Holder(pointer(text)))
    }
}

impl VersionName {
    /// Asks the server for the version.
    pub(super) async fn find(&self, client: &Client, model: &str) -> Result<ModelVersion, Failure> {
        match self {
            Self::Number(version) => {
                let call = GetModelVersion { name: model.to_owned(), version: version.clone() };
                Ok(client.send(&call).await?.model_version)
            }
            Self::Latest => newest(client, model, None).await,
            Self::Holder(Pointer::Stage(stage)) => newest(client, model, Some(stage)).await,
            Self::Holder(Pointer::Alias(alias)) => by_alias(client, model, alias).await,
        }
    }
}

/// The version that holds an alias. An alias that nobody holds is refused like a wrong value, so the model is asked which
/// aliases it has.
async fn by_alias(client: &Client, model: &str, alias: &str) -> Result<ModelVersion, Failure> {
    let call = GetModelVersionByAlias { name: model.to_owned(), alias: alias.to_owned() };
    let refused = match client.send(&call).await {
        Err(refused @ ClientError::Refused { .. }) => refused,
        found => return Ok(found?.model_version),
    };
    let call = GetRegisteredModel { name: model.to_owned() };
    let aliases = client.send(&call).await?.registered_model.aliases;
    if aliases.iter().any(|held| held.alias == alias) {
        return Err(refused.into());
    }
    Err(Failure::new(Exit::NotFound, format!("model {model} has no alias @{alias}"))
        .next(format!("see which it has with `tiltyard alias list {model}`")))
}

/// The version with the highest number, of one stage or of all.
async fn newest(client: &Client, model: &str, stage: Option<&String>) -> Result<ModelVersion, Failure> {
    let stages = stage.into_iter().cloned().collect();
    let call = GetLatestVersions { name: model.to_owned(), stages };
    let versions = client.send(&call).await?.model_versions;
    versions.into_iter().max_by_key(number).ok_or_else(|| {
        let what = stage.map_or_else(|| "no versions".to_owned(), |stage| format!("no version in {stage}"));
        Failure::new(Exit::NotFound, format!("model {model} has {what}"))
            .next(format!("see what there is with `tiltyard versions list {model}`"))
    })
}

fn number(version: &ModelVersion) -> u64 {
    version.version.parse().unwrap_or(0)
}

/// Reads a pointer: an alias behind `@`, or a stage.
pub(super) fn pointer(text: &str) -> Pointer {
    match text.strip_prefix('@') {
        Some(alias) => Pointer::Alias(alias.to_owned()),
        None => Pointer::Stage(text.to_owned()),
    }
}

/// How a pointer is written for people.
pub(super) fn name_of(pointer: &Pointer) -> String {
    match pointer {
        Pointer::Stage(stage) => stage.clone(),
        Pointer::Alias(alias) => format!("@{alias}"),
    }
}

/// Reads `KEY=VALUE`.
pub(super) fn tag(text: &str) -> Result<tiltyard_wire::mlflow::experiments::Tag, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(tiltyard_wire::mlflow::experiments::Tag { key: key.to_owned(), value: value.to_owned() })
        }
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &VersionName) {
        assert_eq!(&text.parse::<VersionName>().unwrap(), expected, "{text}");
    }

    #[test]
    fn versions_are_named_by_number_alias_stage_or_latest() {
        check("12", &VersionName::Number("12".into()));
        check("latest", &VersionName::Latest);
        check("@champion", &VersionName::Holder(Pointer::Alias("champion".into())));
        check("Production", &VersionName::Holder(Pointer::Stage("Production".into())));
    }

    #[test]
    fn tags_are_split_at_the_first_equals_sign() {
        let read = tag("k=a=b").unwrap();
        assert_eq!((read.key.as_str(), read.value.as_str()), ("k", "a=b"));
        assert!(tag("k").is_err() && tag("=v").is_err());
    }
}
