//! `tiltyard history`: which version held which stage or alias, from when to when, and who moved it.
//! Only Tiltyard keeps such a history; other servers are told apart and explained.

use clap::Args;
use tiltyard_wire::v1::pointers::{HistoryEntry, NamedModel};

use super::connection::Connection;
use super::failure::{Exit, Failure};
use super::render::{first_line, table, text, time};

/// Show which version held which stage or alias, and when.
#[derive(Debug, Args)]
pub(super) struct History {
    #[command(flatten)]
    connection: Connection,
    /// The model
    name: String,
}

impl History {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        let history = match session.client.send(&NamedModel { name: self.name.clone() }).await {
            Err(error) if error.is_unknown_route() => return Err(no_history(&self.name)),
            history => history?,
        };
        session.output.show(&history.entries, |entries| entries_table(entries))
    }
}

fn no_history(name: &str) -> Failure {
    Failure::new(Exit::Refused, "this server keeps no history")
        .next(format!("see who holds what now with `tiltyard models show {name}`"))
}

/// The history as a table.
pub(super) fn entries_table(entries: &[HistoryEntry]) -> String {
    let headings = ["pointer", "version", "from", "until", "by", "reason"];
    table(
        &headings,
        entries.iter().map(|entry| {
            [
                entry.pointer.clone(),
                version(entry),
                time(Some(entry.time_ms)),
                entry.until_ms.map_or_else(|| "now".to_owned(), |until_ms| time(Some(until_ms))),
                text(entry.actor.as_ref()),
                first_line(entry.reason.as_deref()),
            ]
        }),
    )
}

fn version(entry: &HistoryEntry) -> String {
    let number = text(entry.version.as_ref());
    if entry.deleted { format!("{number}, deleted") } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_who_held_what_and_until_when() {
        let entry = |version: &str, until_ms| HistoryEntry {
            time_ms: 1_795_219_382_474,
            pointer: "stage:Production".into(),
            version: Some(version.into()),
            until_ms,
            actor: Some("ada".into()),
            ..HistoryEntry::default()
        };
        assert_eq!(
            entries_table(&[
                entry("3", None),
                HistoryEntry { deleted: true, ..entry("2", Some(1_795_219_383_000)) }
            ]),
            "\
POINTER           VERSION     FROM                  UNTIL                 BY   REASON
stage:Production  3           2026-11-21 00:03:02Z  now                   ada  -
stage:Production  2, deleted  2026-11-21 00:03:02Z  2026-11-21 00:03:03Z  ada  -"
        );
    }
}
