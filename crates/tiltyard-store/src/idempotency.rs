//! What was answered to requests that carry an idempotency key. How long it counts is said by the use cases.

use tiltyard_domain::Timestamp;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::idempotency::IdempotencyKey;

use crate::artifacts::digest;
use crate::engine::params;
use crate::{Error, Read, Tx};

/// A request as it can be found again: who sent it, for what, under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    /// Who sent it.
    pub actor: String,
    /// What it asks for, such as `/mlflow/runs/create`.
    pub operation: &'static str,
    /// Its key.
    pub key: IdempotencyKey,
}

/// What is remembered of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The digest of the request as it was understood.
    pub request: Sha256Digest,
    /// What was answered.
    pub answer: Vec<u8>,
}

impl Read<'_> {
    /// What was answered under a key, unless that was before `since`.
    pub fn remembered_answer(
        &mut self,
        keyed: &Keyed,
        since: Timestamp,
    ) -> Result<Option<Remembered>, Error> {
        let Keyed { actor, operation, key } = keyed;
        self.one(
            "SELECT request, answer FROM idempotency_keys
             WHERE workspace = ?1 AND actor = ?2 AND operation = ?3 AND key = ?4 AND answered_ms >= ?5",
            &params![self.workspace(), actor, *operation, key.as_str(), since.0],
            |row| Ok(Remembered { request: digest(&row.get::<Vec<u8>>(0)?)?, answer: row.get(1)? }),
        )
    }
}

impl Tx<'_> {
    /// Remembers an answer. One from before `since` gives way.
    ///
    /// # Errors
    /// `Conflict` when another transaction has answered under this key since this one looked.
    pub fn remember_answer(
        &mut self,
        keyed: &Keyed,
        answered: &Remembered,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let workspace = self.workspace();
        let written = self.execute(
            "INSERT INTO idempotency_keys (workspace, actor, operation, key, request, answer, answered_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (workspace, actor, operation, key) DO UPDATE SET
             request = excluded.request, answer = excluded.answer, answered_ms = excluded.answered_ms
             WHERE idempotency_keys.answered_ms < ?8",
            &params![
                workspace,
                &keyed.actor,
                keyed.operation,
                keyed.key.as_str(),
                answered.request.as_bytes().as_slice(),
                answered.answer.as_slice(),
                now.0,
                since.0
            ],
        )?;
        if written == 0 { Err(Error::Conflict) } else { Ok(()) }
    }

    /// Forgets some of the answers, of any workspace, that were given before `since`; the oldest first.
    pub fn forget_answers(&mut self, since: Timestamp, answers_max: i64) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM idempotency_keys WHERE id IN
             (SELECT id FROM idempotency_keys WHERE answered_ms < ?1 ORDER BY answered_ms LIMIT ?2)",
            &params![since.0, answers_max],
        )
    }
}
