//! `tiltyard gc`, `fsck`, `store` and `purge`: the server is asked to look after what it keeps, and followed
//! while it does. The work is the server's; it goes on when nobody follows.

mod fsck;
mod gc;
mod purge;
mod store;

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Serialize;
use tiltyard_wire::v1::jobs::{Finding, GetJob, Job, ListFindings};

use super::connection::Session;
use super::failure::{Exit, Failure};
use super::render::{paragraphs, sheet, table, text, visible};

pub(super) use fsck::Fsck;
pub(super) use gc::Gc;
pub(super) use purge::Purge;
pub(super) use store::Store;

/// How often it is asked how a job stands.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// What a job came to.
#[derive(Debug, Serialize)]
struct Report {
    job: Job,
    findings: Vec<Finding>,
}

/// Follows a job to its end. Ctrl-C ends the following, not the job.
async fn follow(session: &Session, job: Job) -> Result<Report, Failure> {
    let bar = ProgressBar::new_spinner();
    let followed = tokio::select! {
        ended = to_the_end(session, job, &bar) => ended,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Refused, "nobody follows the job any more; it goes on in the server")
            .next("see how it goes with `tiltyard store jobs`, or follow it again with the same command")),
    };
    bar.finish_and_clear();
    followed
}

async fn to_the_end(session: &Session, mut job: Job, bar: &ProgressBar) -> Result<Report, Failure> {
    let number = job.number;
    while job.ended_ms.is_none() {
        bar.set_message(visible(&format!("{} {}: {}", job.name, job.state, counted(&job.counts))));
        bar.tick();
        tokio::time::sleep(ASK_EVERY).await;
        // The job outlives a server that is restarted.
        job = session.ask_until_answered(&GetJob { name: job.name }).await?;
        if job.number != number {
            return Err(Failure::new(Exit::Refused, "the job has ended, and another was asked for since"));
        }
    }
    let findings = findings(session, &job).await?;
    Ok(Report { job, findings })
}

async fn findings(session: &Session, job: &Job) -> Result<Vec<Finding>, Failure> {
    let mut found = Vec::new();
    let mut call = ListFindings { name: job.name.clone(), page_token: None };
    loop {
        let page = session.client.send(&call).await?;
        found.extend(page.findings);
        match page.next_page_token {
            Some(token) => call.page_token = Some(token),
            None => return Ok(found),
        }
    }
}

/// Counts in one line.
fn counted(counts: &BTreeMap<String, i64>) -> String {
    let each = counts.iter().map(|(name, count)| format!("{count} {}", name.replace('_', " ")));
    each.collect::<Vec<_>>().join(", ")
}

impl Report {
    /// Prints it, and fails where the job did.
    fn show(&self, session: &Session) -> Result<(), Failure> {
        session.output.show(self, Self::text)?;
        match &self.job.failure {
            Some(failure) => Err(Failure::new(Exit::Refused, format!("the job failed: {failure}"))
                .next("mend what is wrong and give the command again; what was done is not done twice")),
            None => Ok(()),
        }
    }

    fn text(&self) -> String {
        let rows = self.findings.iter().map(|finding| {
            [
                finding.kind.clone(),
                finding.size_bytes.map(|size_bytes| size_bytes.to_string()).unwrap_or_default(),
                finding.key.clone(),
                finding.destination.clone(),
                text(finding.used_by.as_ref()),
                text(finding.detail.as_ref()),
            ]
        });
        let headings = ["what", "bytes", "key", "place", "used by", "detail"];
        let found = if self.findings.is_empty() { String::new() } else { table(&headings, rows) };
        let counts = self.job.counts.iter().map(|(name, count)| (name.as_str(), count.to_string()));
        let unlisted = self.unlisted();
        let remark =
            if unlisted > 0 { format!("{unlisted} more are counted and not listed") } else { String::new() };
        paragraphs([found, remark, sheet(counts)])
    }

    /// How many findings were counted beyond those that are kept.
    fn unlisted(&self) -> i64 {
        let kinds = ["orphans", "removed", "stuck", "missing", "wrong_sizes", "altered", "unreadable"];
        let counted: i64 = kinds.iter().map(|kind| self.count(kind)).sum();
        counted - self.job.findings
    }

    /// How many bytes are not as they should be.
    fn damaged(&self) -> i64 {
        ["missing", "wrong_sizes", "altered", "unreadable"].iter().map(|kind| self.count(kind)).sum()
    }

    fn count(&self, name: &str) -> i64 {
        self.job.counts.get(name).copied().unwrap_or(0)
    }
}

/// A time such as `24h` or `7d`.
fn seconds(text: &str) -> Result<i64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.trim().parse::<i64>().ok());
    if let Some(days) = days {
        if days < 0 {
            return Err("a time cannot be negative".to_owned());
        }
        return days.checked_mul(86_400).ok_or_else(|| "too long".to_owned());
    }
    let time: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    if time.is_negative() { Err("a time cannot be negative".to_owned()) } else { Ok(time.as_secs()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("1h 30m"), Ok(5_400));
        for wrong in ["", "soon", "-1h", "-1d", "24"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
