//! What was deleted is taken away for good: runs and logged models with all that hangs on them, and experiments that hold
//! nothing any more. Files in the server's own store go with them, except those that a version pins; files elsewhere are not
//! the server's to remove.
//!
//! What a version came from stays as long as the version does, so that it can always be said where a model is from.

use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{Purged, Read, Tx};

use super::lease::{Lease, Stop};
use super::progress::{Piece, Progress};
use super::request::Purge;
use crate::limits::{PURGED_PER_PIECE_MAX, ROWS_CLEARED_MAX};
use crate::{Context, Error, artifacts};

pub(super) async fn piece(
    context: &Context,
    permit: &Permit,
    lease: &Lease,
    wanted: &Purge,
    progress: Progress,
) -> Result<Piece, Stop> {
    let work = Work { context, permit, lease, wanted };
    match progress.part {
        0 => work.some(Purged::Run, progress).await,
        1 => work.of_experiments(progress).await,
        2 => work.some(Purged::LoggedModel, progress).await,
        3 if !wanted.dry_run => work.clear(progress).await,
        // Those that are empty only once the rest is gone are not counted by a dry run.
        3 | 4 => work.experiments(progress).await,
        _ => Ok(progress.piece(Vec::new(), true)),
    }
}

struct Work<'a> {
    context: &'a Context,
    permit: &'a Permit,
    lease: &'a Lease,
    wanted: &'a Purge,
}

impl Work<'_> {
    fn before(&self) -> Timestamp {
        Timestamp(self.context.now().0.saturating_sub(self.wanted.older_than_ms))
    }

    async fn some(&self, what: Purged, mut progress: Progress) -> Result<Piece, Stop> {
        let (before, after) = (self.before(), progress.number);
        let page = self.context.store().scan(self.permit, move |read| {
            Ok::<_, Error>(read.purgeable(what, before, after, PURGED_PER_PIECE_MAX)?)
        });
        let page = page.await?;
        let keys: Vec<i64> = page.iter().filter(|found| !found.is_kept).map(|found| found.key).collect();
        let (name, kept_name) = match what {
            Purged::Run => ("runs", "runs_kept_for_versions"),
            Purged::LoggedModel => ("logged_models", "logged_models_kept_for_versions"),
        };
        progress.count(kept_name, count(page.len() - keys.len()));
        match page.last() {
            Some(last) if page.len() == PURGED_PER_PIECE_MAX => progress.behind(last.key, ""),
            _ => progress.next_part(),
        }
        let gone = if self.wanted.dry_run { keys.len() } else { self.purge(what, keys, before).await? };
        progress.count(name, count(gone));
        Ok(progress.piece(Vec::new(), false))
    }

    async fn purge(&self, what: Purged, keys: Vec<i64>, before: Timestamp) -> Result<usize, Stop> {
        let (lease, now) = (self.lease.clone(), self.context.now());
        let apply = move |tx: &mut Tx<'_>| {
            lease.hold(tx, now)?;
            let mut gone = 0;
            for key in &keys {
                gone += usize::from(tx.purge(what, *key, before)?);
            }
            Ok::<_, Stop>(gone)
        };
        self.context.store().write(self.permit, apply).await
    }

    /// Deletes the logged models of deleted experiments, which the next part then finds.
    async fn of_experiments(&self, mut progress: Progress) -> Result<Piece, Stop> {
        let before = self.before();
        if self.wanted.dry_run {
            let counting = |read: &mut Read<'_>| Ok::<_, Error>(read.logged_models_of_deleted(before)?);
            progress.count("logged_models", self.context.store().read(self.permit, counting).await?);
            progress.next_part();
            return Ok(progress.piece(Vec::new(), false));
        }
        let (lease, now) = (self.lease.clone(), self.context.now());
        let apply = move |tx: &mut Tx<'_>| {
            lease.hold(tx, now)?;
            Ok::<_, Stop>(tx.delete_logged_models_of_deleted(before, ROWS_CLEARED_MAX)?)
        };
        if self.context.store().write(self.permit, apply).await? < ROWS_CLEARED_MAX {
            progress.next_part();
        }
        Ok(progress.piece(Vec::new(), false))
    }

    /// Clears what remains of one thing.
    async fn clear(&self, mut progress: Progress) -> Result<Piece, Stop> {
        let remains = self.context.store().read(self.permit, |read| Ok::<_, Error>(read.remains()?)).await?;
        let Some(remains) = remains else {
            progress.next_part();
            return Ok(progress.piece(Vec::new(), false));
        };
        artifacts::forget_below(self.context, self.permit, &remains.location).await?;
        loop {
            let (lease, now, remains) = (self.lease.clone(), self.context.now(), remains.clone());
            let apply = move |tx: &mut Tx<'_>| {
                lease.hold(tx, now)?;
                Ok::<_, Stop>(tx.clear(&remains, ROWS_CLEARED_MAX)?)
            };
            if self.context.store().write(self.permit, apply).await? {
                return Ok(progress.piece(Vec::new(), false));
            }
        }
    }

    async fn experiments(&self, mut progress: Progress) -> Result<Piece, Stop> {
        let (before, after) = (self.before(), progress.number);
        let page = self.context.store().scan(self.permit, move |read| {
            Ok::<_, Error>(read.purgeable_experiments(before, after, PURGED_PER_PIECE_MAX)?)
        });
        let page = page.await?;
        progress.count("experiments", count(page.len()));
        match page.last() {
            Some(last) if page.len() == PURGED_PER_PIECE_MAX => progress.behind(*last, ""),
            _ => progress.part = u8::MAX,
        }
        if !self.wanted.dry_run {
            self.purge_experiments(page, before).await?;
        }
        Ok(progress.piece(Vec::new(), false))
    }

    async fn purge_experiments(&self, ids: Vec<i64>, before: Timestamp) -> Result<(), Stop> {
        let (lease, now) = (self.lease.clone(), self.context.now());
        let apply = move |tx: &mut Tx<'_>| {
            lease.hold(tx, now)?;
            for id in &ids {
                // It may have been restored since.
                if tx.purgeable_experiments(before, id - 1, 1)?.first() == Some(id) {
                    tx.purge_experiment(*id)?;
                }
            }
            Ok::<_, Stop>(())
        };
        self.context.store().write(self.permit, apply).await
    }
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}
