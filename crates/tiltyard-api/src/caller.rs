//! The only door to data: a `Caller` is made here, from a request and the access rule of its route.
//! A handler gets one or is not called.

use axum::http::HeaderMap;
use tiltyard_domain::idempotency::IdempotencyKey;
use tiltyard_domain::{Identity, Permit, WorkspaceId, access};
use tiltyard_registry::Context;

use crate::error::ApiError;
use crate::once;
use crate::table::{KeyUse, Route};

/// A workspace is named by this header; until workspaces can be made there is one.
const WORKSPACE_HEADER: &str = "x-mlflow-workspace";
const DEFAULT_WORKSPACE: &str = "default";

/// Who calls, with the permit for what the route does, and the way to the use cases.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) context: Context,
    pub(crate) permit: Permit,
    /// The operation that is asked for, and the key under which it is done once.
    pub(crate) key: Option<(&'static str, IdempotencyKey)>,
}

impl Caller {
    /// Admits a request to a route, or refuses it.
    pub(crate) fn admit(context: &Context, headers: &HeaderMap, route: &Route) -> Result<Self, ApiError> {
        let workspace = workspace(headers)?;
        let permit = access::decide(Identity::local(), route.access, workspace)?;
        let key = match route.handler.key {
            KeyUse::Ignored => None,
            KeyUse::Honoured => once::key(headers)?.map(|key| (route.path, key)),
        };
        Ok(Self { context: context.clone(), permit, key })
    }
}

fn workspace(headers: &HeaderMap) -> Result<WorkspaceId, ApiError> {
    for value in headers.get_all(WORKSPACE_HEADER) {
        if value.as_bytes() != DEFAULT_WORKSPACE.as_bytes() {
            return Err(ApiError::not_found(
                "This server has one workspace, 'default'. Leave the workspace header out.",
            ));
        }
    }
    Ok(WorkspaceId::DEFAULT)
}
