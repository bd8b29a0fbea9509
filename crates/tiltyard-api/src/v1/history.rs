//! `GET models/{name}/history` and `GET models/{name}/journal`: who held which pointer, and every change.

use axum::http::Method;
use tiltyard_domain::names::ModelName;
use tiltyard_registry::models;
use tiltyard_wire::v1::pointers as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let read = |path, handler| Route::new(Mount::Own, Method::GET, path, Access::ReadMetadata, handler);
    vec![
        read("/models/{name}/history", Handler::message(history)),
        read("/models/{name}/journal", Handler::message(journal)),
    ]
}

async fn history(caller: Caller, request: wire::NamedModel) -> Answer<wire::HistoryResponse> {
    let found = models::history(&caller.context, &caller.permit, &ModelName::parse(&request.name)?).await?;
    let entries = found.into_iter().map(|entry| wire::HistoryEntry {
        pointer: entry.pointer.to_string(),
        version: Some(entry.version.to_string()),
        time_ms: entry.since.0,
        until_ms: entry.until.map(|until| until.0),
        actor: Some(entry.actor),
        cause: Some(entry.cause.name().to_owned()),
        reason: entry.reason,
        rolled_back: entry.rolled_back,
        deleted: entry.deleted,
    });
    Ok(wire::HistoryResponse { entries: entries.collect() })
}

async fn journal(caller: Caller, request: wire::NamedModel) -> Answer<wire::JournalResponse> {
    let found = models::journal(&caller.context, &caller.permit, &ModelName::parse(&request.name)?).await?;
    let entries = found.into_iter().map(|entry| wire::JournalEntry {
        time_ms: entry.time.0,
        actor: entry.actor,
        action: entry.action,
        version: entry.version.map(|version| version.to_string()),
        detail: entry.detail,
    });
    Ok(wire::JournalResponse { entries: entries.collect() })
}
