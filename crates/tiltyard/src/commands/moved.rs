//! `tiltyard moved`: tells a database that its bytes are in another place now. It talks to no server, but opens the database.
//! Copying bytes from place to place is not its work.

use std::io::{Write, stdout};

use clap::Args;
use tiltyard_registry::note_move;

use super::failure::{Exit, Failure};
use super::server::{broken, open, usage};
use crate::settings::{ArtifactProxy, Environment, destination_at, named_store};

/// Tell a database that its bytes are in another place now: after a restore, or when a folder or bucket was renamed
///
/// Each row of a file says in which place its bytes are. To be used while no server runs on the database; servers then start with
/// the new place as their `--artifacts-destination`.
#[derive(Debug, Args)]
pub(super) struct Moved {
    #[arg(
        long,
        value_name = "URI",
        help = "The database, as the server is told of it [default: sqlite:///tiltyard.db] [env: MLFLOW_BACKEND_STORE_URI]"
    )]
    backend_store_uri: Option<String>,
    /// Where the bytes were: the destination that servers had
    from: String,
    /// Where they are now
    to: String,
}

impl Moved {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let environment = Environment::of_process().map_err(usage)?;
        let location = named_store(self.backend_store_uri, &environment).map_err(usage)?;
        // What servers had may be spelled in a way that none is told any more.
        let from = spelled(&self.from).unwrap_or(self.from);
        let to = spelled(&self.to)?;
        let store = open(&location).await?;
        note_move(&store, &from, &to)
            .await
            .map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        writeln!(stdout(), "what was in {from} is looked for in {to}").map_err(broken)
    }
}

/// A destination as databases know it: spelled as a server does that is told of it.
fn spelled(destination: &str) -> Result<String, Failure> {
    Ok(match destination_at(destination, "the place").map_err(usage)? {
        ArtifactProxy::Folder(folder) => folder.to_string_lossy().into_owned(),
        ArtifactProxy::Cloud(cloud) => cloud.address.to_string(),
        ArtifactProxy::Off => destination.to_owned(),
    })
}
