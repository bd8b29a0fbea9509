//! `GET journal`: every change of the registry, behind one that the client knows, and a bounded wait for the next.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::Method;
use tiltyard_registry::{JOURNAL_PAGE_MAX, follow};
use tiltyard_wire::v1::journal as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits::WAIT_SECONDS_MAX;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The row of this feature.
pub(super) fn routes() -> Vec<Route> {
    let handler = Handler::message(journal);
    vec![Route::new(Mount::Own, Method::GET, "/journal", Access::ReadMetadata, handler)]
}

async fn journal(caller: Caller, request: wire::FollowJournal) -> Answer<wire::JournalPage> {
    let after = within("after", request.after.unwrap_or(0), 0..=i64::MAX)?;
    let wait = within("wait", request.wait.unwrap_or(0), 0..=WAIT_SECONDS_MAX)?;
    let entries_max = request.max_results.unwrap_or(JOURNAL_PAGE_MAX);
    let entries_max = within("max_results", entries_max, 1..=JOURNAL_PAGE_MAX)?;
    let wait = Duration::from_secs(wait.unsigned_abs());
    let page = follow(&caller.context, &caller.permit, after, entries_max, wait).await?;
    let entries = page.entries.iter().map(|line| wire::JournalLine {
        id: line.id,
        time_ms: line.entry.time.0,
        actor: line.entry.actor.clone(),
        action: line.entry.action.clone(),
        model: line.entry.model.clone(),
        version: line.entry.version.map(|version| version.to_string()),
        detail: line.entry.detail.clone(),
    });
    Ok(wire::JournalPage { entries: entries.collect(), next: page.next })
}

fn within(name: &str, value: i64, range: RangeInclusive<i64>) -> Result<i64, ApiError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    Err(ApiError::invalid(format!("{name} must be between {least} and {most} (got {value}).")))
}
