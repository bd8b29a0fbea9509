//! `tiltyard moved`: tells a database that its bytes are in another place now. It talks to no server, but opens the database.
//! Copying bytes from place to place is not its work.

use std::io::{Write, stdout};

use clap::Args;
use tiltyard_registry::note_move;

use super::database::Database;
use super::failure::{Exit, Failure};
use super::prompt::NeverAsks;
use super::server::{broken, open, usage};
use crate::settings::{Destination, destination_at};

/// Tell a database that its bytes are in another place now: after a restore, or when a folder or bucket was renamed
///
/// Each row of a file says in which place its bytes are. To be used while no server runs on the database; servers then start with
/// the new place as their `--artifacts-destination`.
#[derive(Debug, Args)]
pub(super) struct Moved {
    #[command(flatten)]
    database: Database,
    /// Where the bytes were: the destination that servers had
    from: String,
    /// Where they are now
    to: String,
    #[command(flatten)]
    _never_asks: NeverAsks,
}

impl Moved {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let location = self.database.location()?;
        // What servers had may be spelled in a way that none is told any more.
        let from = place(&self.from).map_or(self.from, |from| spelled(&from));
        let to = place(&self.to)?;
        if let Destination::Folder(folder) = &to
            && !folder.is_dir()
        {
            let failure = Failure::new(Exit::Refused, format!("there is no folder {}", folder.display()));
            return Err(failure.next("bring the bytes there first; this command only notes where they are"));
        }
        let to = spelled(&to);
        let store = open(&location).await?;
        note_move(&store, &from, &to)
            .await
            .map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        writeln!(stdout(), "what was in {from} is looked for in {to}").map_err(broken)
    }
}

fn place(destination: &str) -> Result<Destination, Failure> {
    destination_at(destination, "the place").map_err(usage)
}

/// A destination as databases know it: spelled as a server does that is told of it.
fn spelled(place: &Destination) -> String {
    match place {
        Destination::Folder(folder) => folder.to_string_lossy().into_owned(),
        Destination::Cloud(cloud) => cloud.address.to_string(),
    }
}
