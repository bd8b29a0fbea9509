//! `POST models/{name}/rollback`: a pointer goes back to the version that held it before.

use axum::http::Method;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{AliasName, Pointer, Stage};
use tiltyard_registry::pointers::{self, Rollback, RolledBack};
use tiltyard_registry::{Once, Outcome};
use tiltyard_wire::v1::pointers as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The row of this feature.
pub(super) fn routes() -> Vec<Route> {
    let handler = Handler::once(rollback, rolled_back);
    vec![
        Route::new(Mount::Own, Method::POST, "/models/{name}/rollback", Access::MovePointer, handler)
            .moving(),
    ]
}

async fn rollback(
    caller: Caller,
    request: wire::Rollback,
    once: Once<RolledBack>,
) -> Answer<Outcome<RolledBack>> {
    let pointer = match &request.pointer {
        wire::Pointer::Stage(stage) => Pointer::Stage(Stage::parse(stage)?),
        wire::Pointer::Alias(alias) => Pointer::Alias(AliasName::parse(alias)?),
    };
    let wanted = Rollback { model: ModelName::parse(&request.name)?, pointer, reason: request.reason };
    Ok(pointers::rollback(&caller.context, &caller.permit, wanted, once).await?)
}

fn rolled_back(done: RolledBack) -> wire::RollbackResponse {
    let pointer = match done.pointer {
        Pointer::Stage(stage) => wire::Pointer::Stage(stage.name().to_owned()),
        Pointer::Alias(alias) => wire::Pointer::Alias(alias.as_str().to_owned()),
    };
    let from = done.from.map(|from| from.to_string()).into_iter().collect();
    wire::RollbackResponse { pointer, from, to: done.to.to_string() }
}
