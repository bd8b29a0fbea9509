//! The filter and order-by language of every search: text in, typed trees out, and what those trees mean.
//! Each listed thing has a file of its own with its fields; the grammar and the checks are shared.
//! SQL, paging and defaults for page sizes do not belong here: the store reads the trees.

mod checks;
mod experiments;
mod like;
mod lists;
mod logged_models;
mod meaning;
mod models;
mod orders;
mod place;
mod quotes;
mod runs;
mod syntax;
mod tree;
mod versions;

pub use experiments::{
    ExperimentAttribute, ExperimentField, parse_experiment_filter, parse_experiment_order,
};
pub use like::LikePattern;
pub use logged_models::{
    DatasetScope, LoggedModelAttribute, LoggedModelField, LoggedModelOrderField, LoggedModelOrderRequest,
    parse_logged_model_filter, parse_logged_model_order,
};
pub use meaning::{Facts, Value, compare};
pub use models::{ModelField, ModelOrderField, parse_model_filter, parse_model_order};
pub use runs::{DatasetAttribute, RunAttribute, RunField, RunOrderField, parse_run_filter, parse_run_order};
pub use tree::{Comparison, Filter, NumberOperator, Order, Test, TextOperator};
pub use versions::{
    VersionAttribute, VersionField, VersionOrderField, parse_version_filter, parse_version_order,
};

/// The tag that marks a registered model as a prompt, when its value is `true`.
pub const PROMPT_MARKER_TAG: &str = "mlflow.prompt.is_prompt";
