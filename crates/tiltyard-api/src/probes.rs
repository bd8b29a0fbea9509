//! Routes that touch no data: is the server up, which version does it speak, what has it counted.

use axum::http::{Method, header};
use axum::response::{Html, IntoResponse};
use metrics_exporter_prometheus::PrometheusHandle;

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
        probe("/version", Handler::raw(|_, _| async { Html(MLFLOW_VERSION) })),
    ]
}

/// The row of `/metrics`, in the Prometheus text format.
pub(crate) fn metrics_route(prometheus: PrometheusHandle) -> Route {
    let handler = Handler::raw(move |caller: Caller, _| {
        let prometheus = prometheus.clone();
        async move {
            measure::look_at(&caller.context);
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], prometheus.render()).into_response()
        }
    });
    Route::new(Mount::Root, Method::GET, "/metrics", Access::Probe, handler)
}
