//! Routes that touch no data: is the server up, should it be sent requests, which version does it speak, what has it counted.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use tiltyard_registry::readiness;
use tiltyard_wire::v1::server::Readiness;

use crate::answer::json;
use crate::caller::Caller;
use crate::measure;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The MLflow release whose behaviour this server follows; clients compare it with their own.
pub(crate) const MLFLOW_VERSION: &str = "3.17.2";

/// The rows of this feature.
pub(crate) fn routes() -> Vec<Route> {
    let probe = |path, handler| Route::new(Mount::Root, Method::GET, path, Access::Probe, handler);
    vec![
        probe("/health", Handler::raw(|_, _| async { "OK" })),
        probe("/ready", Handler::raw(|caller, _| ready(caller))),
        probe("/version", Handler::raw(|_, _| async { Html(MLFLOW_VERSION) })),
    ]
}

/// Whether a load balancer should send requests here. `/health` says only that the process is alive.
async fn ready(caller: Caller) -> Response {
    let seen = readiness(&caller.context).await;
    let body = Readiness { ready: seen.is_ready(), missing: seen.missing().map(str::to_owned).collect() };
    let mut response = json(&body);
    if !body.ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The row of `/metrics`, in the Prometheus text format.
pub(crate) fn metrics_route(prometheus: PrometheusHandle) -> Route {
    let handler = Handler::raw(move |caller: Caller, _| {
        let prometheus = prometheus.clone();
        async move {
            measure::look_at(&caller.context).await;
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], prometheus.render()).into_response()
        }
    });
    Route::new(Mount::Root, Method::GET, "/metrics", Access::Probe, handler)
}
