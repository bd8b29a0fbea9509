//! Every bound that a rule enforces, in one place. Lengths are in characters unless the name says bytes.
//! MLflow's own limits are kept to the number, because clients split their work by them.

/// Experiment name, MLflow's limit.
pub const EXPERIMENT_NAME_LENGTH_MAX: usize = 500;
/// Experiment tag value, MLflow's limit.
pub const EXPERIMENT_TAG_VALUE_LENGTH_MAX: usize = 20_000;
/// Location of an experiment, MLflow's limit.
pub const LOCATION_LENGTH_MAX: usize = 2_048;
/// Key of a metric, param or tag, MLflow's limit.
pub const KEY_LENGTH_MAX: usize = 250;
/// Param value, MLflow's limit.
pub const PARAM_VALUE_LENGTH_MAX: usize = 6_000;
/// Run tag value, MLflow's limit; longer values are cut, as MLflow cuts them.
pub const RUN_TAG_VALUE_LENGTH_MAX: usize = 8_000;
/// Tag value of a model or version, MLflow's limit.
pub const MODEL_TAG_VALUE_LENGTH_MAX: usize = 100_000;
/// Alias name, MLflow's limit.
pub const ALIAS_LENGTH_MAX: usize = 255;
/// Registered model name; the width of MLflow's column.
pub const MODEL_NAME_LENGTH_MAX: usize = 256;
/// Id of a run, MLflow's limit.
pub const RUN_ID_LENGTH_MAX: usize = 256;
/// Who started a run; the width of MLflow's column.
pub const USER_ID_LENGTH_MAX: usize = 256;
/// Params, and likewise tags, in one batch, MLflow's limit.
pub const BATCH_PARAMS_MAX: usize = 100;
/// Metrics in one batch, MLflow's limit.
pub const BATCH_METRICS_MAX: usize = 1_000;
/// Metrics, params and tags together in one batch, MLflow's limit.
pub const BATCH_ENTITIES_MAX: usize = 1_000;
/// Datasets, and likewise models, in one request, MLflow's limit.
pub const BATCH_DATASETS_MAX: usize = 1_000;
/// Experiments on one page.
pub const EXPERIMENTS_PER_PAGE_MAX: usize = 50_000;
/// Runs on one page.
pub const RUNS_PER_PAGE_MAX: usize = 50_000;
/// Model versions on one page.
pub const VERSIONS_PER_PAGE_MAX: usize = 200_000;
/// Registered models on one page.
pub const MODELS_PER_PAGE_MAX: usize = 1_000;
/// Logged models on one page.
pub const LOGGED_MODELS_PER_PAGE_MAX: usize = 50_000;
/// Points of one metric's history on one page, and of several runs' histories in one answer; MLflow's clients ask for
/// as many.
pub const METRIC_HISTORY_POINTS_MAX: usize = 25_000;
/// Points of one metric's history in the answer to a client that names no page size and may not know of pages.
pub const METRIC_HISTORY_UNPAGED_POINTS_MAX: usize = 250_000;
/// Runs in one question about histories, MLflow's limit.
pub const METRIC_HISTORY_RUNS_MAX: usize = 100;
/// Points of one run in a sampled history, MLflow's limit.
pub const METRIC_SAMPLE_POINTS_MAX: usize = 2_500;
/// Files that one version may pin.
pub const MANIFEST_FILES_MAX: usize = 100_000;
/// Bytes of one artifact; the largest object that S3 takes.
pub const ARTIFACT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;
/// Bytes of an artifact that a web page sends, MLflow's limit.
pub const ARTIFACT_FROM_PAGE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Files and folders that one list of a folder shows.
pub const FOLDER_ENTRIES_MAX: usize = 100_000;
/// Bytes of an `MLmodel` file that is looked into.
pub const MLMODEL_BYTES_MAX: u64 = 1024 * 1024;
/// Files of a version's manifest on one page.
pub const MANIFEST_FILES_PER_PAGE: usize = 1_000;
