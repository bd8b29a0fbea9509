//! `mlflow/experiments/…`

use axum::http::Method;
use tiltyard_domain::entity::{Experiment, NewExperiment, Tag};
use tiltyard_domain::experiments::parse_id;
use tiltyard_registry::{Once, Outcome, experiments};
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::experiments as wire;

use super::convert::{lifecycle_stage, tags_in, tags_out};
use crate::answer::{Answer, DONE};
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let read = |path, handler| Route::new(Mount::V2, Method::GET, path, Access::ReadMetadata, handler);
    let write = |path, handler| Route::new(Mount::V2, Method::POST, path, Access::WriteRuns, handler);
    let remove = |path, handler| Route::new(Mount::V2, Method::POST, path, Access::Delete, handler);
    vec![
        write("/mlflow/experiments/create", Handler::once(create, created)),
        read("/mlflow/experiments/get", Handler::message(get)),
        read("/mlflow/experiments/get-by-name", Handler::message(get_by_name)),
        write("/mlflow/experiments/update", Handler::message(update)),
        remove("/mlflow/experiments/delete", Handler::message(delete)),
        write("/mlflow/experiments/restore", Handler::message(restore)),
        write("/mlflow/experiments/set-experiment-tag", Handler::message(set_tag)),
        write("/mlflow/experiments/delete-experiment-tag", Handler::message(delete_tag)),
    ]
}

async fn create(caller: Caller, request: wire::CreateExperiment, once: Once<i64>) -> Answer<Outcome<i64>> {
    let new = NewExperiment {
        name: request.name,
        location: request.artifact_location.filter(|location| !location.is_empty()),
        tags: tags_in(request.tags),
    };
    Ok(experiments::create(&caller.context, &caller.permit, new, once).await?)
}

fn created(id: i64) -> wire::CreateExperimentResponse {
    wire::CreateExperimentResponse { experiment_id: id.to_string() }
}

async fn get(caller: Caller, request: wire::GetExperiment) -> Answer<wire::GetExperimentResponse> {
    let id = parse_id(&request.experiment_id)?;
    let experiment = experiments::get(&caller.context, &caller.permit, id).await?;
    Ok(wire::GetExperimentResponse { experiment: shown(experiment) })
}

async fn get_by_name(
    caller: Caller,
    request: wire::GetExperimentByName,
) -> Answer<wire::GetExperimentResponse> {
    let experiment =
        experiments::get_by_name(&caller.context, &caller.permit, &request.experiment_name).await?;
    Ok(wire::GetExperimentResponse { experiment: shown(experiment) })
}

async fn update(caller: Caller, request: wire::UpdateExperiment) -> Answer<Empty> {
    let id = parse_id(&request.experiment_id)?;
    experiments::rename(&caller.context, &caller.permit, id, request.new_name).await?;
    DONE
}

async fn delete(caller: Caller, request: wire::DeleteExperiment) -> Answer<Empty> {
    experiments::delete(&caller.context, &caller.permit, parse_id(&request.experiment_id)?).await?;
    DONE
}

async fn restore(caller: Caller, request: wire::RestoreExperiment) -> Answer<Empty> {
    experiments::restore(&caller.context, &caller.permit, parse_id(&request.experiment_id)?).await?;
    DONE
}

async fn set_tag(caller: Caller, request: wire::SetExperimentTag) -> Answer<Empty> {
    let id = parse_id(&request.experiment_id)?;
    let tag = Tag { key: request.key, value: request.value.unwrap_or_default() };
    experiments::set_tag(&caller.context, &caller.permit, id, tag).await?;
    DONE
}

async fn delete_tag(caller: Caller, request: wire::DeleteExperimentTag) -> Answer<Empty> {
    let id = parse_id(&request.experiment_id)?;
    experiments::delete_tag(&caller.context, &caller.permit, id, request.key).await?;
    DONE
}

/// An experiment as MLflow shows it.
pub(super) fn shown(experiment: Experiment) -> wire::Experiment {
    wire::Experiment {
        experiment_id: experiment.id.to_string(),
        artifact_location: Some(experiment.location.uri()),
        name: experiment.name,
        lifecycle_stage: Some(lifecycle_stage(experiment.deleted)),
        last_update_time: Some(experiment.updated.0),
        creation_time: Some(experiment.created.0),
        tags: tags_out(experiment.tags),
        effective_trace_archival_retention: None,
        workspace: Some("default".to_owned()),
    }
}
