//! Model versions: the messages of `mlflow/model-versions/…`.
//! Latest versions and aliases are asked for by model and are in `models`.

use super::experiments::Tag;
use super::field::{at_most, text_or_empty};
use super::metrics::Metric;
use crate::limits::SEARCH_VERSIONS_RESULTS_MAX;

enumeration! {
    /// How far a version got.
    pub enum ModelVersionStatus {
        /// It is being registered.
        PendingRegistration = "PENDING_REGISTRATION", 1;
        /// It could not be registered.
        FailedRegistration = "FAILED_REGISTRATION", 2;
        /// It can be used.
        Ready = "READY", 3;
    }
}

response! {
    /// A version of a registered model.
    pub struct ModelVersion {
        /// The registered model.
        pub name: String,
        /// The version, a decimal number as text.
        pub version: String,
        /// When it was made, in milliseconds.
        pub creation_timestamp: Option<i64>,
        /// When it last changed, in milliseconds.
        pub last_updated_timestamp: Option<i64>,
        /// Who made it.
        pub user_id: Option<String>,
        /// The stage it holds.
        pub current_stage: Option<String>,
        /// What it is.
        pub description: Option<String>,
        /// Where it was registered from.
        pub source: Option<String>,
        /// The run that made it.
        pub run_id: Option<String>,
        /// How far it got.
        pub status: Option<ModelVersionStatus>,
        /// More about the status.
        pub status_message: Option<String>,
        /// Tags.
        pub tags: Vec<Tag>,
        /// A page about the run.
        pub run_link: Option<String>,
        /// The aliases that point to it.
        pub aliases: Vec<String>,
        /// The logged model it was registered from.
        pub model_id: Option<String>,
        /// Parameters of that logged model.
        pub model_params: Vec<ModelParam>,
        /// Metrics of that logged model.
        pub model_metrics: Vec<Metric>,
    }

    /// A parameter of the logged model behind a version.
    pub struct ModelParam {
        /// The name.
        pub name: String,
        /// The value.
        pub value: String,
    }
}

request! {
    /// `POST model-versions/create`
    pub struct CreateModelVersion {
        /// The registered model.
        pub name: String,
        /// Where the model is.
        pub source: String,
        /// The run that made it.
        pub run_id: Option<String>,
        /// Tags; a prompt's text is among them.
        pub tags: Vec<Tag>,
        /// A page about the run.
        pub run_link: Option<String>,
        /// What it is.
        pub description: Option<String>,
        /// The logged model.
        pub model_id: Option<String>,
    }

    /// `GET model-versions/get`
    pub struct GetModelVersion {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
    }

    /// `PATCH model-versions/update`
    pub struct UpdateModelVersion {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
        /// The new description. Absent and empty are different things.
        pub description: Option<String>,
    }

    /// `POST model-versions/transition-stage`
    pub struct TransitionModelVersionStage {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
        /// The stage, in any letter case.
        pub stage: String,
        /// Whether other versions leave that stage; absent means no.
        pub archive_existing_versions: Option<bool>,
    }

    /// `DELETE model-versions/delete`
    pub struct DeleteModelVersion {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
    }

    /// `GET model-versions/search`
    pub struct SearchModelVersions {
        /// A filter.
        pub filter: Option<String>,
        /// The page size; absent means 200,000.
        pub max_results: Option<i64> => at_most::<SEARCH_VERSIONS_RESULTS_MAX>,
        /// Sort clauses.
        pub order_by: Vec<String>,
        /// Where the page begins.
        pub page_token: Option<String>,
    }

    /// `GET model-versions/get-download-uri`. What must be given is said by the server here.
    pub struct GetModelVersionDownloadUri {
        /// The registered model.
        pub name: String => text_or_empty,
        /// The version.
        pub version: String => text_or_empty,
    }

    /// `POST model-versions/set-tag`
    pub struct SetModelVersionTag {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
        /// The key.
        pub key: String,
        /// The value; absent means empty.
        pub value: Option<String>,
    }

    /// `DELETE model-versions/delete-tag`
    pub struct DeleteModelVersionTag {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
        /// The key.
        pub key: String,
    }
}

response! {
    /// The answer to create, get, update and transition-stage, and to get by alias.
    pub struct GetModelVersionResponse {
        /// The version.
        pub model_version: ModelVersion,
    }

    /// The answer to `model-versions/search`.
    pub struct SearchModelVersionsResponse {
        /// The page.
        pub model_versions: Vec<ModelVersion>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// The answer to `model-versions/get-download-uri`.
    pub struct GetModelVersionDownloadUriResponse {
        /// Where the version's files are.
        pub artifact_uri: String,
    }
}
