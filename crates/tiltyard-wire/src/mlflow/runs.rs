//! Runs: the messages of `mlflow/runs/…`.
//! Histories of metrics are in `metrics`, artifacts in `artifacts`.

use super::datasets::DatasetInput;
use super::double;
use super::error::WireError;
use super::experiments::{Tag, ViewType};
use super::field::{at_most, given, required_float64, run_id, text_or_empty};
use super::message::Message;
use super::metrics::Metric;
use crate::limits::SEARCH_RUNS_RESULTS_MAX;

enumeration! {
    /// How far a run got.
    pub enum RunStatus {
        /// It is running.
        Running = "RUNNING", 1;
        /// It is to run.
        Scheduled = "SCHEDULED", 2;
        /// It ended well.
        Finished = "FINISHED", 3;
        /// It ended badly.
        Failed = "FAILED", 4;
        /// It was stopped.
        Killed = "KILLED", 5;
    }
}

request! {
    /// A parameter of a run.
    #[derive(Eq, serde::Deserialize)]
    #[serde(default)]
    pub struct Param {
        /// The key.
        pub key: String => text_or_empty,
        /// The value; empty when it was not given.
        pub value: String => text_or_empty,
    }

    /// A logged model that a run used.
    #[derive(Eq, serde::Deserialize)]
    #[serde(default)]
    pub struct ModelInput {
        /// The logged model.
        pub model_id: String => text_or_empty,
    }

    /// A logged model that a run made.
    #[derive(Eq, serde::Deserialize)]
    #[serde(default)]
    pub struct ModelOutput {
        /// The logged model.
        pub model_id: String => text_or_empty,
        /// The step at which it was made; absent means 0.
        pub step: Option<i64>,
    }
}

response! {
    /// A run.
    pub struct Run {
        /// Who and when.
        pub info: RunInfo,
        /// What it logged.
        pub data: Option<RunData>,
        /// What it used.
        pub inputs: Option<RunInputs>,
        /// What it made.
        pub outputs: Option<RunOutputs>,
    }

    /// Who ran it, when, and how it went.
    pub struct RunInfo {
        /// The id under its old name; old clients read this one.
        pub run_uuid: String,
        /// The experiment.
        pub experiment_id: String,
        /// The name.
        pub run_name: Option<String>,
        /// Who ran it.
        pub user_id: Option<String>,
        /// How far it got.
        pub status: Option<RunStatus>,
        /// When it began, in milliseconds.
        pub start_time: Option<i64>,
        /// When it ended, in milliseconds.
        pub end_time: Option<i64>,
        /// Where its artifacts are.
        pub artifact_uri: Option<String>,
        /// `active` or `deleted`.
        pub lifecycle_stage: Option<String>,
        /// The id.
        pub run_id: String,
    }

    /// What a run logged: of each metric the latest value.
    pub struct RunData {
        /// The latest value of each metric.
        pub metrics: Vec<Metric>,
        /// Parameters.
        pub params: Vec<Param>,
        /// Tags.
        pub tags: Vec<Tag>,
    }

    /// What a run used.
    pub struct RunInputs {
        /// Data sets.
        pub dataset_inputs: Vec<DatasetInput>,
        /// Logged models.
        pub model_inputs: Vec<ModelInput>,
    }

    /// What a run made.
    pub struct RunOutputs {
        /// Logged models.
        pub model_outputs: Vec<ModelOutput>,
    }
}

