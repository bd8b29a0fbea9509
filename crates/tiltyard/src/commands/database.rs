//! The flag of commands that talk to no server, but open its database. What they do with it is theirs.

use clap::Args;

use super::failure::Failure;
use super::server::usage;
use crate::settings::{Environment, StoreLocation, named_store};

/// Which database is opened.
#[derive(Debug, Args)]
pub(super) struct Database {
    #[arg(
        long,
        value_name = "URI",
        help = "The database, as the server is told of it [default: sqlite:///tiltyard.db] [env: MLFLOW_BACKEND_STORE_URI]"
    )]
    backend_store_uri: Option<String>,
}

impl Database {
    pub(super) fn location(self) -> Result<StoreLocation, Failure> {
        let environment = Environment::of_process().map_err(usage)?;
        named_store(self.backend_store_uri, &environment).map_err(usage)
    }
}
