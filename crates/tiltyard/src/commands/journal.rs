//! `tiltyard journal`: every change of the registry, oldest first, and with `--follow` each new one as it happens.
//! Only Tiltyard keeps a journal; other servers are told apart and explained.

use std::io;

use clap::Args;
use tiltyard_wire::v1::journal::{FollowJournal, JournalLine, JournalPage};

use super::connection::{Connection, Session};
use super::failure::{Exit, Failure};
use super::output::lines;
use super::render::{table, text, time};
use crate::limits::FOLLOW_WAIT;

/// Show every change of the registry; with --json one JSON object a line.
#[derive(Debug, Args)]
pub(super) struct Journal {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// Begin behind the entry with this ID
    #[arg(long, value_name = "ID", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// Go on with each new entry as it happens, until interrupted
    #[arg(long, short)]
    follow: bool,
}

impl Journal {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        let mut after = self.after;
        let mut is_first = true;
        loop {
            // All that is there comes without a wait, so that only those who follow begin to wait.
            let wait = (self.follow && !is_first).then_some(FOLLOW_WAIT.as_secs().cast_signed());
            let page = ask(&session, after, wait).await?;
            if (is_first || !page.entries.is_empty()) && !lines(&self.shown(&page, is_first)?)? {
                return Ok(());
            }
            if page.entries.is_empty() && !self.follow {
                return Ok(());
            }
            after = page.next;
            is_first = false;
        }
    }

    fn shown(&self, page: &JournalPage, is_first: bool) -> Result<String, Failure> {
        if !self.connection.json() {
            let table = entries_table(&page.entries);
            let below = table.split_once('\n').map_or("", |(_, rows)| rows);
            return Ok(if is_first { table } else { below.to_owned() });
        }
        let line = |line| serde_json::to_string(line).map_err(io::Error::from);
        let lines = page.entries.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        Ok(lines.join("\n"))
    }
}

async fn ask(session: &Session, after: i64, wait: Option<i64>) -> Result<JournalPage, Failure> {
    let asked = FollowJournal { after: Some(after), wait, max_results: None };
    let page = match wait {
        None => session.client.send(&asked).await,
        // Servers are restarted; who follows is interested in what comes after that too.
        Some(_) => session.ask_until_answered(&asked).await,
    };
    match page {
        Err(error) if error.is_unknown_route() => {
            Err(Failure::new(Exit::Refused, "this server keeps no journal"))
        }
        page => Ok(page?),
    }
}

fn entries_table(entries: &[JournalLine]) -> String {
    let headings = ["id", "time", "by", "action", "model", "version", "detail"];
    table(
        &headings,
        entries.iter().map(|line| {
            [
                line.id.to_string(),
                time(Some(line.time_ms)),
                line.actor.clone(),
                line.action.clone(),
                line.model.clone(),
                text(line.version.as_ref()),
                line.detail.clone(),
            ]
        }),
    )
}
