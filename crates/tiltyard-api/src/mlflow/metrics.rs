//! `mlflow/metrics/…`: histories of metrics.
//! Logging them is part of `runs`.

use axum::http::Method;
use tiltyard_registry::runs::{self, HistoryPage, Point, RunPoint, SampleQuery};
use tiltyard_wire::mlflow::metrics as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let read = |mount, path, handler| Route::new(mount, Method::GET, path, Access::ReadMetadata, handler);
    vec![
        read(Mount::V2, "/mlflow/metrics/get-history", Handler::message(history)),
        read(Mount::Ajax2, "/mlflow/metrics/get-history-bulk", Handler::message(bulk)),
        read(Mount::V2, "/mlflow/metrics/get-history-bulk-interval", Handler::message(bulk_interval)),
    ]
}

async fn history(caller: Caller, request: wire::GetMetricHistory) -> Answer<wire::GetMetricHistoryResponse> {
    let wire::GetMetricHistory { run_id, metric_key, page_token, max_results } = request;
    let page = HistoryPage { size: max_results, token: page_token };
    let (points, next_page_token) =
        runs::history(&caller.context, &caller.permit, run_id, metric_key.clone(), page).await?;
    let metrics = points.into_iter().map(|point| metric(&metric_key, point)).collect();
    Ok(wire::GetMetricHistoryResponse { metrics, next_page_token })
}

async fn bulk(
    caller: Caller,
    request: wire::GetMetricHistoryBulk,
) -> Answer<wire::GetMetricHistoryBulkResponse> {
    let wire::GetMetricHistoryBulk { run_id, metric_key, max_results } = request;
    let key = metric_key.clone().unwrap_or_default();
    let points = runs::histories(&caller.context, &caller.permit, run_id, metric_key, max_results).await?;
    Ok(wire::GetMetricHistoryBulkResponse { metrics: metrics_of_runs(&key, points) })
}

async fn bulk_interval(
    caller: Caller,
    request: wire::GetMetricHistoryBulkInterval,
) -> Answer<wire::GetMetricHistoryBulkIntervalResponse> {
    let key = request.metric_key;
    let asked = SampleQuery {
        run_ids: request.run_ids,
        key: key.clone(),
        first_step: request.start_step,
        last_step: request.end_step,
        points_max: request.max_results,
    };
    let points = runs::samples(&caller.context, &caller.permit, asked).await?;
    Ok(wire::GetMetricHistoryBulkIntervalResponse { metrics: metrics_of_runs(&key, points) })
}

fn metric(key: &str, point: Point) -> wire::Metric {
    wire::Metric {
        key: key.to_owned(),
        value: point.value.shown(),
        timestamp: point.timestamp.0,
        step: Some(point.step),
        ..wire::Metric::default()
    }
}

fn metrics_of_runs(key: &str, points: Vec<RunPoint>) -> Vec<wire::MetricWithRunId> {
    let shown = |RunPoint { run_id, point }: RunPoint| wire::MetricWithRunId {
        key: key.to_owned(),
        value: point.value.shown(),
        timestamp: point.timestamp.0,
        step: point.step,
        run_id,
    };
    points.into_iter().map(shown).collect()
}
