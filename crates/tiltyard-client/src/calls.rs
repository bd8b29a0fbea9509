//! Every call of the protocol with its verb, path and answer, as one table.
//! Artifact bytes are not messages and are in `artifacts`.

use std::borrow::Cow;

use serde::Serialize;
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::artifacts::{
    CreatePresignedDownloadUrl, CreatePresignedDownloadUrlResponse, CreatePresignedUploadUrl,
    CreatePresignedUploadUrlResponse, ListArtifacts, ListArtifactsResponse, ListProxiedArtifacts,
    ListProxiedArtifactsResponse,
};
use tiltyard_wire::mlflow::datasets::{SearchDatasets, SearchDatasetsResponse};
use tiltyard_wire::mlflow::experiments::{
    CreateExperiment, CreateExperimentResponse, DeleteExperiment, DeleteExperimentTag, GetExperiment,
    GetExperimentByName, GetExperimentResponse, RestoreExperiment, SearchExperiments,
    SearchExperimentsResponse, SetExperimentTag, UpdateExperiment,
};
use tiltyard_wire::mlflow::logged_models::{
    CreateLoggedModel, FinalizeLoggedModel, GetLoggedModelResponse, LogLoggedModelParams, SearchLoggedModels,
    SearchLoggedModelsResponse,
};
use tiltyard_wire::mlflow::metrics::{
    GetMetricHistory, GetMetricHistoryBulk, GetMetricHistoryBulkInterval,
    GetMetricHistoryBulkIntervalResponse, GetMetricHistoryBulkResponse, GetMetricHistoryResponse,
};
use tiltyard_wire::mlflow::models::{
    CreateRegisteredModel, DeleteRegisteredModel, DeleteRegisteredModelAlias, DeleteRegisteredModelTag,
    GetLatestVersions, GetLatestVersionsResponse, GetModelVersionByAlias, GetRegisteredModel,
    GetRegisteredModelResponse, RenameRegisteredModel, SearchRegisteredModels,
    SearchRegisteredModelsResponse, SetRegisteredModelAlias, SetRegisteredModelTag, UpdateRegisteredModel,
};
use tiltyard_wire::mlflow::runs::{
    CreateRun, DeleteRun, DeleteTag, GetRun, GetRunResponse, LogBatch, LogInputs, LogMetric, LogModel,
    LogOutputs, LogParam, RestoreRun, SearchRuns, SearchRunsResponse, SetTag, UpdateRun, UpdateRunResponse,
};
use tiltyard_wire::mlflow::versions::{
    CreateModelVersion, DeleteModelVersion, DeleteModelVersionTag, GetModelVersion,
    GetModelVersionDownloadUri, GetModelVersionDownloadUriResponse, GetModelVersionResponse,
    SearchModelVersions, SearchModelVersionsResponse, SetModelVersionTag, TransitionModelVersionStage,
    UpdateModelVersion,
};
use tiltyard_wire::v1::pointers::{HistoryResponse, NamedModel, Rollback, RollbackResponse};
use tiltyard_wire::v1::server::Server;

use super::call::{Call, Verb};
use super::transport::segment;

/// Declares calls whose path does not depend on the request.
macro_rules! calls {
    ($($verb:ident $path:literal: $request:ty => $answer:ty;)+) => {
        $(impl Call for $request {
            type Answer = $answer;
            const VERB: Verb = Verb::$verb;

            fn path(&self) -> Cow<'static, str> {
                Cow::Borrowed($path)
            }
        })+
    };
}

