//! `tiltyard promote`: move a stage or an alias to a version.
//! Whether that is allowed is decided by the server, whose reasons are passed on word for word.

use clap::Args;
use tiltyard_client::Client;
use tiltyard_wire::mlflow::models::GetLatestVersions;
use tiltyard_wire::mlflow::versions::{ModelVersion, TransitionModelVersionStage};
use tiltyard_wire::v1::pointers::Pointer;

use super::alias;
use super::connection::{Connection, Session};
use super::failure::Failure;
use super::prompt::NeverAsks;
use super::target::{VersionName, pointer};

/// Move a stage or an alias to a version.
#[derive(Debug, Args)]
pub(super) struct Promote {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// The model
    name: String,
    /// The version: 3, latest, @ALIAS or the stage that it holds now
    version: VersionName,
    /// What to move to the version
    #[arg(long, value_name = "STAGE|@ALIAS", default_value = "Production")]
    to: String,
    /// Leave other versions in the stage instead of archiving them
    #[arg(long)]
    keep_existing: bool,
    #[command(flatten)]
    _never_asks: NeverAsks,
}

impl Promote {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        match pointer(&self.to) {
            Pointer::Alias(name) => alias::set(&session, self.name, name, &self.version).await,
            Pointer::Stage(stage) => {
                let version = self.version.find(&session.client, &self.name).await?;
                to_stage(&session, version, stage, !self.keep_existing).await
            }
        }
    }
}

async fn to_stage(
    session: &Session,
    version: ModelVersion,
    stage: String,
    archive_existing: bool,
) -> Result<(), Failure> {
    let before = holder(&session.client, &version.name, &stage).await?;
    let promoted = transition(session, version, stage, archive_existing).await?;
    session.output.show(&promoted, |promoted| sentence(promoted, before.as_deref(), archive_existing))
}

/// Moves a version to a stage.
pub(super) async fn transition(
    session: &Session,
    version: ModelVersion,
    stage: String,
    archive_existing: bool,
) -> Result<ModelVersion, Failure> {
    let call = TransitionModelVersionStage {
        name: version.name,
        version: version.version,
        stage,
        archive_existing_versions: Some(archive_existing),
    };
    Ok(session.client.send(&call).await?.model_version)
}

/// The newest version that holds a stage now.
async fn holder(client: &Client, model: &str, stage: &str) -> Result<Option<String>, Failure> {
    let call = GetLatestVersions { name: model.to_owned(), stages: vec![stage.to_owned()] };
    Ok(client.send(&call).await?.model_versions.into_iter().next().map(|version| version.version))
}

/// What became of a version, and of the one that stood there before.
pub(super) fn sentence(promoted: &ModelVersion, before: Option<&str>, archive_existing: bool) -> String {
    let ModelVersion { name, version, current_stage, .. } = promoted;
    let Some(stage) = current_stage.as_deref().filter(|stage| *stage != "None") else {
        return format!("{name} {version} is in no stage now.");
    };
    match before.filter(|before| before != version) {
        None => format!("{name} {version} is now in {stage}."),
        Some(before) if archive_existing => {
            format!("{name} {version} is now in {stage}, in place of {before}.")
        }
        Some(before) => format!("{name} {version} is now in {stage}, beside {before}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_became_of_the_earlier_version() {
        let promoted = ModelVersion {
            name: "churn".into(),
            version: "3".into(),
            current_stage: Some("Production".into()),
            ..ModelVersion::default()
        };
        assert_eq!(sentence(&promoted, None, true), "churn 3 is now in Production.");
        assert_eq!(sentence(&promoted, Some("3"), true), "churn 3 is now in Production.");
        assert_eq!(sentence(&promoted, Some("2"), true), "churn 3 is now in Production, in place of 2.");
        assert_eq!(sentence(&promoted, Some("2"), false), "churn 3 is now in Production, beside 2.");
        let withdrawn = ModelVersion { current_stage: Some("None".into()), ..promoted };
        assert_eq!(sentence(&withdrawn, Some("2"), true), "churn 3 is in no stage now.");
    }
}
