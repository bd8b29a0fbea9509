//! The calls that the program sends, with verb, path and answer, as one table. A call comes with the command that sends it.
//! Artifact bytes are not messages and are in `artifacts`.

use std::borrow::Cow;

use serde::Serialize;
use tiltyard_wire::mlflow::Empty;
use tiltyard_wire::mlflow::artifacts::{ListProxiedArtifacts, ListProxiedArtifactsResponse};
use tiltyard_wire::mlflow::experiments::{
    CreateExperiment, CreateExperimentResponse, GetExperimentByName, GetExperimentResponse,
    SearchExperiments, SearchExperimentsResponse,
};
use tiltyard_wire::mlflow::metrics::{GetMetricHistoryBulkInterval, GetMetricHistoryBulkIntervalResponse};
use tiltyard_wire::mlflow::models::{
    CreateRegisteredModel, DeleteRegisteredModel, DeleteRegisteredModelAlias, GetLatestVersions,
    GetLatestVersionsResponse, GetModelVersionByAlias, GetRegisteredModel, GetRegisteredModelResponse,
    RenameRegisteredModel, SearchRegisteredModels, SearchRegisteredModelsResponse, SetRegisteredModelAlias,
};
use tiltyard_wire::mlflow::runs::{
    CreateRun, DeleteRun, GetRun, GetRunResponse, LogBatch, RestoreRun, SearchRuns, SearchRunsResponse,
    UpdateRun, UpdateRunResponse,
};
use tiltyard_wire::mlflow::versions::{
    CreateModelVersion, DeleteModelVersion, DeleteModelVersionTag, GetModelVersion,
    GetModelVersionDownloadUri, GetModelVersionDownloadUriResponse, GetModelVersionResponse,
    SearchModelVersions, SearchModelVersionsResponse, SetModelVersionTag, TransitionModelVersionStage,
    UpdateModelVersion,
};
use tiltyard_wire::v1::jobs::{
    CheckBytes, CollectBytes, FindingsResponse, GetJob, Job, JobsResponse, ListFindings, ListJobs,
    PurgeDeleted, RelocateBytes,
};
use tiltyard_wire::v1::journal::{FollowJournal, JournalPage};
use tiltyard_wire::v1::pointers::{HistoryResponse, NamedModel, Rollback, RollbackResponse};
use tiltyard_wire::v1::server::{Readiness, Server};
use tiltyard_wire::v1::versions::{GetVersion, Version};

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
    Get "api/2.0/mlflow/experiments/get-by-name": GetExperimentByName => GetExperimentResponse;
    Search "api/2.0/mlflow/experiments/search": SearchExperiments => SearchExperimentsResponse;

    Once "api/2.0/mlflow/runs/create": CreateRun => GetRunResponse;
    Get "api/2.0/mlflow/runs/get": GetRun => GetRunResponse;
    Search "api/2.0/mlflow/runs/search": SearchRuns => SearchRunsResponse;
    Post "api/2.0/mlflow/runs/update": UpdateRun => UpdateRunResponse;
    Post "api/2.0/mlflow/runs/delete": DeleteRun => Empty;
    Post "api/2.0/mlflow/runs/restore": RestoreRun => Empty;
    Post "api/2.0/mlflow/runs/log-batch": LogBatch => Empty;

    Get "api/2.0/mlflow/metrics/get-history-bulk-interval":
        GetMetricHistoryBulkInterval => GetMetricHistoryBulkIntervalResponse;

    Once "api/2.0/mlflow/registered-models/create": CreateRegisteredModel => GetRegisteredModelResponse;
    Get "api/2.0/mlflow/registered-models/get": GetRegisteredModel => GetRegisteredModelResponse;
    Get "api/2.0/mlflow/registered-models/search": SearchRegisteredModels => SearchRegisteredModelsResponse;
    Post "api/2.0/mlflow/registered-models/rename": RenameRegisteredModel => GetRegisteredModelResponse;
    Delete "api/2.0/mlflow/registered-models/delete": DeleteRegisteredModel => Empty;
    Search "api/2.0/mlflow/registered-models/get-latest-versions": GetLatestVersions => GetLatestVersionsResponse;
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

    Get "api/2.0/mlflow-artifacts/artifacts": ListProxiedArtifacts => ListProxiedArtifactsResponse;
    Get "api/tiltyard/v1/server": GetServer => Server;
    Post "api/tiltyard/v1/purge": PurgeDeleted => Job;
    Post "api/tiltyard/v1/store/gc": CollectBytes => Job;
    Post "api/tiltyard/v1/store/fsck": CheckBytes => Job;
    Post "api/tiltyard/v1/store/relocate": RelocateBytes => Job;
    Get "api/tiltyard/v1/jobs": ListJobs => JobsResponse;
    Get "api/tiltyard/v1/journal": FollowJournal => JournalPage;
    Get "ready": AskReady => Readiness;
}

impl Call for Rollback {
    type Answer = RollbackResponse;
    const VERB: Verb = Verb::Once;

    fn path(&self) -> Cow<'static, str> {
        Cow::Owned(own_model(&self.name, "/rollback"))
    }
}

impl Call for NamedModel {
    type Answer = HistoryResponse;
    const VERB: Verb = Verb::Get;

    fn path(&self) -> Cow<'static, str> {
        Cow::Owned(own_model(&self.name, "/history"))
    }
}

impl Call for GetJob {
    type Answer = Job;
    const VERB: Verb = Verb::Get;

    fn path(&self) -> Cow<'static, str> {
        Cow::Owned(format!("api/tiltyard/v1/jobs/{}", segment(&self.name)))
    }
}

impl Call for ListFindings {
    type Answer = FindingsResponse;
    const VERB: Verb = Verb::Get;

    fn path(&self) -> Cow<'static, str> {
        Cow::Owned(format!("api/tiltyard/v1/jobs/{}/findings", segment(&self.name)))
    }
}
impl Call for GetVersion {
    type Answer = Version;
    const VERB: Verb = Verb::Get;

    fn path(&self) -> Cow<'static, str> {
        Cow::Owned(own_model(&self.name, &format!("/versions/{}", segment(&self.version))))
    }
}
/// `GET /ready`
#[derive(Debug, Clone, Serialize)]
pub struct AskReady {}

/// `GET server`
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GetServer {}

fn own_model(name: &str, rest: &str) -> String {
    format!("api/tiltyard/v1/models/{}{rest}", segment(name))
}
