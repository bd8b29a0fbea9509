//! `tiltyard versions`: the versions of a model, what they are, and their bytes.
//! Moving a stage or an alias for good reasons is `promote`; who held them when is `history`.

mod bundle;
mod download;
mod register;
mod show;

use clap::{Args, Subcommand};
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::experiments::Tag;
use tiltyard_wire::mlflow::models::{GetRegisteredModel, RegisteredModel};
use tiltyard_wire::mlflow::versions::{
    DeleteModelVersion, DeleteModelVersionTag, ModelVersion, SearchModelVersions, SetModelVersionTag,
    UpdateModelVersion,
};

pub(super) use show::versions_table;

use super::connection::{Connection, Session};
use super::failure::Failure;
use super::pages::{self, Found};
use super::promote;
use super::prompt::{Consent, NeverAsks};
use super::target::{VersionName, tag};

/// List, show, register, download, bundle, tag and delete versions.
#[derive(Debug, Args)]
pub(super) struct Versions {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    action: Action,
}

/// A version of a model on the command line.
#[derive(Debug, Args)]
struct Named {
    /// The model
    name: String,
    /// The version: 3, latest, @ALIAS or a stage
    version: VersionName,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the versions of a model, newest first
    List {
        /// The model
        name: String,
        /// A filter, as in "tags.passed = 'true'"
        #[arg(long)]
        filter: Option<String>,
        /// How many to list at most
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
    },
    /// Show a version
    Show(Named),
    /// Register a version from a folder here, or from where a model already is
    Register(register::Register),
    /// Download the files of a version
    Download(download::Download),
    /// Write a version with its run, report and card to a folder or bucket
    Bundle(bundle::Bundle),
    /// Put a version into a stage; unlike `promote`, others in it stay unless told
    Stage {
        #[command(flatten)]
        named: Named,
        /// The stage: None, Staging, Production or Archived
        stage: String,
        /// Move other versions out of that stage to Archived
        #[arg(long)]
        archive_existing: bool,
        #[command(flatten)]
        _never_asks: NeverAsks,
    },
    /// Set tags
    Tag {
        #[command(flatten)]
        named: Named,
        /// Tags
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = tag)]
        tags: Vec<Tag>,
        #[command(flatten)]
        _never_asks: NeverAsks,
    },
    /// Remove tags
    Untag {
        #[command(flatten)]
        named: Named,
        /// Keys of tags
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
        #[command(flatten)]
        _never_asks: NeverAsks,
    },
    /// Say what a version is
    Describe {
        #[command(flatten)]
        named: Named,
        /// The description
        description: String,
        #[command(flatten)]
        _never_asks: NeverAsks,
    },
    /// Delete a version
    Delete {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        consent: Consent,
    },
}

impl Versions {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        match self.action {
            Action::List { name, filter, limit } => list(&session, name, filter, limit).await,
            Action::Show(named) => {
                let version = named.find(&session).await?;
                session.output.show(&version, show::version_sheet)
            }
            Action::Register(command) => command.run(&session).await,
            Action::Download(command) => command.run(&session).await,
            Action::Bundle(command) => command.run(&session).await,
            Action::Stage { named, stage, archive_existing, .. } => {
                to_stage(&session, &named, stage, archive_existing).await
            }
            Action::Tag { named, tags, .. } => set_tags(&session, &named, tags).await,
            Action::Untag { named, keys, .. } => remove_tags(&session, &named, keys).await,
            Action::Describe { named, description, .. } => describe(&session, &named, description).await,
            Action::Delete { named, consent } => delete(&session, &named, consent).await,
        }
    }
}

impl Named {
    async fn find(&self, session: &Session) -> Result<ModelVersion, Failure> {
        self.version.find(&session.client, &self.name).await
    }
}

