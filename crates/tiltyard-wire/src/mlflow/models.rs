//! Registered models and their aliases: the messages of `mlflow/registered-models/…`. Prompts travel in them, too.
//! Versions are in `versions`.

use super::experiments::Tag;
use super::field::at_most;
use super::versions::ModelVersion;
use crate::limits::SEARCH_MODELS_RESULTS_MAX;

response! {
    /// A registered model.
    pub struct RegisteredModel {
        /// The name.
        pub name: String,
        /// When it was made, in milliseconds.
        pub creation_timestamp: Option<i64>,
        /// When it last changed, in milliseconds.
        pub last_updated_timestamp: Option<i64>,
        /// Who made it.
        pub user_id: Option<String>,
        /// What it is.
        pub description: Option<String>,
        /// The latest version of each stage.
        pub latest_versions: Vec<ModelVersion>,
        /// Tags.
        pub tags: Vec<Tag>,
        /// Aliases and the versions they point to.
        pub aliases: Vec<ModelAlias>,
        /// The deployment job, where a server has such.
        pub deployment_job_id: Option<String>,
    }

    /// An alias and the version it points to.
    pub struct ModelAlias {
        /// The alias.
        pub alias: String,
        /// The version.
        pub version: String,
    }
}

request! {
    /// `POST registered-models/create`
    pub struct CreateRegisteredModel {
        /// The name.
        pub name: String,
        /// Tags; one of them makes it a prompt.
        pub tags: Vec<Tag>,
        /// What it is.
        pub description: Option<String>,
        /// The deployment job, where a server has such.
        pub deployment_job_id: Option<String>,
    }

    /// `GET registered-models/get`
    pub struct GetRegisteredModel {
        /// The name.
        pub name: String,
    }

    /// `POST registered-models/rename`
    pub struct RenameRegisteredModel {
        /// The name.
        pub name: String,
        /// The new name.
        pub new_name: String,
    }

    /// `PATCH registered-models/update`
    pub struct UpdateRegisteredModel {
        /// The name.
        pub name: String,
        /// The new description. Absent and empty are different things.
        pub description: Option<String>,
        /// The deployment job, where a server has such.
        pub deployment_job_id: Option<String>,
    }

    /// `DELETE registered-models/delete`
    pub struct DeleteRegisteredModel {
        /// The name.
        pub name: String,
    }

    /// `GET registered-models/search`
    pub struct SearchRegisteredModels {
        /// A filter. Prompts are found only when it asks for their tag.
        pub filter: Option<String>,
        /// The page size; absent means 100.
        pub max_results: Option<i64> => at_most::<SEARCH_MODELS_RESULTS_MAX>,
        /// Sort clauses.
        pub order_by: Vec<String>,
        /// Where the page begins.
        pub page_token: Option<String>,
    }

    /// `GET` or `POST registered-models/get-latest-versions`
    pub struct GetLatestVersions {
        /// The name.
        pub name: String,
        /// The stages; none means all.
        pub stages: Vec<String>,
    }

    /// `POST registered-models/set-tag`
    pub struct SetRegisteredModelTag {
        /// The name.
        pub name: String,
        /// The key.
        pub key: String,
        /// The value; absent means empty.
        pub value: Option<String>,
    }

    /// `DELETE registered-models/delete-tag`
    pub struct DeleteRegisteredModelTag {
        /// The name.
        pub name: String,
        /// The key.
        pub key: String,
    }

    /// `POST registered-models/alias`
    pub struct SetRegisteredModelAlias {
        /// The name.
        pub name: String,
        /// The alias.
        pub alias: String,
        /// The version it is to point to.
        pub version: String,
    }

    /// `DELETE registered-models/alias`
    pub struct DeleteRegisteredModelAlias {
        /// The name.
        pub name: String,
        /// The alias.
        pub alias: String,
    }

    /// `GET registered-models/alias`
    pub struct GetModelVersionByAlias {
        /// The name.
        pub name: String,
        /// The alias.
        pub alias: String,
    }
}

response! {
    /// The answer to create, get, rename and update.
    pub struct GetRegisteredModelResponse {
        /// The registered model.
        pub registered_model: RegisteredModel,
    }

    /// The answer to `registered-models/search`.
    pub struct SearchRegisteredModelsResponse {
        /// The page.
        pub registered_models: Vec<RegisteredModel>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// The answer to `registered-models/get-latest-versions`.
    pub struct GetLatestVersionsResponse {
        /// The latest version of each stage asked for.
        pub model_versions: Vec<ModelVersion>,
    }
}
