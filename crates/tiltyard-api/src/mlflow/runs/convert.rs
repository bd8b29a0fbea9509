//! Runs between MLflow's structs and the domain's.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{DatasetInput, Metric, Param, Run, RunStatus};
use tiltyard_wire::mlflow::runs as wire;
use tiltyard_wire::mlflow::{datasets, metrics};

use crate::mlflow::convert::{lifecycle_stage, said, tags_out};

/// A run as MLflow shows it.
pub(in crate::mlflow) fn shown(run: Run) -> wire::Run {
    let outputs = run
        .model_outputs
        .iter()
        .map(|output| wire::ModelOutput { model_id: output.model_id.clone(), step: Some(output.step) });
    let outputs = wire::RunOutputs { model_outputs: outputs.collect() };
    wire::Run { outputs: Some(outputs), ..made(run) }
}

/// A run as MLflow shows it when it was just made: without outputs.
pub(super) fn made(run: Run) -> wire::Run {
    wire::Run {
        info: info(&run),
        data: Some(wire::RunData {
            metrics: run.metrics.into_iter().map(metric_out).collect(),
            params: run.params.into_iter().map(param_out).collect(),
            tags: tags_out(run.tags),
        }),
        inputs: Some(wire::RunInputs {
            dataset_inputs: run.datasets.into_iter().map(dataset_out).collect(),
            model_inputs: run
                .model_inputs
                .into_iter()
                .map(|input| wire::ModelInput { model_id: input.model_id })
                .collect(),
        }),
        outputs: None,
    }
}

/// Who ran it, when, and how it went.
pub(super) fn info(run: &Run) -> wire::RunInfo {
    wire::RunInfo {
        run_uuid: run.run_id.clone(),
        experiment_id: run.experiment_id.to_string(),
        run_name: Some(run.name.clone()),
        user_id: Some(run.user_id.clone()),
        status: Some(status_out(run.status)),
        start_time: Some(run.started.0),
        // MLflow takes an end at 0 for none.
        end_time: run.ended.map(|ended| ended.0).filter(|&ended| ended != 0),
        artifact_uri: Some(run.location.uri()),
        lifecycle_stage: Some(lifecycle_stage(run.deleted)),
        run_id: run.run_id.clone(),
    }
}

/// A state as the domain has it.
pub(super) fn status_in(status: wire::RunStatus) -> RunStatus {
    match status {
        wire::RunStatus::Running => RunStatus::Running,
        wire::RunStatus::Scheduled => RunStatus::Scheduled,
        wire::RunStatus::Finished => RunStatus::Finished,
        wire::RunStatus::Failed => RunStatus::Failed,
        wire::RunStatus::Killed => RunStatus::Killed,
    }
}

fn status_out(status: RunStatus) -> wire::RunStatus {
    match status {
        RunStatus::Running => wire::RunStatus::Running,
        RunStatus::Scheduled => wire::RunStatus::Scheduled,
        RunStatus::Finished => wire::RunStatus::Finished,
        RunStatus::Failed => wire::RunStatus::Failed,
        RunStatus::Killed => wire::RunStatus::Killed,
    }
}

/// A point as the domain has it. Empty names are none.
pub(super) fn metric_in(metric: metrics::Metric) -> Metric {
    Metric {
        key: metric.key,
        value: metric.value,
        timestamp: Timestamp(metric.timestamp),
        step: metric.step.unwrap_or_default(),
        dataset_name: said(metric.dataset_name),
        dataset_digest: said(metric.dataset_digest),
        model_id: said(metric.model_id),
        run_id: None,
    }
}

/// A point as MLflow shows it.
pub(in crate::mlflow) fn metric_out(metric: Metric) -> metrics::Metric {
    metrics::Metric {
        key: metric.key,
        value: metric.value,
        timestamp: metric.timestamp.0,
        step: Some(metric.step),
        dataset_name: metric.dataset_name,
        dataset_digest: metric.dataset_digest,
        model_id: metric.model_id,
        run_id: metric.run_id,
    }
}

/// Params as the domain has them.
pub(in crate::mlflow) fn params_in(params: Vec<wire::Param>) -> Vec<Param> {
    params.into_iter().map(|param| Param { key: param.key, value: param.value }).collect()
}

fn param_out(param: Param) -> wire::Param {
    wire::Param { key: param.key, value: param.value }
}

fn dataset_out(input: DatasetInput) -> datasets::DatasetInput {
    let dataset = input.dataset;
    datasets::DatasetInput {
        tags: tags_out(input.tags),
        dataset: Some(datasets::Dataset {
            name: dataset.name,
            digest: dataset.digest,
            source_type: dataset.source_type,
            source: dataset.source,
            schema: dataset.schema,
            profile: dataset.profile,
        }),
    }
}