/// The newest versions of a model, with the aliases that point to them.
///
/// Servers of MLflow leave aliases out of searches; the model itself always has them.
pub(super) async fn of_model(
    session: &Session,
    model: &RegisteredModel,
    filter: Option<&str>,
    limit: usize,
) -> Result<Found<ModelVersion>, Failure> {
    let filter = filter_of(&model.name, filter);
    let mut found = pages::up_to(limit, async |size, page_token| {
        let order_by = vec!["version_number DESC".to_owned()];
        let call = SearchModelVersions {
            filter: Some(filter.clone()),
            max_results: Some(size),
            order_by,
            page_token,
        };
        let page = session.client.send(&call).await?;
        Ok((page.model_versions, page.next_page_token))
    })
    .await?;
    for version in &mut found.items {
        let pointing = model.aliases.iter().filter(|alias| alias.version == version.version);
        version.aliases = pointing.map(|alias| alias.alias.clone()).collect();
    }
    Ok(found)
}

/// A filter for one model. Names may hold one kind of quote; the grammar has two.
fn filter_of(name: &str, filter: Option<&str>) -> String {
    let quote = if name.contains('\'') { '"' } else { '\'' };
    let of_model = format!("name = {quote}{name}{quote}");
    filter.map_or(of_model.clone(), |filter| format!("{of_model} AND {filter}"))
}

async fn list(session: &Session, name: String, filter: Option<String>, limit: usize) -> Result<(), Failure> {
    // A search finds nothing where there is no such model; asking for the model says so.
    let model = session.client.send(&GetRegisteredModel { name }).await?.registered_model;
    let found = of_model(session, &model, filter.as_deref(), limit).await?;
    found.show(session.output, versions_table)
}

async fn to_stage(
    session: &Session,
    named: &Named,
    stage: String,
    archive_existing: bool,
) -> Result<(), Failure> {
    let version = named.find(session).await?;
    let moved = promote::transition(session, version, stage, archive_existing).await?;
    session.output.show(&moved, |moved| promote::sentence(moved, None, archive_existing))
}

async fn set_tags(session: &Session, named: &Named, tags: Vec<Tag>) -> Result<(), Failure> {
    let ModelVersion { name, version, .. } = named.find(session).await?;
    for Tag { key, value } in tags {
        let value = Some(value);
        let call = SetModelVersionTag { name: name.clone(), version: version.clone(), key, value };
        session.client.send(&call).await?;
    }
    session.output.show(&Empty {}, |_| format!("Tagged {name} {version}."))
}

async fn remove_tags(session: &Session, named: &Named, keys: Vec<String>) -> Result<(), Failure> {
    let ModelVersion { name, version, .. } = named.find(session).await?;
    for key in keys {
        let call = DeleteModelVersionTag { name: name.clone(), version: version.clone(), key };
        session.client.send(&call).await?;
    }
    session.output.show(&Empty {}, |_| format!("Removed tags of {name} {version}."))
}

async fn describe(session: &Session, named: &Named, description: String) -> Result<(), Failure> {
    let ModelVersion { name, version, .. } = named.find(session).await?;
    let call = UpdateModelVersion { name, version, description: Some(description) };
    let described = session.client.send(&call).await?.model_version;
    session.output.show(&described, |version| format!("Described {} {}.", version.name, version.version))
}

async fn delete(session: &Session, named: &Named, consent: Consent) -> Result<(), Failure> {
    let ModelVersion { name, version, .. } = named.find(session).await?;
    consent.ask(&format!("Delete {name} {version}?"))?;
    let call = DeleteModelVersion { name, version };
    session.client.send(&call).await?;
    session.output.show(&Empty {}, |_| format!("Deleted {} {}.", call.name, call.version))
}

#[cfg(test)]
mod tests {
    use super::filter_of;

    #[test]
    fn a_filter_names_the_model_in_quotes_that_it_does_not_hold() {
        assert_eq!(filter_of("churn", None), "name = 'churn'");
        assert_eq!(filter_of("bob's", Some("tags.a = 'b'")), r#"name = "bob's" AND tags.a = 'b'"#);
    }
}
