//! Logged models: the messages of `mlflow/logged-models…`.
//! What stands in the path of a request is a field of its message, too, but for lists of files. Registered models are in
//! `models`.

use super::artifacts::FileInfo;
use super::experiments::Tag;
use super::field::{given, required};
use super::metrics::Metric;
use super::runs::Param;

enumeration! {
    /// How far a logged model got.
    #[derive(Default)]
    pub enum LoggedModelStatus {
        /// Nobody said.
        #[default]
        Unspecified = "LOGGED_MODEL_STATUS_UNSPECIFIED", 0;
        /// Its files are being uploaded.
        Pending = "LOGGED_MODEL_PENDING", 1;
        /// It can be used.
        Ready = "LOGGED_MODEL_READY", 2;
        /// Its files did not arrive.
        UploadFailed = "LOGGED_MODEL_UPLOAD_FAILED", 3;
    }
}

response! {
    /// A logged model.
    pub struct LoggedModel {
        /// Who and when.
        pub info: LoggedModelInfo,
        /// What was logged with it.
        pub data: Option<LoggedModelData>,
    }

    /// What a logged model is, and how it came to be.
    pub struct LoggedModelInfo {
        /// The id.
        pub model_id: String,
        /// The experiment.
        pub experiment_id: String,
        /// The name.
        pub name: String,
        /// When it was made, in milliseconds.
        pub creation_timestamp_ms: Option<i64>,
        /// When it last changed, in milliseconds.
        pub last_updated_timestamp_ms: Option<i64>,
        /// Where its files are.
        pub artifact_uri: Option<String>,
        /// How far it got.
        pub status: Option<LoggedModelStatus>,
        /// Who made it.
        pub creator_id: Option<i64>,
        /// What kind of model it is.
        pub model_type: Option<String>,
        /// The run that made it.
        pub source_run_id: Option<String>,
        /// More about the status.
        pub status_message: Option<String>,
        /// Tags.
        pub tags: Vec<Tag>,
        /// Versions that were registered from it.
        pub registrations: Vec<LoggedModelRegistration>,
    }

    /// A version that was registered from a logged model.
    pub struct LoggedModelRegistration {
        /// The registered model.
        pub name: String,
        /// The version.
        pub version: String,
    }

    /// What was logged with a model.
    pub struct LoggedModelData {
        /// Parameters.
        pub params: Vec<Param>,
        /// Metrics.
        pub metrics: Vec<Metric>,
    }
}

request! {
    /// `POST logged-models`
    pub struct CreateLoggedModel {
        /// The experiment.
        pub experiment_id: String,
        /// The name; the server makes one up when absent or empty.
        pub name: Option<String>,
        /// What kind of model it is.
        pub model_type: Option<String>,
        /// The run that made it.
        pub source_run_id: Option<String>,
        /// Parameters.
        pub params: Vec<Param>,
        /// Tags.
        pub tags: Vec<Tag>,
    }

    /// `GET logged-models/{model_id}`
    pub struct GetLoggedModel {
        /// The logged model.
        pub model_id: String,
        /// `true`, in any letter case, shows a deleted one too; everything else means no.
        pub allow_deleted: Option<String>,
    }

    /// `DELETE logged-models/{model_id}`
    pub struct DeleteLoggedModel {
        /// The logged model.
        pub model_id: String,
    }

    /// `DELETE logged-models/{model_id}/tags/{tag_key}`
    pub struct DeleteLoggedModelTag {
        /// The logged model.
        pub model_id: String,
        /// The key.
        pub tag_key: String,
    }

    /// `PATCH logged-models/{model_id}`. MLflow wants the id in the body, too.
    pub struct FinalizeLoggedModel {
        /// The logged model.
        pub model_id: String,
        /// Its final status.
        pub status: LoggedModelStatus => required,
    }

    /// `POST logged-models/search`
    pub struct SearchLoggedModels {
        /// The experiments.
        pub experiment_ids: Vec<String> => given,
        /// A filter.
        pub filter: Option<String>,
        /// The data sets that conditions on metrics are about.
        pub datasets: Vec<SearchedDataset>,
        /// The page size; absent means 50.
        pub max_results: Option<i32>,
        /// Sort clauses.
        pub order_by: Vec<LoggedModelOrder>,
        /// Where the page begins.
        pub page_token: Option<String>,
    }

    /// A data set in a search for logged models.
    pub struct SearchedDataset {
        /// The name.
        pub dataset_name: Option<String>,
        /// The digest; absent means any.
        pub dataset_digest: Option<String>,
    }

    /// A sort clause in a search for logged models.
    pub struct LoggedModelOrder {
        /// The field, such as `creation_timestamp` or `metrics.accuracy`.
        pub field_name: Option<String>,
        /// Smallest first; absent means true.
        pub ascending: Option<bool>,
        /// The data set, when the field is a metric.
        pub dataset_name: Option<String>,
        /// The digest of that data set.
        pub dataset_digest: Option<String>,
    }

    /// `PATCH logged-models/{model_id}/tags`
    pub struct SetLoggedModelTags {
        /// Tags to set.
        pub tags: Vec<Tag>,
        /// The logged model.
        pub model_id: String,
    }

    /// `POST logged-models/{model_id}/params`. MLflow wants the id in the body, too.
    pub struct LogLoggedModelParams {
        /// The logged model.
        pub model_id: String,
        /// Parameters.
        pub params: Vec<Param>,
    }

    /// `GET logged-models/{model_id}/artifacts/directories`
    pub struct ListLoggedModelArtifacts {
        /// The folder; absent means the root.
        pub artifact_directory_path: Option<String>,
        /// Where the page begins.
        pub page_token: Option<String>,
    }
}

response! {
    /// The answer to create, get and finalize.
    pub struct GetLoggedModelResponse {
        /// The logged model.
        pub model: LoggedModel,
    }

    /// The answer to `logged-models/search`.
    pub struct SearchLoggedModelsResponse {
        /// The page.
        pub models: Vec<LoggedModel>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// The answer to `logged-models/{model_id}/artifacts/directories`.
    pub struct ListLoggedModelArtifactsResponse {
        /// Where the model's files are.
        pub root_uri: String,
        /// Files and folders.
        pub files: Vec<FileInfo>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }
}
