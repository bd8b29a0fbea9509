//! `tiltyard backup`: a copy of a SQLite database while its server runs. It talks to no server, but opens the file.
//! Bytes of artifacts are files already; how both are kept together is said in `docs/running.md`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use tiltyard_store::Store;

use super::database::Database;
use super::failure::{Exit, Failure};
use super::server::{broken, unusable};
use crate::settings::StoreLocation;

/// Copy a SQLite database while its server runs
///
/// The copy is one moment of the database, whole, in one file. Take it first and copy the artifacts folder second: bytes are
/// never changed under their name, so a later copy of the folder holds what the database refers to.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    database: Database,
    /// The new file; one that is there already is not touched
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Failure> {
        let from = match self.database.location()? {
            StoreLocation::Sqlite(path) => path,
            StoreLocation::Postgres(_) => {
                return Err(Failure::new(Exit::Usage, "PostgreSQL databases are copied with its own tools")
                    .next("use pg_dump, as docs/running.md shows"));
            }
        };
        Store::copy_sqlite(&from, &self.file)
            .map_err(|error| unusable(&from.display().to_string(), &error))?;
        writeln!(stdout(), "{} is a copy of {}", self.file.display(), from.display()).map_err(broken)
    }
}
