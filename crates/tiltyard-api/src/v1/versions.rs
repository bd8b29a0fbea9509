//! `GET models/{name}/versions/{version}`: what a version pins, or what was seen of its files, and whether it is verified.

use axum::http::Method;
use tiltyard_domain::digest::ManifestEntry;
use tiltyard_domain::names::ModelName;
use tiltyard_registry::artifacts::{Observation, manifest_page};
use tiltyard_wire::v1::versions as wire;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The row of this feature.
pub(super) fn routes() -> Vec<Route> {
    let path = "/models/{name}/versions/{version}";
    vec![Route::new(Mount::Own, Method::GET, path, Access::ReadMetadata, Handler::message(get))]
}

async fn get(caller: Caller, request: wire::GetVersion) -> Answer<wire::Version> {
    let number = request.version.parse().map_err(|_| {
        ApiError::not_found(format!(
            "Model Version (name={}, version={}) not found",
            request.name, request.version
        ))
    })?;
    let (model, after) = (ModelName::parse(&request.name)?, request.page_token.unwrap_or_default());
    let page = manifest_page(&caller.context, &caller.permit, &model, number, &after).await?;
    Ok(wire::Version {
        name: page.version.model,
        version: page.version.number.to_string(),
        source: page.version.source,
        verified: page.version.verified,
        unverified_reason: page.version.unverified_reason,
        manifest_digest: page.version.manifest_digest,
        observed: page.observation.map(seen),
        manifest: page.files.iter().map(shown).collect(),
        next_page_token: page.next,
    })
}

fn seen(known: Observation) -> wire::Observed {
    wire::Observed {
        uri: known.uri,
        looked_at: known.looked.map(|time| time.0),
        manifest_digest: known.manifest_digest,
        fault: known.fault,
        checked_at: known.checked.map(|time| time.0),
        altered: known.altered,
    }
}

fn shown(entry: &ManifestEntry) -> wire::ManifestEntry {
    wire::ManifestEntry {
        path: entry.path.to_string(),
        size_bytes: i64::try_from(entry.size_bytes).unwrap_or(i64::MAX),
        sha256: entry.sha256.to_string(),
    }
}
