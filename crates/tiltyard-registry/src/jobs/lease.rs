//! The hold of a replica on a job: it lasts for a while, is renewed while the work goes on, and is compared in every
//! transaction that the work makes.

use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{Error as StoreError, JobNote, JobRow, Tx};

use super::progress::Piece;
use crate::limits::LEASE_MS;
use crate::{Context, Error};

/// A hold on a job.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub(super) name: String,
    pub(super) number: i64,
    claim: i64,
}

/// Why work on a job stopped before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Somebody else has it now.
    Lost,
    /// Something failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Until when a lease lasts that is taken or renewed now.
pub(super) fn lease_until(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_add(LEASE_MS))
}

impl Lease {
    pub(super) fn of(job: &JobRow) -> Self {
        Self { name: job.name.clone(), number: job.number, claim: job.claim }
    }

    /// To be called in every transaction that the work makes, before it writes: whoever has lost the job writes nothing.
    pub(super) fn hold(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Stop> {
        if tx.hold_job(&self.name, self.claim, lease_until(now))? { Ok(()) } else { Err(Stop::Lost) }
    }

    /// Renews the lease.
    pub(super) async fn renew(&self, context: &Context, permit: &Permit) -> Result<(), Stop> {
        let (lease, now) = (self.clone(), context.now());
        context.store().write(permit, move |tx| lease.hold(tx, now)).await
    }

    /// Writes down what a piece of work led to.
    pub(super) async fn note(
        &self,
        context: &Context,
        permit: &Permit,
        piece: &Piece,
        failure: Option<String>,
    ) -> Result<(), Stop> {
        let found: Result<Vec<_>, _> = piece.found.iter().map(serde_json::to_string).collect();
        let now = context.now();
        let note = JobNote {
            progress: serde_json::to_string(&piece.progress).map_err(broken)?,
            found: found.map_err(broken)?,
            lease_until: lease_until(now),
            ended: (piece.is_last || failure.is_some()).then_some(now),
            failure,
        };
        let lease = self.clone();
        let apply = move |tx: &mut Tx<'_>| {
            if tx.note_job(&lease.name, lease.claim, &note)? { Ok(()) } else { Err(Stop::Lost) }
        };
        context.store().write(permit, apply).await
    }
}

pub(super) fn broken(error: impl std::fmt::Display) -> Error {
    Error::Broken(error.to_string())
}
