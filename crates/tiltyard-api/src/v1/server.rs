//! `GET server`: what this server is, and how long it remembers idempotency keys. Clients that know it repeat a create whose
//! answer was lost; those of a server that has no such route do not.

use axum::http::Method;
use tiltyard_registry::ANSWER_KEPT_MS;
use tiltyard_wire::v1::server as wire;

use crate::answer::json;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The row of this feature.
pub(super) fn routes() -> Vec<Route> {
    let handler = Handler::raw(|_, _| async { json(&server()) });
    vec![Route::new(Mount::Own, Method::GET, "/server", Access::Probe, handler)]
}

fn server() -> wire::Server {
    wire::Server {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        idempotency_key_seconds: ANSWER_KEPT_MS / 1_000,
    }
}
