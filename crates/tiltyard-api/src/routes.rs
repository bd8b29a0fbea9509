//! The route table: every feature's rows, and the router made from them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tiltyard_registry::Context;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::measure::Instruments;
use crate::table::{Access, Mount, Part, Route};
use crate::{mlflow, probes, v1};

/// Every row but those that need something of the running server.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = probes::routes();
    routes.extend(mlflow::routes());
    routes.extend(v1::routes());
    routes
}

/// Makes the router. All paths stand below `base` (such as `/registry`, or nothing); routes of parts that are `off` say so.
pub(crate) fn router(routes: Vec<Route>, context: &Context, base: &str, off: &[Part]) -> Router {
    let mut by_path: HashMap<String, MethodRouter> = HashMap::new();
    for route in routes {
        let Some(filter) = route.filter() else { continue };
        let route = Arc::new(route);
        for path in paths(&route, base) {
            let row = Arc::new(Row {
                route: Arc::clone(&route),
                context: context.clone(),
                is_off: off.contains(&route.part),
                instruments: Instruments::of_route(route.method.as_str(), &path),
            });
            let serve = move |request| Arc::clone(&row).serve(request);
            let methods = by_path.remove(&path).unwrap_or_default().on(filter, serve);
            by_path.insert(path, methods);
        }
    }
    let paths = by_path.into_iter();
    let table =
        paths.fold(Router::new(), |table, (path, methods)| table.route(&path, methods.fallback(no_endpoint)));
    table.fallback(no_endpoint)
}

/// The paths of a route. Probes stand below `base` and without it as well: those who probe a process do not come through the
/// proxy that the base is for.
fn paths(route: &Route, base: &str) -> Vec<String> {
    let below = route.mount.prefixes().iter().map(|prefix| format!("{base}{prefix}{}", route.path));
    let is_probe = route.mount == Mount::Root && route.access == Access::Probe;
    let unprefixed = (is_probe && !base.is_empty()).then(|| route.path.to_owned());
    below.chain(unprefixed).collect()
}

async fn no_endpoint(request: Request) -> ApiError {
    ApiError::no_endpoint(request.uri().path())
}

/// One row at work. Shared, because the router clones what it calls with every request.
struct Row {
    route: Arc<Route>,
    context: Context,
    is_off: bool,
    instruments: Instruments,
}

impl Row {
    /// Admits the caller, runs the handler, counts the answer.
    async fn serve(self: Arc<Self>, request: Request) -> Response {
        let begun = Instant::now();
        let response = match self.admit(&request) {
            Ok(caller) => self.route.handler.call(caller, request).await,
            Err(error) => error.into_response(),
        };
        self.instruments.record(response.status().as_u16(), begun);
        response
    }

    fn admit(&self, request: &Request) -> Result<Caller, ApiError> {
        if self.is_off {
            return Err(ApiError::switched_off(self.route.part, request.uri().path()));
        }
        Caller::admit(&self.context, request.headers(), &self.route)
    }
}
