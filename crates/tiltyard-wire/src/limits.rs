//! Every bound of this crate, in one place: what is taken in, what may wait, and for how long.

/// The longest value repeated in an error message, in bytes.
pub(crate) const ECHO_BYTES_MAX: usize = 500;
/// The largest page of runs MLflow gives out.
pub(crate) const SEARCH_RUNS_RESULTS_MAX: i64 = 50_000;
/// The largest page of models MLflow gives out.
pub(crate) const SEARCH_MODELS_RESULTS_MAX: i64 = 1_000;
/// The most runs one request for bulk histories by interval may name.
pub(crate) const BULK_INTERVAL_RUNS_MAX: usize = 100;
/// The most points per run MLflow gives out in a bulk history by interval.
pub(crate) const BULK_INTERVAL_RESULTS_MAX: i64 = 2_500;
/// The largest page of versions a request may ask for.
pub(crate) const SEARCH_VERSIONS_RESULTS_MAX: i64 = 200_000;