request! {
    /// `POST runs/create`
    pub struct CreateRun {
        /// The experiment; absent or empty means the default one.
        pub experiment_id: Option<String>,
        /// Who runs it.
        pub user_id: Option<String>,
        /// The name; the server makes one up when absent.
        pub run_name: Option<String>,
        /// When it began, in milliseconds.
        pub start_time: Option<i64>,
        /// Tags.
        pub tags: Vec<Tag>,
    }

    /// `POST runs/update`
    pub struct UpdateRun {
        /// The run.
        pub run_id: String => run_id,
        /// Its new status.
        pub status: Option<RunStatus>,
        /// When it ended, in milliseconds.
        pub end_time: Option<i64>,
        /// Its new name.
        pub run_name: Option<String>,
    }

    /// `GET runs/get`
    pub struct GetRun {
        /// The run.
        pub run_id: String => run_id,
    }

    /// `POST runs/delete`
    pub struct DeleteRun {
        /// The run.
        pub run_id: String,
    }

    /// `POST runs/restore`
    pub struct RestoreRun {
        /// The run.
        pub run_id: String,
    }

    /// `POST runs/search`
    pub struct SearchRuns {
        /// The experiments.
        pub experiment_ids: Vec<String>,
        /// A filter.
        pub filter: Option<String>,
        /// Which lifecycle stages; absent means active ones.
        pub run_view_type: Option<ViewType>,
        /// The page size; absent means 1,000.
        pub max_results: Option<i64> => at_most::<SEARCH_RUNS_RESULTS_MAX>,
        /// Sort clauses.
        pub order_by: Vec<String>,
        /// Where the page begins.
        pub page_token: Option<String>,
    }

    /// `POST runs/log-metric`
    pub struct LogMetric {
        /// The run.
        pub run_id: String => run_id,
        /// The metric.
        pub key: String,
        /// The value; it may be NaN or infinite.
        #[serde(with = "double")]
        pub value: f64 => required_float64,
        /// When it was measured, in milliseconds.
        pub timestamp: i64,
        /// The step; absent means 0.
        pub step: Option<i64>,
        /// The logged model it was measured for.
        pub model_id: Option<String>,
        /// The data set it was measured on.
        pub dataset_name: Option<String>,
        /// The digest of that data set.
        pub dataset_digest: Option<String>,
    }

    /// `POST runs/log-parameter`
    pub struct LogParam {
        /// The run.
        pub run_id: String => run_id,
        /// The key.
        pub key: String,
        /// The value; absent means empty.
        pub value: Option<String>,
    }

    /// `POST runs/log-batch`
    pub struct LogBatch {
        /// The run.
        pub run_id: String,
        /// Metrics.
        pub metrics: Vec<Metric>,
        /// Parameters.
        pub params: Vec<Param> => keyed_params,
        /// Tags.
        pub tags: Vec<Tag> => keyed_tags,
    }

    /// `POST runs/set-tag`
    pub struct SetTag {
        /// The run.
        pub run_id: String => run_id,
        /// The key.
        pub key: String,
        /// The value; absent means empty.
        pub value: Option<String>,
    }

    /// `POST runs/delete-tag`
    pub struct DeleteTag {
        /// The run.
        pub run_id: String,
        /// The key.
        pub key: String,
    }

    /// `POST runs/log-inputs`
    pub struct LogInputs {
        /// The run.
        pub run_id: String,
        /// Data sets.
        pub datasets: Vec<DatasetInput>,
        /// Logged models.
        pub models: Vec<ModelInput>,
    }

    /// `POST runs/outputs`
    pub struct LogOutputs {
        /// The run.
        pub run_id: String,
        /// Logged models.
        pub models: Vec<ModelOutput> => given,
    }

    /// `POST runs/log-model`, how clients before 3.0 told of a model they had logged.
    pub struct LogModel {
        /// The run.
        pub run_id: String,
        /// The model's description, JSON inside text.
        pub model_json: String,
    }
}

response! {
    /// The answer to `runs/create` and `runs/get`.
    pub struct GetRunResponse {
        /// The run.
        pub run: Run,
    }

    /// The answer to `runs/update`.
    pub struct UpdateRunResponse {
        /// The run as it is now.
        pub run_info: RunInfo,
    }

    /// The answer to `runs/search`.
    pub struct SearchRunsResponse {
        /// The page.
        pub runs: Vec<Run>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }
}

fn keyed_params(message: &mut Message<'_>, name: &str) -> Result<Vec<Param>, WireError> {
    let params: Vec<Param> = message.list(name)?;
    keyed(name, params, |param| &param.key)
}

fn keyed_tags(message: &mut Message<'_>, name: &str) -> Result<Vec<Tag>, WireError> {
    let tags: Vec<Tag> = message.list(name)?;
    keyed(name, tags, |tag| &tag.key)
}

/// Refuses items without a key; only batches insist on that in MLflow's reading of a request.
fn keyed<T>(name: &str, items: Vec<T>, key: fn(&T) -> &str) -> Result<Vec<T>, WireError> {
    match items.iter().position(|item| key(item).is_empty()) {
        None => Ok(items),
        Some(index) => Err(WireError::missing(format!("{name}[{index}].key"))),
    }
}