calls! {
    Once "api/2.0/mlflow/experiments/create": CreateExperiment => CreateExperimentResponse;
    Get "api/2.0/mlflow/experiments/get": GetExperiment => GetExperimentResponse;
    Get "api/2.0/mlflow/experiments/get-by-name": GetExperimentByName => GetExperimentResponse;
    Search "api/2.0/mlflow/experiments/search": SearchExperiments => SearchExperimentsResponse;
    Post "api/2.0/mlflow/experiments/update": UpdateExperiment => Empty;
    Post "api/2.0/mlflow/experiments/delete": DeleteExperiment => Empty;
    Post "api/2.0/mlflow/experiments/restore": RestoreExperiment => Empty;
    Post "api/2.0/mlflow/experiments/set-experiment-tag": SetExperimentTag => Empty;
    Post "api/2.0/mlflow/experiments/delete-experiment-tag": DeleteExperimentTag => Empty;
    Search "ajax-api/2.0/mlflow/experiments/search-datasets": SearchDatasets => SearchDatasetsResponse;

    Once "api/2.0/mlflow/runs/create": CreateRun => GetRunResponse;
    Get "api/2.0/mlflow/runs/get": GetRun => GetRunResponse;
    Search "api/2.0/mlflow/runs/search": SearchRuns => SearchRunsResponse;
    Post "api/2.0/mlflow/runs/update": UpdateRun => UpdateRunResponse;
    Post "api/2.0/mlflow/runs/delete": DeleteRun => Empty;
    Post "api/2.0/mlflow/runs/restore": RestoreRun => Empty;
    Post "api/2.0/mlflow/runs/log-metric": LogMetric => Empty;
    Post "api/2.0/mlflow/runs/log-parameter": LogParam => Empty;
    Post "api/2.0/mlflow/runs/log-batch": LogBatch => Empty;
    Post "api/2.0/mlflow/runs/set-tag": SetTag => Empty;
    Post "api/2.0/mlflow/runs/delete-tag": DeleteTag => Empty;
    Post "api/2.0/mlflow/runs/log-inputs": LogInputs => Empty;
    Post "api/2.0/mlflow/runs/outputs": LogOutputs => Empty;
    Once "api/2.0/mlflow/runs/log-model": LogModel => Empty;
    Get "api/2.0/mlflow/metrics/get-history": GetMetricHistory => GetMetricHistoryResponse;
    Get "ajax-api/2.0/mlflow/metrics/get-history-bulk": GetMetricHistoryBulk => GetMetricHistoryBulkResponse;
    Get "ajax-api/2.0/mlflow/metrics/get-history-bulk-interval":
        GetMetricHistoryBulkInterval => GetMetricHistoryBulkIntervalResponse;

    Once "api/2.0/mlflow/logged-models": CreateLoggedModel => GetLoggedModelResponse;
    Search "api/2.0/mlflow/logged-models/search": SearchLoggedModels => SearchLoggedModelsResponse;

    Once "api/2.0/mlflow/registered-models/create": CreateRegisteredModel => GetRegisteredModelResponse;
    Get "api/2.0/mlflow/registered-models/get": GetRegisteredModel => GetRegisteredModelResponse;
    Get "api/2.0/mlflow/registered-models/search": SearchRegisteredModels => SearchRegisteredModelsResponse;
    Post "api/2.0/mlflow/registered-models/rename": RenameRegisteredModel => GetRegisteredModelResponse;
    Patch "api/2.0/mlflow/registered-models/update": UpdateRegisteredModel => GetRegisteredModelResponse;
    Delete "api/2.0/mlflow/registered-models/delete": DeleteRegisteredModel => Empty;
    Search "api/2.0/mlflow/registered-models/get-latest-versions": GetLatestVersions => GetLatestVersionsResponse;
    Post "api/2.0/mlflow/registered-models/set-tag": SetRegisteredModelTag => Empty;
    Delete "api/2.0/mlflow/registered-models/delete-tag": DeleteRegisteredModelTag => Empty;
    Post "api/2.0/mlflow/registered-models/alias": SetRegisteredModelAlias => Empty;
    Delete "api/2.0/mlflow/registered-models/alias": DeleteRegisteredModelAlias => Empty;
    Get "api/2.0/mlflow/registered-models/alias": GetModelVersionByAlias => GetModelVersionResponse;

    Once "api/2.0/mlflow/model-versions/create": CreateModelVersion => GetModelVersionResponse;
    Get "api/2.0/mlflow/model-versions/get": GetModelVersion => GetModelVersionResponse;
    Get "api/2.0/mlflow/model-versions/search": SearchModelVersions => SearchModelVersionsResponse;
    Patch "api/2.0/mlflow/model-versions/update": UpdateModelVersion => GetModelVersionResponse;
    Post "api/2.0/mlflow/model-versions/transition-stage":
        TransitionModelVersionStage => GetModelVersionResponse;
    Delete "api/2.0/mlflow/model-versions/delete": DeleteModelVersion => Empty;
    Get "api/2.0/mlflow/model-versions/get-download-uri":
        GetModelVersionDownloadUri => GetModelVersionDownloadUriResponse;
    Post "api/2.0/mlflow/model-versions/set-tag": SetModelVersionTag => Empty;
    Delete "api/2.0/mlflow/model-versions/delete-tag": DeleteModelVersionTag => Empty;

    Get "api/2.0/mlflow/artifacts/list": ListArtifacts => ListArtifactsResponse;
    Get "api/2.0/mlflow-artifacts/artifacts": ListProxiedArtifacts => ListProxiedArtifactsResponse;
    Post "api/2.0/mlflow/artifacts/presigned-upload-url":
        CreatePresignedUploadUrl => CreatePresignedUploadUrlResponse;
    Search "api/2.0/mlflow/artifacts/presigned-download-url":
        CreatePresignedDownloadUrl => CreatePresignedDownloadUrlResponse;

    Get "api/tiltyard/v1/server": GetServer => Server;
}

/// Declares calls whose path holds a name or an id.
macro_rules! calls_with_path {
    ($($verb:ident $request:ty => $answer:ty, |$this:ident| $path:expr;)+) => {
        $(impl Call for $request {
            type Answer = $answer;
            const VERB: Verb = Verb::$verb;

            fn path(&self) -> Cow<'static, str> {
                let $this = self;
                Cow::Owned($path)
            }
        })+
    };
}

calls_with_path! {
    Patch FinalizeLoggedModel => GetLoggedModelResponse, |call| logged_model(&call.model_id, "");
    Post LogLoggedModelParams => Empty, |call| logged_model(&call.model_id, "/params");
    Get GetLoggedModel => GetLoggedModelResponse, |call| logged_model(&call.model_id, "");
    Delete DeleteLoggedModel => Empty, |call| logged_model(&call.model_id, "");
    Once Rollback => RollbackResponse, |call| own_model(&call.name, "/rollback");
    Get NamedModel => HistoryResponse, |call| own_model(&call.name, "/history");
}

/// `GET server`
#[derive(Debug, Clone, Serialize)]
pub struct GetServer {}

/// `GET logged-models/{model_id}`
#[derive(Debug, Clone, Serialize)]
pub struct GetLoggedModel {
    /// The logged model.
    #[serde(skip)]
    pub model_id: String,
}

/// `DELETE logged-models/{model_id}`
#[derive(Debug, Clone, Serialize)]
pub struct DeleteLoggedModel {
    /// The logged model.
    #[serde(skip)]
    pub model_id: String,
}

fn logged_model(id: &str, rest: &str) -> String {
    format!("api/2.0/mlflow/logged-models/{}{rest}", segment(id))
}

fn own_model(name: &str, rest: &str) -> String {
    format!("api/tiltyard/v1/models/{}{rest}", segment(name))
}
