//! One variant becomes a version, as a training script does it: a run with what it tried and what came of it, the files of
//! the model as the run's artifacts, a version that points there.

use std::sync::Arc;

use tiltyard_client::Client;
use tiltyard_wire::mlflow::metrics::Metric;
use tiltyard_wire::mlflow::runs::{CreateRun, LogBatch, Param, RunInfo, RunStatus, UpdateRun};
use tiltyard_wire::mlflow::versions::{CreateModelVersion, ModelVersion};

use super::model::{Linear, MLMODEL, Variant};
use crate::commands::failure::{Exit, Failure};
use crate::commands::transfer::served_path;

/// Logs a variant's run and its files. `error_minutes` is what it scored.
pub(super) async fn log(
    client: &Client,
    experiment: &str,
    variant: &Variant,
    error_minutes: f64,
) -> Result<RunInfo, Failure> {
    let call = CreateRun {
        experiment_id: Some(experiment.to_owned()),
        run_name: Some(variant.idea.to_owned()),
        ..CreateRun::default()
    };
    let run = client.send(&call).await?.run.info;
    client.send(&batch(&run, variant, error_minutes)?).await?;
    upload(client, &run, variant).await?;
    let ended = UpdateRun { run_id: run.run_id, status: Some(RunStatus::Finished), ..UpdateRun::default() };
    Ok(client.send(&ended).await?.run_info)
}

fn batch(run: &RunInfo, variant: &Variant, error_minutes: f64) -> Result<LogBatch, Failure> {
    let model = Linear::read(variant.coefficients.as_bytes()).map_err(std::io::Error::from)?;
    let param = |key: &str, value: f64| Param { key: key.to_owned(), value: value.to_string() };
    let metric = Metric {
        key: "mean_error_minutes".to_owned(),
        value: error_minutes,
        timestamp: run.start_time.unwrap_or_default(),
        ..Metric::default()
    };
    Ok(LogBatch {
        run_id: run.run_id.clone(),
        metrics: vec![metric],
        params: vec![
            param("intercept", model.intercept),
            param("per_km", model.per_km),
            param("per_item", model.per_item),
        ],
        tags: Vec::new(),
    })
}

async fn upload(client: &Client, run: &RunInfo, variant: &Variant) -> Result<(), Failure> {
    let root = served_path(&model_uri(run))
        .ok_or_else(|| Failure::new(Exit::Refused, "the server keeps no artifacts of its own"))?;
    for (file, content) in [("MLmodel", MLMODEL), ("coefficients.json", variant.coefficients)] {
        let bytes = content.as_bytes();
        let unheard = Arc::new(|_| {});
        client.upload_artifact(&format!("{root}/{file}"), bytes, bytes.len() as u64, unheard).await?;
    }
    Ok(())
}

/// Registers the files of a run as the next version of a model.
pub(super) async fn register(client: &Client, name: &str, run: &RunInfo) -> Result<ModelVersion, Failure> {
    let call = CreateModelVersion {
        name: name.to_owned(),
        source: model_uri(run),
        run_id: Some(run.run_id.clone()),
        ..CreateModelVersion::default()
    };
    Ok(client.send(&call).await?.model_version)
}

fn model_uri(run: &RunInfo) -> String {
    format!("{}/model", run.artifact_uri.as_deref().unwrap_or_default())
}
