//! Experiments: the messages of `mlflow/experiments/…`.
//! Data sets of an experiment are in `datasets`.

use super::field::text_or_empty;

request! {
    /// A key with a value, on whatever carries tags.
    #[derive(Eq, serde::Deserialize)]
    #[serde(default)]
    pub struct Tag {
        /// The key.
        pub key: String => text_or_empty,
        /// The value; empty when it was not given.
        pub value: String => text_or_empty,
    }
}

enumeration! {
    /// Which lifecycle stages a search looks at.
    #[derive(Default)]
    pub enum ViewType {
        /// Only what is not deleted.
        #[default]
        ActiveOnly = "ACTIVE_ONLY", 1;
        /// Only what is deleted.
        DeletedOnly = "DELETED_ONLY", 2;
        /// Both.
        All = "ALL", 3;
    }
}

response! {
    /// An experiment.
    pub struct Experiment {
        /// The id, a decimal number as text.
        pub experiment_id: String,
        /// The name, unique among experiments, deleted ones included.
        pub name: String,
        /// Where runs of it keep their artifacts.
        pub artifact_location: Option<String>,
        /// `active` or `deleted`.
        pub lifecycle_stage: Option<String>,
        /// When it last changed, in milliseconds.
        pub last_update_time: Option<i64>,
        /// When it was made, in milliseconds.
        pub creation_time: Option<i64>,
        /// Tags.
        pub tags: Vec<Tag>,
        /// How long its traces are kept before they are archived, where a server does that.
        pub effective_trace_archival_retention: Option<String>,
        /// The workspace it lives in.
        pub workspace: Option<String>,
    }
}

request! {
    /// `POST experiments/create`
    pub struct CreateExperiment {
        /// The name.
        pub name: String,
        /// Where runs are to keep their artifacts; the server chooses when absent.
        pub artifact_location: Option<String>,
        /// Tags.
        pub tags: Vec<Tag>,
    }

    /// `GET` or `POST experiments/search`
    pub struct SearchExperiments {
        /// The page size, needed; absent reads as zero in MLflow, which refuses it.
        pub max_results: Option<i64>,
        /// Where the page begins.
        pub page_token: Option<String>,
        /// A filter.
        pub filter: Option<String>,
        /// Sort clauses.
        pub order_by: Vec<String>,
        /// Which lifecycle stages; absent means active ones.
        pub view_type: Option<ViewType>,
    }

    /// `GET experiments/get`
    pub struct GetExperiment {
        /// The experiment.
        pub experiment_id: String,
    }

    /// `GET experiments/get-by-name`
    pub struct GetExperimentByName {
        /// The name.
        pub experiment_name: String,
    }

    /// `POST experiments/delete`
    pub struct DeleteExperiment {
        /// The experiment.
        pub experiment_id: String,
    }

    /// `POST experiments/restore`
    pub struct RestoreExperiment {
        /// The experiment.
        pub experiment_id: String,
    }

    /// `POST experiments/update`
    pub struct UpdateExperiment {
        /// The experiment.
        pub experiment_id: String,
        /// Its new name.
        pub new_name: String,
    }

    /// `POST experiments/set-experiment-tag`
    pub struct SetExperimentTag {
        /// The experiment.
        pub experiment_id: String,
        /// The key.
        pub key: String,
        /// The value; absent means empty.
        pub value: Option<String>,
    }

    /// `POST experiments/delete-experiment-tag`
    pub struct DeleteExperimentTag {
        /// The experiment.
        pub experiment_id: String,
        /// The key.
        pub key: String,
    }
}

response! {
    /// The answer to `experiments/create`.
    pub struct CreateExperimentResponse {
        /// The new experiment's id.
        pub experiment_id: String,
    }

    /// The answer to `experiments/get` and `experiments/get-by-name`.
    pub struct GetExperimentResponse {
        /// The experiment.
        pub experiment: Experiment,
    }

    /// The answer to `experiments/search`.
    pub struct SearchExperimentsResponse {
        /// The page.
        pub experiments: Vec<Experiment>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }
}
