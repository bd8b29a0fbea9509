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
    let shown = shown(&pointer);
    let done = pointers::rollback(&caller.context, &caller.permit, name, pointer, request.reason).await?;
    let from = done.from.iter().map(i64::to_string).collect();
    Ok(wire::RollbackResponse { pointer: shown, from, to: done.to.to_string() })
}

/// A stage may be asked for in any letter case and has one name.
fn shown(pointer: &Pointer) -> wire::Pointer {
    match pointer {
        Pointer::Stage(stage) => wire::Pointer::Stage(stage.name().to_owned()),
        Pointer::Alias(alias) => wire::Pointer::Alias(alias.as_str().to_owned()),
    }
}
