//! `tiltyard alias`: names that point to a version of a model.
//! Giving an alias back to its earlier version is `rollback`.

use clap::{Args, Subcommand};
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::models::{
    DeleteRegisteredModelAlias, GetRegisteredModel, ModelAlias, SetRegisteredModelAlias,
};
use tiltyard_wire::v1::pointers::Pointer;

use super::connection::{Connection, Session};
use super::failure::Failure;
use super::render::table;
use super::target::VersionName;

/// Set, get, delete and list aliases.
#[derive(Debug, Args)]
pub(super) struct Alias {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the aliases of a model
    List {
        /// The model
        name: String,
    },
    /// Show which version an alias points to
    Get {
        /// The model
        name: String,
        /// The alias
        alias: String,
    },
    /// Point an alias to a version
    Set {
        /// The model
        name: String,
        /// The alias
        alias: String,
        /// The version: 3, latest, @ALIAS or a stage
        version: VersionName,
    },
    /// Delete an alias
    Delete {
        /// The model
        name: String,
        /// The alias
        alias: String,
    },
}

impl Alias {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        match self.action {
            Action::List { name } => {
                let aliases =
                    session.client.send(&GetRegisteredModel { name }).await?.registered_model.aliases;
                session.output.show(&aliases, |aliases| aliases_table(aliases))
            }
            Action::Get { name, alias } => {
                let holder = VersionName::Holder(Pointer::Alias(plain(&alias)));
                let version = holder.find(&session.client, &name).await?;
                session.output.show(&version, |version| version.version.clone())
            }
            Action::Set { name, alias, version } => set(&session, name, plain(&alias), &version).await,
            Action::Delete { name, alias } => {
                let call = DeleteRegisteredModelAlias { name, alias: plain(&alias) };
                session.client.send(&call).await?;
                session.output.show(&Empty {}, |_| format!("Deleted @{} of {}.", call.alias, call.name))
            }
        }
    }
}

/// Points an alias to a version and says so.
pub(super) async fn set(
    session: &Session,
    name: String,
    alias: String,
    version: &VersionName,
) -> Result<(), Failure> {
    let version = version.find(&session.client, &name).await?.version;
    let call = SetRegisteredModelAlias { name, alias, version };
    session.client.send(&call).await?;
    let held = ModelAlias { alias: call.alias, version: call.version };
    session
        .output
        .show(&held, |held| format!("@{} of {} now points to {}.", held.alias, call.name, held.version))
}

/// An alias may be written with the `@` it has elsewhere.
pub(super) fn plain(alias: &str) -> String {
    alias.strip_prefix('@').unwrap_or(alias).to_owned()
}

fn aliases_table(aliases: &[ModelAlias]) -> String {
    table(
        &["alias", "version"],
        aliases.iter().map(|held| [format!("@{}", held.alias), held.version.clone()]),
    )
}
