//! `mlflow/registered-models/…`, aliases included.

use axum::http::Method;
use tiltyard_domain::entity::{Model, Tag};
use tiltyard_domain::models::parse_version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::{AliasName, Stage};
use tiltyard_registry::{Once, Outcome, models, pointers, versions};
use tiltyard_wire::mlflow::models as wire;
use tiltyard_wire::mlflow::{Empty, versions as version_wire};

use super::convert::{tags_in, tags_out};
use super::versions::shown as version_shown;
use crate::answer::{Answer, DONE};
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let row = |method, path, access, handler| Route::new(Mount::V2, method, path, access, handler);
    let (read, write) = (Access::ReadMetadata, Access::WriteModels);
    let (get_latest, alias) =
        ("/mlflow/registered-models/get-latest-versions", "/mlflow/registered-models/alias");
    vec![
        row(Method::POST, "/mlflow/registered-models/create", write, Handler::once(create, created)),
        row(Method::GET, "/mlflow/registered-models/get", read, Handler::message(get)),
        row(Method::POST, "/mlflow/registered-models/rename", write, Handler::message(rename)),
        row(Method::PATCH, "/mlflow/registered-models/update", write, Handler::message(update)),
        row(Method::DELETE, "/mlflow/registered-models/delete", Access::Delete, Handler::message(delete))
            .moving(),
        row(Method::GET, get_latest, read, Handler::message(latest_versions)),
        row(Method::POST, get_latest, read, Handler::message(latest_versions)),
        row(Method::POST, "/mlflow/registered-models/set-tag", write, Handler::message(set_tag)),
        row(Method::DELETE, "/mlflow/registered-models/delete-tag", write, Handler::message(delete_tag)),
        row(Method::POST, alias, Access::MovePointer, Handler::message(set_alias)).moving(),
        row(Method::DELETE, alias, Access::MovePointer, Handler::message(delete_alias)).moving(),
        row(Method::GET, alias, read, Handler::message(get_by_alias)),
    ]
}

async fn create(
    caller: Caller,
    request: wire::CreateRegisteredModel,
    once: Once<Model>,
) -> Answer<Outcome<Model>> {
    let new = models::NewModel {
        name: ModelName::parse(&request.name)?,
        description: Some(request.description.unwrap_or_default()),
        tags: tags_in(request.tags),
    };
    Ok(models::create(&caller.context, &caller.permit, new, once).await?)
}

fn created(model: Model) -> wire::GetRegisteredModelResponse {
    answer(model)
}

async fn get(caller: Caller, request: wire::GetRegisteredModel) -> Answer<wire::GetRegisteredModelResponse> {
    Ok(answer(models::get(&caller.context, &caller.permit, &ModelName::parse(&request.name)?).await?))
}

async fn rename(
    caller: Caller,
    request: wire::RenameRegisteredModel,
) -> Answer<wire::GetRegisteredModelResponse> {
    let new_name = ModelName::parse_field("new_name", &request.new_name)?;
    let name = ModelName::parse(&request.name)?;
    Ok(answer(models::rename(&caller.context, &caller.permit, name, new_name).await?))
}

async fn update(
    caller: Caller,
    request: wire::UpdateRegisteredModel,
) -> Answer<wire::GetRegisteredModelResponse> {
    let name = ModelName::parse(&request.name)?;
    let description = Some(request.description.unwrap_or_default());
    Ok(answer(models::describe(&caller.context, &caller.permit, name, description).await?))
}

async fn delete(caller: Caller, request: wire::DeleteRegisteredModel) -> Answer<Empty> {
    models::delete(&caller.context, &caller.permit, ModelName::parse(&request.name)?).await?;
    DONE
}

async fn latest_versions(
    caller: Caller,
    request: wire::GetLatestVersions,
) -> Answer<wire::GetLatestVersionsResponse> {
    let name = ModelName::parse(&request.name)?;
    let stages: Vec<Stage> =
        request.stages.iter().map(|stage| Stage::parse(stage)).collect::<Result<_, _>>()?;
    let found = models::latest_versions(&caller.context, &caller.permit, &name, &stages).await?;
    Ok(wire::GetLatestVersionsResponse { model_versions: found.into_iter().map(version_shown).collect() })
}

async fn set_tag(caller: Caller, request: wire::SetRegisteredModelTag) -> Answer<Empty> {
    let name = ModelName::parse(&request.name)?;
    let tag = Tag { key: request.key, value: request.value.unwrap_or_default() };
    models::set_tag(&caller.context, &caller.permit, name, tag).await?;
    DONE
}

async fn delete_tag(caller: Caller, request: wire::DeleteRegisteredModelTag) -> Answer<Empty> {
    let name = ModelName::parse(&request.name)?;
    models::delete_tag(&caller.context, &caller.permit, name, request.key).await?;
    DONE
}

async fn set_alias(caller: Caller, request: wire::SetRegisteredModelAlias) -> Answer<Empty> {
    let name = ModelName::parse(&request.name)?;
    let alias = AliasName::parse_new(&request.alias)?;
    let version = parse_version(&request.version)?;
    pointers::set_alias(&caller.context, &caller.permit, name, alias, version).await?;
    DONE
}

async fn delete_alias(caller: Caller, request: wire::DeleteRegisteredModelAlias) -> Answer<Empty> {
    let name = ModelName::parse(&request.name)?;
    let alias = AliasName::parse(&request.alias)?;
    pointers::remove_alias(&caller.context, &caller.permit, name, alias).await?;
    DONE
}

async fn get_by_alias(
    caller: Caller,
    request: wire::GetModelVersionByAlias,
) -> Answer<version_wire::GetModelVersionResponse> {
    let name = ModelName::parse(&request.name)?;
    let alias = AliasName::parse(&request.alias)?;
    let found = versions::by_alias(&caller.context, &caller.permit, &name, &alias).await?;
    Ok(version_wire::GetModelVersionResponse { model_version: version_shown(found) })
}

fn answer(model: Model) -> wire::GetRegisteredModelResponse {
    wire::GetRegisteredModelResponse { registered_model: shown(model) }
}

/// A model as MLflow shows it.
pub(super) fn shown(model: Model) -> wire::RegisteredModel {
    let alias = |(alias, version): (String, i64)| wire::ModelAlias { alias, version: version.to_string() };
    wire::RegisteredModel {
        name: model.name,
        creation_timestamp: Some(model.created.0),
        last_updated_timestamp: Some(model.updated.0),
        user_id: None,
        description: model.description.filter(|description| !description.is_empty()),
        latest_versions: model.latest_versions.into_iter().map(version_shown).collect(),
        tags: tags_out(model.tags),
        aliases: model.aliases.into_iter().map(alias).collect(),
        deployment_job_id: None,
    }
}
