//! Statements about work in the background: what was asked for, who is at it until when, how far it has come, what it found.
//! What the work is, and how long a lease lasts, is said by the use cases. Jobs belong to the server, not to a workspace.

use tiltyard_domain::Timestamp;

use crate::engine::{Param, Row, params};
use crate::{Error, Read, Tx, many};

const COLUMNS: &str = "name, number, request, asked_by, asked_ms, claim, holder, lease_until_ms, progress, findings, \
                       started_ms, ended_ms, failure";

/// The latest job of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// What kind of work it is.
    pub name: String,
    /// Counts the jobs of that name.
    pub number: i64,
    /// What exactly was asked for, in the words of the use case.
    pub request: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked: Timestamp,
    /// Counts those who took it up. Whoever works names the claim with everything written, and is refused once another has
    /// taken over.
    pub claim: i64,
    /// Who took it up last.
    pub holder: Option<String>,
    /// From when on others may take it over.
    pub lease_until: Timestamp,
    /// How far it has come, in the words of the use case.
    pub progress: String,
    /// How many findings there are.
    pub findings: i64,
    /// When it was first taken up.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it ended before it was done.
    pub failure: Option<String>,
}

/// What is written down of a job after a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobNote {
    /// How far it has come.
    pub progress: String,
    /// What was found in this piece.
    pub found: Vec<String>,
    /// Until when it is held.
    pub lease_until: Timestamp,
    /// When it ended, if it did.
    pub ended: Option<Timestamp>,
    /// Why it ended before it was done.
    pub failure: Option<String>,
}

fn job(row: &dyn Row) -> Result<JobRow, Error> {
    Ok(JobRow {
        name: row.get(0)?,
        number: row.get(1)?,
        request: row.get(2)?,
        asked_by: row.get(3)?,
        asked: Timestamp(row.get(4)?),
        claim: row.get(5)?,
        holder: row.get(6)?,
        lease_until: Timestamp(row.get(7)?),
        progress: row.get(8)?,
        findings: row.get(9)?,
        started: row.get::<Option<i64>>(10)?.map(Timestamp),
        ended: row.get::<Option<i64>>(11)?.map(Timestamp),
        failure: row.get(12)?,
    })
}

impl Read<'_> {
    /// The latest job of every name.
    pub fn jobs(&mut self) -> Result<Vec<JobRow>, Error> {
        self.all(&format!("SELECT {COLUMNS} FROM jobs ORDER BY name"), &[], job)
    }

    /// The latest job of that name.
    pub fn job(&mut self, name: &str) -> Result<Option<JobRow>, Error> {
        self.one(&format!("SELECT {COLUMNS} FROM jobs WHERE name = ?1"), &params![name], job)
    }

    /// Whether a job of one of these names, of which there is one at least, waits for somebody to take it up.
    pub fn is_job_free(&mut self, names: &[&str], now: Timestamp) -> Result<bool, Error> {
        let names = many::filled(names.iter().map(|name| Param::from(*name)));
        let sql = format!(
            "SELECT 1 FROM jobs WHERE ended_ms IS NULL AND lease_until_ms <= ?1 AND name IN ({}) LIMIT 1",
            many::places(2, names.len())
        );
        let params: Vec<Param<'_>> = [Param::from(now.0)].into_iter().chain(names).collect();
        Ok(self.one(&sql, &params, |_| Ok(()))?.is_some())
    }

    /// The findings of a job behind a place, with their places.
    pub fn findings(
        &mut self,
        job: &str,
        number: i64,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(
            "SELECT place, finding FROM job_findings WHERE job = ?1 AND number = ?2 AND place > ?3
             ORDER BY place LIMIT ?4",
            &params![job, number, after, limit],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}

impl Tx<'_> {
    /// Asks for a job. Says whether it was taken: the job of that name before must have ended.
    pub fn ask_for_job(
        &mut self,
        name: &str,
        request: &str,
        asked_by: &str,
        progress: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let taken = self.execute(
            "INSERT INTO jobs (name, number, request, asked_by, asked_ms, claim, lease_until_ms, progress, findings)
             VALUES (?1, 1, ?2, ?3, ?4, 0, 0, ?5, 0)
             ON CONFLICT (name) DO UPDATE SET number = jobs.number + 1, request = excluded.request,
             asked_by = excluded.asked_by, asked_ms = excluded.asked_ms, lease_until_ms = 0,
             progress = excluded.progress, findings = 0, started_ms = NULL, ended_ms = NULL, failure = NULL
             WHERE jobs.ended_ms IS NOT NULL",
            &params![name, request, asked_by, now.0, progress],
        )?;
        Ok(taken > 0)
    }

    /// Takes up a job of one of these names that nobody holds any more, the oldest first.
    pub fn claim_job(
        &mut self,
        names: &[&str],
        holder: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<JobRow>, Error> {
        let names = many::filled(names.iter().map(|name| Param::from(*name)));
        let sql = format!(
            "UPDATE jobs SET claim = claim + 1, holder = ?1, lease_until_ms = ?3,
                 started_ms = COALESCE(started_ms, ?2)
             WHERE name IN (SELECT name FROM jobs WHERE ended_ms IS NULL AND lease_until_ms <= ?2
                 AND name IN ({places}) ORDER BY asked_ms, name LIMIT 1)
             RETURNING {COLUMNS}",
            places = many::places(4, names.len())
        );
        let facts: [Param<'_>; 3] = params![holder, now.0, lease_until.0];
        let params: Vec<Param<'_>> = facts.into_iter().chain(names).collect();
        self.one(&sql, &params, job)
    }

    /// Holds a job for longer. Says whether the claim still counts; what it did not is not to be written.
    pub fn hold_job(&mut self, name: &str, claim: i64, lease_until: Timestamp) -> Result<bool, Error> {
        let held = self.execute(
            "UPDATE jobs SET lease_until_ms = ?3 WHERE name = ?1 AND claim = ?2 AND ended_ms IS NULL",
            &params![name, claim, lease_until.0],
        )?;
        Ok(held > 0)
    }

    /// Writes down how far a job has come. Says whether the claim still counts; if not, nothing was written.
    pub fn note_job(&mut self, name: &str, claim: i64, note: &JobNote) -> Result<bool, Error> {
        let before = self.one(
            "SELECT number, findings FROM jobs WHERE name = ?1 AND claim = ?2 AND ended_ms IS NULL",
            &params![name, claim],
            |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
        )?;
        let Some((number, mut place)) = before else { return Ok(false) };
        for finding in &note.found {
            place += 1;
            self.send(
                "INSERT INTO job_findings (job, number, place, finding) VALUES (?1, ?2, ?3, ?4)",
                &params![name, number, place, finding],
            )?;
        }
        self.execute(
            "UPDATE jobs SET progress = ?2, findings = ?3, lease_until_ms = ?4, ended_ms = ?5, failure = ?6
             WHERE name = ?1",
            &params![
                name,
                &note.progress,
                place,
                note.lease_until.0,
                note.ended.map(|ended| ended.0),
                note.failure.as_deref()
            ],
        )?;
        Ok(true)
    }

    /// Forgets some of the findings of earlier jobs of that name; says how many.
    pub fn forget_findings(&mut self, name: &str, number: i64, limit: usize) -> Result<usize, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.execute(
            "DELETE FROM job_findings WHERE job = ?1 AND (number, place) IN (
                 SELECT number, place FROM job_findings WHERE job = ?1 AND number < ?2
                 ORDER BY number, place LIMIT ?3)",
            &params![name, number, limit],
        )
    }
}
