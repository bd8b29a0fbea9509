//! How jobs stand, and what they have found so far.

use std::collections::BTreeMap;

use tiltyard_domain::{Permit, Timestamp, limits};
use tiltyard_store::JobRow;

use super::lease::broken;
use super::progress::{Finding, Progress};
use super::request::Request;
use crate::{Context, Error};

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has taken it up, or who had it is gone.
    Waiting,
    /// Somebody is at it.
    Running,
    /// It came to its end.
    Done,
    /// It ended before.
    Failed,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Counts the jobs of that name.
    pub number: i64,
    /// What was asked for.
    pub request: Request,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked: Timestamp,
    /// How it stands.
    pub state: State,
    /// When it was first taken up.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it ended before it was done.
    pub failure: Option<String>,
    /// What was counted so far.
    pub counts: BTreeMap<String, i64>,
    /// How many findings can be listed.
    pub findings: i64,
}

/// Some findings of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingsPage {
    /// In the order in which they were found.
    pub findings: Vec<Finding>,
    /// Behind which one the next page begins; none on the last.
    pub next: Option<i64>,
}

/// The latest job of every name.
///
/// # Errors
/// What the store said.
pub async fn all(context: &Context, permit: &Permit) -> Result<Vec<Job>, Error> {
    let now = context.now();
    let rows = context.store().read(permit, |read| Ok::<_, Error>(read.jobs()?)).await?;
    rows.into_iter().map(|row| shown(row, now)).collect()
}

/// The latest job of that name.
///
/// # Errors
/// `NotFound` when there never was one.
pub async fn get(context: &Context, permit: &Permit, name: &str) -> Result<Job, Error> {
    let now = context.now();
    let row = context.store().read(permit, |read| Ok::<_, Error>(read.job(name)?)).await?;
    shown(row.ok_or_else(|| no_job(name))?, now)
}

/// A page of what the latest job of that name has found so far.
///
/// # Errors
/// `NotFound` when there never was one.
pub async fn findings(
    context: &Context,
    permit: &Permit,
    name: &str,
    after: i64,
) -> Result<FindingsPage, Error> {
    let limit = limits::MANIFEST_FILES_PER_PAGE;
    let found = context
        .store()
        .read(permit, |read| {
            let job = read.job(name)?.ok_or_else(|| no_job(name))?;
            Ok::<_, Error>(read.findings(name, job.number, after, limit)?)
        })
        .await?;
    let next = found.last().filter(|_| found.len() == limit).map(|(place, _)| *place);
    let findings: Result<_, _> = found.iter().map(|(_, text)| serde_json::from_str(text)).collect();
    Ok(FindingsPage { findings: findings.map_err(broken)?, next })
}

fn no_job(name: &str) -> Error {
    Error::not_found(format!("No job '{name}' was asked for yet."))
}

fn shown(row: JobRow, now: Timestamp) -> Result<Job, Error> {
    let progress: Progress = serde_json::from_str(&row.progress).map_err(broken)?;
    let state = match (&row.ended, &row.failure) {
        (Some(_), Some(_)) => State::Failed,
        (Some(_), None) => State::Done,
        (None, _) if row.lease_until > now => State::Running,
        (None, _) => State::Waiting,
    };
    Ok(Job {
        request: serde_json::from_str(&row.request).map_err(broken)?,
        name: row.name,
        number: row.number,
        asked_by: row.asked_by,
        asked: row.asked,
        state,
        started: row.started,
        ended: row.ended,
        failure: row.failure,
        counts: progress.counts,
        findings: row.findings,
    })
}
