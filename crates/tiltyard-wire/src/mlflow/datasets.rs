//! Data sets that runs used, and `mlflow/experiments/search-datasets`.
//! Logging them is part of `runs`.

use super::experiments::Tag;
use super::field::text_or_empty;

request! {
    /// A data set.
    #[derive(Eq, serde::Deserialize)]
    #[serde(default)]
    pub struct Dataset {
        /// The name.
        pub name: String => text_or_empty,
        /// The digest that tells two states of it apart.
        pub digest: String => text_or_empty,
        /// What kind of source it has (`local`, `s3`, `code`, …).
        pub source_type: String => text_or_empty,
        /// The source.
        pub source: String => text_or_empty,
        /// Columns and types, as JSON.
        pub schema: Option<String>,
        /// Statistics, as JSON.
        pub profile: Option<String>,
    }

    /// A data set as a run used it.
    #[derive(Eq, serde::Deserialize)]
    #[serde(default)]
    pub struct DatasetInput {
        /// What it was used for; the context is a tag.
        pub tags: Vec<Tag>,
        /// The data set.
        pub dataset: Option<Dataset>,
    }

    /// `POST experiments/search-datasets`
    pub struct SearchDatasets {
        /// The experiments; at least one.
        pub experiment_ids: Vec<String>,
    }
}

response! {
    /// A data set that runs of an experiment used.
    pub struct DatasetSummary {
        /// The experiment.
        pub experiment_id: String,
        /// The name.
        pub name: String,
        /// The digest.
        pub digest: String,
        /// What it was used for.
        pub context: Option<String>,
    }

    /// The answer to `experiments/search-datasets`.
    pub struct SearchDatasetsResponse {
        /// The data sets.
        pub dataset_summaries: Vec<DatasetSummary>,
    }
}
