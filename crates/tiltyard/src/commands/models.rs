//! `tiltyard models`: the registered models of a server.
//! Their versions are in `versions`, their aliases in `alias`.

use clap::{Args, Subcommand};
use tiltyard_wire::mlflow::experiments::Tag;
use tiltyard_wire::mlflow::models::{
    CreateRegisteredModel, DeleteRegisteredModel, GetRegisteredModel, RegisteredModel, RenameRegisteredModel,
    SearchRegisteredModels,
};
use tiltyard_wire::mlflow::versions::ModelVersion;

use super::connection::{Connection, Session};
use super::failure::Failure;
use super::prompt::Consent;
use super::render::{first_line, paragraphs, section, sheet, table, text, time};
use super::target::tag;
use super::versions;
use super::{holders, pages};

/// How many versions `show` lists.
const VERSIONS_SHOWN: usize = 10;

/// List, show, create, rename and delete models.
#[derive(Debug, Args)]
pub(super) struct Models {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List models
    List {
        /// A filter, as in "name LIKE 'churn%' AND tags.team = 'risk'"
        #[arg(long)]
        filter: Option<String>,
        #[arg(long, value_name = "CLAUSE", help = "How to sort, as in \"last_updated_timestamp DESC\"")]
        order_by: Vec<String>,
        /// How many to list at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show a model and its newest versions
    Show {
        /// The model
        name: String,
    },
    /// Create a model
    Create {
        /// The model
        name: String,
        /// What it is
        #[arg(long)]
        description: Option<String>,
        /// A tag
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
        tags: Vec<Tag>,
    },
    /// Rename a model
    Rename {
        /// The model
        name: String,
        /// Its new name
        new_name: String,
    },
    /// Delete a model with all its versions
    Delete {
        /// The model
        name: String,
        #[command(flatten)]
        consent: Consent,
    },
}

impl Models {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        match self.action {
            Action::List { filter, order_by, limit } => list(&session, filter, order_by, limit).await,
            Action::Show { name } => show(&session, name).await,
            Action::Create { name, description, tags } => {
                let call =
                    CreateRegisteredModel { name, description, tags, ..CreateRegisteredModel::default() };
                let made = session.client.send(&call).await?.registered_model;
                session.output.show(&made, |made| format!("Created model {}.", made.name))
            }
            Action::Rename { name, new_name } => {
                let call = RenameRegisteredModel { name: name.clone(), new_name };
                let renamed = session.client.send(&call).await?.registered_model;
                session.output.show(&renamed, |renamed| format!("Renamed model {name} to {}.", renamed.name))
            }
            Action::Delete { name, consent } => delete(&session, name, consent).await,
        }
    }
}

async fn list(
    session: &Session,
    filter: Option<String>,
    order_by: Vec<String>,
    limit: usize,
) -> Result<(), Failure> {
    let search = SearchRegisteredModels { filter, order_by, ..SearchRegisteredModels::default() };
    let found = pages::up_to(limit, async |size, page_token| {
        let call = SearchRegisteredModels { max_results: Some(size), page_token, ..search.clone() };
        let page = session.client.send(&call).await?;
        Ok((page.registered_models, page.next_page_token))
    })
    .await?;
    found.show(session.output, models_table)
}

async fn show(session: &Session, name: String) -> Result<(), Failure> {
    let model = session.client.send(&GetRegisteredModel { name }).await?.registered_model;
    let found = versions::of_model(session, &model, None, VERSIONS_SHOWN).await?;
    session.output.show(&model, |model| model_sheet(model, &found.items))
}

async fn delete(session: &Session, name: String, consent: Consent) -> Result<(), Failure> {
    // Asked first, so that a misspelt name is found out before the question.
    let model = session.client.send(&GetRegisteredModel { name: name.clone() }).await?.registered_model;
    consent.ask(&format!("Delete model {name} with all its versions?"))?;
    session.client.send(&DeleteRegisteredModel { name }).await?;
    session.output.show(&model, |model| format!("Deleted model {}.", model.name))
}

fn models_table(models: &[RegisteredModel]) -> String {
    let headings = ["name", "latest", "stages", "aliases", "updated", "description"];
    table(
        &headings,
        models.iter().map(|model| {
            [
                model.name.clone(),
                latest(&model.latest_versions),
                stages(model, &[]),
                aliases(model),
                time(model.last_updated_timestamp),
                first_line(model.description.as_deref()),
            ]
        }),
    )
}

fn model_sheet(model: &RegisteredModel, newest: &[ModelVersion]) -> String {
    let sheet = sheet([
        ("name", model.name.clone()),
        ("description", text(model.description.as_ref())),
        ("stages", stages(model, newest)),
        ("aliases", aliases(model)),
        ("created", time(model.creation_timestamp)),
        ("updated", time(model.last_updated_timestamp)),
    ]);
    let tags = model.tags.iter().map(|tag| vec![tag.key.clone(), tag.value.clone()]).collect();
    let versions = if newest.is_empty() { String::new() } else { versions::versions_table(newest) };
    paragraphs([sheet, section("Tags", &["key", "value"], tags), versions])
}

fn latest(versions: &[ModelVersion]) -> String {
    let numbers = versions.iter().filter_map(|version| version.version.parse::<u64>().ok());
    numbers.max().map_or_else(String::new, |number| number.to_string())
}

/// Who stands in which stage. `None` is what MLflow calls having no stage.
fn stages(model: &RegisteredModel, newest: &[ModelVersion]) -> String {
    let held = holders::in_stages(model, newest).into_iter();
    held.map(|(stage, number)| format!("{stage} {}", number.0)).collect::<Vec<_>>().join(", ")
}

fn aliases(model: &RegisteredModel) -> String {
    let aliases = model.aliases.iter().map(|held| format!("@{} {}", held.alias, held.version));
    aliases.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use tiltyard_wire::mlflow::models::ModelAlias;

    use super::*;

    fn churn() -> RegisteredModel {
        let version = |version: &str, stage: &str| ModelVersion {
            version: version.into(),
            current_stage: Some(stage.into()),
            ..ModelVersion::default()
        };
        RegisteredModel {
            name: "churn".into(),
            last_updated_timestamp: Some(1_795_219_382_474),
            latest_versions: vec![version("9", "Production"), version("10", "None")],
            aliases: vec![ModelAlias { alias: "champion".into(), version: "9".into() }],
            tags: vec![Tag { key: "team".into(), value: "risk".into() }],
            ..RegisteredModel::default()
        }
    }

    #[test]
    fn the_table_says_who_holds_what() {
        assert_eq!(
            models_table(&[churn()]),
            "\
NAME   LATEST  STAGES        ALIASES      UPDATED               DESCRIPTION
churn  10      Production 9  @champion 9  2026-11-21 00:03:02Z  -"
        );
    }

    #[test]
    fn the_sheet_of_a_model_without_versions_ends_with_its_tags() {
        assert_eq!(
            model_sheet(&churn(), &[]),
            "\
name:     churn
stages:   Production 9
aliases:  @champion 9
updated:  2026-11-21 00:03:02Z

Tags
KEY   VALUE
team  risk"
        );
    }
}
