//! Following the journal: pages of entries behind one that is known, and waiting for the next. However many follow, a change
//! costs one read: those who wait for the same page share it.
//!
//! Nobody misses an entry. Keys grow in the order of commits, so nothing comes up behind a page that was read. Who waits has
//! marked the last sign of a change before reading; a change that was committed after that read gives another sign. Where
//! signs are lost on their way, as by a pooler that does not pass them on, everybody looks again every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tiltyard_domain::{Permit, Refusal, RefusalKind};
use tiltyard_store::JournalLine;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::context::Stopping;
use crate::limits::{FEED_LOOKS_EVERY, FEED_REST, FOLLOWERS_MAX, JOURNAL_PAGE_MAX, SHARED_PAGES_MAX};
use crate::{Context, Error};

/// Entries behind one that is known, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JournalPage {
    /// The entries; none where nothing has happened.
    pub entries: Vec<JournalLine>,
    /// The key of the last entry; what to ask for next.
    pub next: i64,
}

type Shared = Arc<OnceCell<Option<Arc<JournalPage>>>>;

/// Pages that several wait for.
pub(crate) struct Feed {
    pages: Mutex<Pages>,
    followers: Semaphore,
}

#[derive(Default)]
struct Pages {
    /// The sign that they were read after.
    sign: u64,
    /// Since when they are kept.
    since: Option<Instant>,
    /// By workspace, the entry that they follow, and how many entries they hold at most.
    shared: HashMap<(i64, i64, i64), Shared>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { pages: Mutex::default(), followers: Semaphore::new(FOLLOWERS_MAX) }
    }
}

impl Feed {
    /// The place of a page that was read after this sign. Old ones are let go: what is still waited for stays with those who wait.
    fn place(&self, sign: u64, key: (i64, i64, i64)) -> Shared {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = pages.since.is_none_or(|since| since.elapsed() >= FEED_LOOKS_EVERY);
        if pages.sign < sign || is_old || pages.shared.len() >= SHARED_PAGES_MAX {
            pages.shared.clear();
            pages.sign = pages.sign.max(sign);
            pages.since = Some(Instant::now());
        }
        if pages.sign > sign {
            // Somebody is ahead; a page of one's own does no harm.
            return Shared::default();
        }
        Arc::clone(pages.shared.entry(key).or_default())
    }

    /// Lets go of a page that could not be read, so that it is read anew.
    fn forget(&self, place: &Shared) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.shared.retain(|_, shared| !Arc::ptr_eq(shared, place));
    }
}

/// The next entries behind `after`. Where there are none, waits for them, but not longer than `wait`, and not for a server that
/// is being stopped.
///
/// # Errors
/// `Busy` when too many wait already; what the store said.
pub async fn follow(
    context: &Context,
    permit: &Permit,
    after: i64,
    entries_max: i64,
    wait: Duration,
) -> Result<Arc<JournalPage>, Error> {
    let deadline = Instant::now() + wait;
    let entries_max = entries_max.clamp(1, JOURNAL_PAGE_MAX);
    if wait.is_zero() {
        return Ok(Arc::new(read(context, permit, after, entries_max).await?));
    }
    let feed = context.feed();
    let Ok(_place) = feed.followers.try_acquire() else {
        let message =
            format!("{FOLLOWERS_MAX} clients follow the journal here already. Try again in a moment.");
        return Err(Refusal::new(RefusalKind::Busy, message).into());
    };
    let mut changes = context.store().changes();
    let mut stopping = context.stopping();
    let mut is_first = true;
    loop {
        let sign = changes.mark();
        let place = feed.place(sign, (permit.workspace().value(), after, entries_max));
        let mut failure = None;
        let page = place.get_or_init(|| async {
            let page = read(context, permit, after, entries_max).await;
            page.map(Arc::new).map_err(|error| failure = Some(error)).ok()
        });
        let until = match page.await {
            Some(page) if !page.entries.is_empty() => return Ok(Arc::clone(page)),
            Some(_) => deadline.min(Instant::now() + FEED_LOOKS_EVERY),
            None if is_first => {
                feed.forget(&place);
                return Err(failure.unwrap_or_else(unreadable));
            }
            // Who has waited already waits on, and looks again soon.
            None => {
                feed.forget(&place);
                deadline.min(Instant::now() + FEED_REST)
            }
        };
        is_first = false;
        tokio::select! {
            waited = timeout_at(until, changes.next()) => if waited.is_err() && until == deadline { break },
            _ = stopping.wait_for(|stopping| *stopping == Stopping::Now) => break,
        }
    }
    Ok(Arc::new(JournalPage { entries: Vec::new(), next: after }))
}

fn unreadable() -> Error {
    Error::Unavailable("the journal could not be read".to_owned())
}

async fn read(
    context: &Context,
    permit: &Permit,
    after: i64,
    entries_max: i64,
) -> Result<JournalPage, Error> {
    let entries = context.store().read(permit, |read| read.journal_after(after, entries_max)).await?;
    let next = entries.last().map_or(after, |line| line.id);
    Ok(JournalPage { entries, next })
}
