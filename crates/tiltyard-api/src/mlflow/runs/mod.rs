//! `mlflow/runs/…`: making, showing and changing runs, and logging to them.
//! Histories of metrics are in `metrics`.

mod convert;

pub(super) use self::convert::{metric_out, params_in, shown};

use axum::http::Method;
use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Param, Run, Tag};
use tiltyard_domain::experiments::parse_id;
use tiltyard_domain::runs::{Batch, NewRun};
use tiltyard_registry::runs::{self, RunChange};
use tiltyard_registry::{Once, Outcome};
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::runs as wire;

use self::convert::{info, made, metric_in, status_in};
use super::convert::tags_in;
use crate::answer::{Answer, DONE};
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let read = |path, handler| Route::new(Mount::V2, Method::GET, path, Access::ReadMetadata, handler);
    let write = |path, handler| Route::new(Mount::V2, Method::POST, path, Access::WriteRuns, handler);
    let remove = |path, handler| Route::new(Mount::V2, Method::POST, path, Access::Delete, handler);
    vec![
        write("/mlflow/runs/create", Handler::once(create, created)),
        read("/mlflow/runs/get", Handler::message(get)),
        write("/mlflow/runs/update", Handler::message(update)),
        remove("/mlflow/runs/delete", Handler::message(delete)),
        write("/mlflow/runs/restore", Handler::message(restore)),
        write("/mlflow/runs/log-metric", Handler::message(log_metric)),
        write("/mlflow/runs/log-parameter", Handler::message(log_param)),
        write("/mlflow/runs/log-batch", Handler::message(log_batch)),
        write("/mlflow/runs/set-tag", Handler::message(set_tag)),
        write("/mlflow/runs/delete-tag", Handler::message(delete_tag)),
    ]
}

async fn create(caller: Caller, request: wire::CreateRun, once: Once<Run>) -> Answer<Outcome<Run>> {
    let new = NewRun {
        experiment_id: parse_id(request.experiment_id.as_deref().unwrap_or_default())?,
        user_id: request.user_id.unwrap_or_default(),
        name: request.run_name.unwrap_or_default(),
        started: Timestamp(request.start_time.unwrap_or_default()),
        tags: tags_in(request.tags),
    };
    Ok(runs::create(&caller.context, &caller.permit, new, once).await?)
}

fn created(run: Run) -> wire::GetRunResponse {
    wire::GetRunResponse { run: made(run) }
}

async fn get(caller: Caller, request: wire::GetRun) -> Answer<wire::GetRunResponse> {
    let run = runs::get(&caller.context, &caller.permit, &request.run_id).await?;
    Ok(wire::GetRunResponse { run: shown(run) })
}

async fn update(caller: Caller, request: wire::UpdateRun) -> Answer<wire::UpdateRunResponse> {
    let change = RunChange {
        status: request.status.map(status_in),
        ended: request.end_time.map(Timestamp),
        name: request.run_name,
    };
    let run = runs::update(&caller.context, &caller.permit, request.run_id, change).await?;
    Ok(wire::UpdateRunResponse { run_info: info(&run) })
}

async fn delete(caller: Caller, request: wire::DeleteRun) -> Answer<Empty> {
    runs::delete(&caller.context, &caller.permit, request.run_id).await?;
    DONE
}

async fn restore(caller: Caller, request: wire::RestoreRun) -> Answer<Empty> {
    runs::restore(&caller.context, &caller.permit, request.run_id).await?;
    DONE
}

async fn log_metric(caller: Caller, request: wire::LogMetric) -> Answer<Empty> {
    let wire::LogMetric { run_id, key, value, timestamp, step, model_id, dataset_name, dataset_digest } =
        request;
    let metric = metric_in(tiltyard_wire::mlflow::metrics::Metric {
        key,
        value,
        timestamp,
        step,
        dataset_name,
        dataset_digest,
        model_id,
        run_id: None,
    });
    runs::log_metric(&caller.context, &caller.permit, run_id, metric).await?;
    DONE
}

async fn log_param(caller: Caller, request: wire::LogParam) -> Answer<Empty> {
    let param = Param { key: request.key, value: request.value.unwrap_or_default() };
    runs::log_param(&caller.context, &caller.permit, request.run_id, param).await?;
    DONE
}

async fn log_batch(caller: Caller, request: wire::LogBatch) -> Answer<Empty> {
    let batch = Batch {
        run_id: request.run_id,
        metrics: request.metrics.into_iter().map(metric_in).collect(),
        params: params_in(request.params),
        tags: tags_in(request.tags),
    };
    runs::log_batch(&caller.context, &caller.permit, batch).await?;
    DONE
}

async fn set_tag(caller: Caller, request: wire::SetTag) -> Answer<Empty> {
    let tag = Tag { key: request.key, value: request.value.unwrap_or_default() };
    runs::set_tag(&caller.context, &caller.permit, request.run_id, tag).await?;
    DONE
}

async fn delete_tag(caller: Caller, request: wire::DeleteTag) -> Answer<Empty> {
    runs::delete_tag(&caller.context, &caller.permit, request.run_id, request.key).await?;
    DONE
}
