//! `mlflow/model-versions/…`, stage transitions included.

use axum::http::Method;
use tiltyard_domain::entity::{Tag, Version, VersionStatus};
use tiltyard_domain::models::parse_version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::Stage;
use tiltyard_registry::{Once, Outcome, pointers, versions};
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::versions as wire;

use super::convert::{tags_in, tags_out};
use crate::answer::{Answer, DONE};
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |method, path, access, handler| Route::new(Mount::V2, method, path, access, handler);
    let (read, write, moves) = (Access::ReadMetadata, Access::WriteModels, Access::MovePointer);
    vec![
        row(Method::POST, "/mlflow/model-versions/create", write, Handler::once(create, created)),
        row(Method::GET, "/mlflow/model-versions/get", read, Handler::message(get)),
        row(Method::PATCH, "/mlflow/model-versions/update", write, Handler::message(update)),
        row(Method::DELETE, "/mlflow/model-versions/delete", Access::Delete, Handler::message(delete))
            .moving(),
        row(Method::GET, "/mlflow/model-versions/get-download-uri", read, Handler::message(download_uri)),
        row(Method::POST, "/mlflow/model-versions/transition-stage", moves, Handler::message(transition))
            .moving(),
        row(Method::POST, "/mlflow/model-versions/set-tag", write, Handler::message(set_tag)),
        row(Method::DELETE, "/mlflow/model-versions/delete-tag", write, Handler::message(delete_tag)),
    ]
}

async fn create(
    caller: Caller,
    request: wire::CreateModelVersion,
    once: Once<Version>,
) -> Answer<Outcome<Version>> {
    let new = versions::NewVersion {
        model: ModelName::parse(&request.name)?,
        source: request.source,
        run_id: request.run_id,
        run_link: Some(request.run_link.unwrap_or_default()),
        logged_model_id: request.model_id,
        description: Some(request.description.unwrap_or_default()),
        tags: tags_in(request.tags),
    };
    Ok(versions::create(&caller.context, &caller.permit, new, once).await?)
}

fn created(version: Version) -> wire::GetModelVersionResponse {
    answer(version)
}

async fn get(caller: Caller, request: wire::GetModelVersion) -> Answer<wire::GetModelVersionResponse> {
    let (name, version) = key(&request.name, &request.version)?;
    Ok(answer(versions::get(&caller.context, &caller.permit, &name, version).await?))
}

async fn update(caller: Caller, request: wire::UpdateModelVersion) -> Answer<wire::GetModelVersionResponse> {
    let (name, version) = key(&request.name, &request.version)?;
    Ok(answer(versions::describe(&caller.context, &caller.permit, name, version, request.description).await?))
}

async fn delete(caller: Caller, request: wire::DeleteModelVersion) -> Answer<Empty> {
    let (name, version) = key(&request.name, &request.version)?;
    versions::delete(&caller.context, &caller.permit, name, version).await?;
    DONE
}

async fn download_uri(
    caller: Caller,
    request: wire::GetModelVersionDownloadUri,
) -> Answer<wire::GetModelVersionDownloadUriResponse> {
    let (name, version) = key(&request.name, &request.version)?;
    let artifact_uri = versions::download_uri(&caller.context, &caller.permit, &name, version).await?;
    Ok(wire::GetModelVersionDownloadUriResponse { artifact_uri })
}

async fn transition(
    caller: Caller,
    request: wire::TransitionModelVersionStage,
) -> Answer<wire::GetModelVersionResponse> {
    let (model, version) = key(&request.name, &request.version)?;
    let wanted = pointers::Transition {
        model,
        version,
        stage: Stage::parse(&request.stage)?,
        archive_existing: request.archive_existing_versions.unwrap_or_default(),
    };
    Ok(answer(pointers::transition(&caller.context, &caller.permit, wanted).await?))
}

async fn set_tag(caller: Caller, request: wire::SetModelVersionTag) -> Answer<Empty> {
    let (name, version) = key(&request.name, &request.version)?;
    let tag = Tag { key: request.key, value: request.value.unwrap_or_default() };
    versions::set_tag(&caller.context, &caller.permit, name, version, tag).await?;
    DONE
}

async fn delete_tag(caller: Caller, request: wire::DeleteModelVersionTag) -> Answer<Empty> {
    let (name, version) = key(&request.name, &request.version)?;
    versions::delete_tag(&caller.context, &caller.permit, name, version, request.key).await?;
    DONE
}

fn key(name: &str, version: &str) -> Answer<(ModelName, i64)> {
    Ok((ModelName::parse(name)?, parse_version(version)?))
}

fn answer(version: Version) -> wire::GetModelVersionResponse {
    wire::GetModelVersionResponse { model_version: shown(version) }
}

/// A version as MLflow shows it: without a run it has an empty one. MLflow has no field for what vouches for the bytes, so
/// that stands in the status message.
pub(super) fn shown(version: Version) -> wire::ModelVersion {
    wire::ModelVersion {
        name: version.model,
        version: version.number.to_string(),
        creation_timestamp: Some(version.created.0),
        last_updated_timestamp: Some(version.updated.0),
        user_id: version.user_id,
        current_stage: Some(version.stage.name().to_owned()),
        description: version.description,
        source: Some(version.source),
        run_id: Some(version.run_id.unwrap_or_default()),
        status: Some(match version.status {
            VersionStatus::Pending => wire::ModelVersionStatus::PendingRegistration,
            VersionStatus::Failed => wire::ModelVersionStatus::FailedRegistration,
            VersionStatus::Ready => wire::ModelVersionStatus::Ready,
        }),
        status_message: version.unverified_reason.map(|reason| format!("Unverified: {reason}")),
        tags: tags_out(version.tags),
        run_link: version.run_link,
        aliases: version.aliases,
        model_id: version.logged_model_id,
        model_params: Vec::new(),
        model_metrics: Vec::new(),
    }
}
