//! `POST models/{name}/rollback`: a pointer goes back to the version that held it before.

use axum::http::Method;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{AliasName, Pointer, Stage};
use tiltyard_registry::pointers;
use tiltyard_wire::v1::pointers as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The row of this feature.
pub(super) fn routes() -> Vec<Route> {
    let handler = Handler::message(rollback);
    vec![
        Route::new(Mount::Own, Method::POST, "/models/{name}/rollback", Access::MovePointer, handler)
            .moving(),
    ]
}

async fn rollback(caller: Caller, request: wire::Rollback) -> Answer<wire::RollbackResponse> {
    let name = ModelName::parse(&request.name)?;
    let pointer = match &request.pointer {
        wire::Pointer::Stage(stage) => Pointer::Stage(Stage::parse(stage)?),
        wire::Pointer::Alias(alias) => Pointer::Alias(AliasName::parse(alias)?),
    };
    let done = pointers::rollback(&caller.context, &caller.permit, name, pointer, request.reason).await?;
    let from = done.from.map(|from| from.to_string()).into_iter().collect();
    Ok(wire::RollbackResponse { pointer: request.pointer, from, to: done.to.to_string() })
}
