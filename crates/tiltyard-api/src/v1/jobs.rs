//! `store`, `purge` and `jobs`: bytes are collected, checked and moved, and what was deleted goes for good, in the background.
//! Asking is answered at once; how a job goes is asked again.

use axum::http::Method;
use tiltyard_registry::jobs::{self, Check, Collect, Finding, Job, Purge, Relocate, Request, State};
use tiltyard_registry::{GRACE_MS, RESTORABLE_MS};
use tiltyard_wire::v1::jobs as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |method, path, handler| Route::new(Mount::Own, method, path, Access::Maintain, handler);
    vec![
        row(Method::POST, "/purge", Handler::message(purge)),
        row(Method::POST, "/store/gc", Handler::message(collect)).of_the_artifact_store(),
        row(Method::POST, "/store/fsck", Handler::message(check)).of_the_artifact_store(),
        row(Method::POST, "/store/relocate", Handler::message(relocate)).of_the_artifact_store(),
        row(Method::GET, "/jobs", Handler::message(all)).of_every_server(),
        row(Method::GET, "/jobs/{name}", Handler::message(get)).of_every_server(),
        row(Method::GET, "/jobs/{name}/findings", Handler::message(findings)).of_every_server(),
    ]
}

async fn purge(caller: Caller, request: wire::PurgeDeleted) -> Answer<wire::Job> {
    let dry_run = request.dry_run.unwrap_or(false);
    let older_than_ms = milliseconds(request.older_than_seconds, RESTORABLE_MS);
    ask(caller, Request::Purge(Purge { dry_run, older_than_ms })).await
}

async fn collect(caller: Caller, request: wire::CollectBytes) -> Answer<wire::Job> {
    let dry_run = request.dry_run.unwrap_or(false);
    ask(
        caller,
        Request::Collect(Collect { dry_run, grace_ms: milliseconds(request.grace_seconds, GRACE_MS) }),
    )
    .await
}

async fn check(caller: Caller, request: wire::CheckBytes) -> Answer<wire::Job> {
    let deep = request.deep.unwrap_or(false);
    ask(caller, Request::Check(Check { deep, grace_ms: milliseconds(request.grace_seconds, GRACE_MS) })).await
}

async fn relocate(caller: Caller, request: wire::RelocateBytes) -> Answer<wire::Job> {
    let remove_source = request.remove_source.unwrap_or(false);
    let wanted = Relocate::new(&caller.context, &caller.permit, request.to, remove_source).await?;
    ask(caller, Request::Relocate(wanted)).await
}

fn milliseconds(seconds: Option<i64>, unless_told: i64) -> i64 {
    seconds.map_or(unless_told, |seconds| seconds.saturating_mul(1_000))
}

async fn ask(caller: Caller, request: Request) -> Answer<wire::Job> {
    Ok(shown(jobs::ask(&caller.context, &caller.permit, request).await?))
}

async fn all(caller: Caller, _: wire::ListJobs) -> Answer<wire::JobsResponse> {
    let jobs = jobs::all(&caller.context, &caller.permit).await?;
    Ok(wire::JobsResponse { jobs: jobs.into_iter().map(shown).collect() })
}

async fn get(caller: Caller, request: wire::GetJob) -> Answer<wire::Job> {
    Ok(shown(jobs::get(&caller.context, &caller.permit, &request.name).await?))
}

async fn findings(caller: Caller, request: wire::ListFindings) -> Answer<wire::FindingsResponse> {
    let after = match &request.page_token {
        None => 0,
        Some(token) => token
            .parse()
            .map_err(|_| ApiError::invalid("The page token was not given by this server. Leave it out."))?,
    };
    let page = jobs::findings(&caller.context, &caller.permit, &request.name, after).await?;
    Ok(wire::FindingsResponse {
        findings: page.findings.into_iter().map(finding).collect(),
        next_page_token: page.next.map(|next| next.to_string()),
    })
}

fn shown(job: Job) -> wire::Job {
    let state = match job.state {
        State::Waiting => "waiting",
        State::Running => "running",
        State::Done => "done",
        State::Failed => "failed",
    };
    wire::Job {
        name: job.name,
        number: job.number,
        state: state.to_owned(),
        asked_by: job.asked_by,
        asked_ms: job.asked.0,
        started_ms: job.started.map(|time| time.0),
        ended_ms: job.ended.map(|time| time.0),
        failure: job.failure,
        counts: job.counts,
        findings: job.findings,
    }
}

fn finding(finding: Finding) -> wire::Finding {
    wire::Finding {
        kind: finding.kind.name().to_owned(),
        destination: finding.destination,
        key: finding.key,
        size_bytes: finding.size_bytes,
        used_by: finding.used_by,
        detail: finding.detail,
    }
}
