//! `/api/3.0/mlflow/server-info`: what MLflow's clients ask before anything else.

use std::collections::BTreeMap;

use axum::http::Method;
use tiltyard_registry::artifacts::direct_access;
use tiltyard_wire::mlflow::server_info::ServerInfo;

use crate::answer::json;
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The row of this feature.
pub(super) fn routes() -> Vec<Route> {
    let handler = Handler::raw(|caller, _| async move { json(&info(&caller)) });
    vec![Route::new(Mount::V3, Method::GET, "/mlflow/server-info", Access::Probe, handler)]
}

/// Clients that are told of uploads or downloads in parts reach the artifact store by themselves from then on, without a word
/// to the user.
fn info(caller: &Caller) -> ServerInfo {
    let direct = direct_access(&caller.context);
    ServerInfo {
        store_type: Some("SqlStore".to_owned()),
        workspaces_enabled: false,
        trace_archival_enabled: false,
        multipart_uploads_enabled: direct.sends_parts,
        multipart_downloads_enabled: direct.fetches,
        presigned_upload_run_id_supported: true,
        presigned_upload_model_id_supported: true,
        features_enabled: BTreeMap::from([("gateway".to_owned(), false)]),
    }
}
