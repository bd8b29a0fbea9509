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
/// Idempotency key; payment services take as many.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 255;
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
/// Datasets, and likewise logged models, in one request. MLflow has no limit here.
pub const BATCH_DATASETS_MAX: usize = 10_000;
/// Dataset name, MLflow's limit.
pub const DATASET_NAME_LENGTH_MAX: usize = 500;
/// Dataset digest, MLflow's limit.
pub const DATASET_DIGEST_LENGTH_MAX: usize = 36;
/// Kind of a dataset's source; the width of MLflow's column, doubled because its server accepts more.
pub const DATASET_SOURCE_TYPE_LENGTH_MAX: usize = 1_000;
/// Dataset source, MLflow's limit.
pub const DATASET_SOURCE_LENGTH_MAX: usize = 65_535;
/// Dataset schema, MLflow's limit.
pub const DATASET_SCHEMA_LENGTH_MAX: usize = 1_048_575;
/// Dataset profile, MLflow's limit.
pub const DATASET_PROFILE_LENGTH_MAX: usize = 16_777_215;
/// Key of a tag on the use of a dataset, MLflow's limit.
pub const INPUT_TAG_KEY_LENGTH_MAX: usize = 255;
/// Value of a tag on the use of a dataset, MLflow's limit.
pub const INPUT_TAG_VALUE_LENGTH_MAX: usize = 500;
/// Experiments in one search for datasets, MLflow's limit.
pub const SEARCH_DATASETS_EXPERIMENTS_MAX: usize = 20;
/// Datasets that one search answers with, MLflow's limit.
pub const SEARCH_DATASETS_RESULTS_MAX: i64 = 1_000;
/// Id of a logged model; the width of MLflow's column.
pub const LOGGED_MODEL_ID_LENGTH_MAX: usize = 36;
/// Name of a logged model, and likewise its type. MLflow's columns are 500 wide, its server accepts more.
pub const LOGGED_MODEL_NAME_LENGTH_MAX: usize = 1_000;
/// Key of a param or tag of a logged model. MLflow's columns are 255 wide, its server accepts more.
pub const LOGGED_MODEL_KEY_LENGTH_MAX: usize = 500;
/// Params, and likewise tags, of a logged model in one request. MLflow's clients send 100.
pub const LOGGED_MODEL_BATCH_MAX: usize = 10_000;
/// The tag in which a run's models are listed by clients before 3.0.
pub const MODEL_HISTORY_LENGTH_MAX: usize = 1_000_000;
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
/// Bytes of one part of an artifact; the largest that S3 takes.
pub const ARTIFACT_PART_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// The longest path, in bytes: what S3, GCS and Azure allow for a key.
pub const PATH_SIZE_BYTES_MAX: usize = 1024;
/// The longest segment, in bytes: what common file systems allow for a name.
pub const SEGMENT_SIZE_BYTES_MAX: usize = 255;
/// How often a path is percent-decoded before it is refused, as MLflow does.
pub const DECODE_ROUNDS_MAX: usize = 10;
/// How much of a refused path an error repeats.
pub const SHOWN_CHARS_MAX: usize = 80;
/// The most characters of the text that are repeated in a message.
pub const SNIPPET_CHARS_MAX: usize = 60;
/// The longest filter text. MLflow gives up at 10,000 words, about 3,300 run ids in one list: this takes more.
pub const FILTER_BYTES_MAX: usize = 256 * 1024;
/// The most comparisons in one filter. MLflow on SQLite cannot join more than 64 tables.
pub const COMPARISONS_MAX: usize = 100;
/// The most values in one `IN` list.
pub const LIST_VALUES_MAX: usize = 10_000;
/// The longest pattern of a `LIKE`: longer than any value that is stored.
pub const LIKE_PATTERN_BYTES_MAX: usize = 10_000;
/// The most fields in one order-by.
pub const ORDER_FIELDS_MAX: usize = 32;
/// The longest order-by field: longer than any key that is stored.
pub const ORDER_BYTES_MAX: usize = 4096;
