//! `tiltyard store`: bytes move from one place to another, and what the server does in the background is shown.

use clap::{Args, Subcommand};
use tiltyard_wire::v1::jobs::{Job, ListJobs, RelocateBytes};

use super::{counted, follow};
use crate::commands::connection::{Connection, Session};
use crate::commands::failure::{Exit, Failure};
use crate::commands::prompt::NeverAsks;
use crate::commands::render::{table, text, time};

/// Move bytes to another place, and see what the server does in the background.
#[derive(Debug, Args)]
pub(in crate::commands) struct Store {
    #[command(flatten)]
    pub(in crate::commands) connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copy all bytes to the place that new ones go to, and serve them from there; no URI changes
    Relocate {
        /// Where to: what the server was started with as --artifacts-destination
        #[arg(long, value_name = "DESTINATION")]
        to: String,
        /// Remove each file from where it was, once it is served from the new place
        #[arg(long)]
        remove_source: bool,
        #[command(flatten)]
        _never_asks: NeverAsks,
    },
    /// Show the last job of each kind, and how it stands
    Jobs,
}

impl Store {
    pub(in crate::commands) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        match self.command {
            Command::Relocate { to, remove_source, .. } => relocate(&session, to, remove_source).await,
            Command::Jobs => {
                let jobs = session.client.send(&ListJobs {}).await?.jobs;
                session.output.show(&jobs, |jobs| jobs_table(jobs))
            }
        }
    }
}

async fn relocate(session: &Session, to: String, remove_source: bool) -> Result<(), Failure> {
    let call = RelocateBytes { to, remove_source: Some(remove_source) };
    let job = session.client.send(&call).await?;
    let report = follow(session, job).await?;
    report.show(session)?;
    match report.damaged() {
        0 => Ok(()),
        damaged => Err(Failure::new(
            Exit::Refused,
            format!("{damaged} files could not be moved and are where they were"),
        )
        .next("see what is wrong with them in the list, then give the command again")),
    }
}

fn jobs_table(jobs: &[Job]) -> String {
    let headings = ["job", "state", "asked", "by", "ended", "counts", "failure"];
    table(
        &headings,
        jobs.iter().map(|job| {
            [
                job.name.clone(),
                job.state.clone(),
                time(Some(job.asked_ms)),
                job.asked_by.clone(),
                time(job.ended_ms),
                counted(&job.counts),
                text(job.failure.as_ref()),
            ]
        }),
    )
}
