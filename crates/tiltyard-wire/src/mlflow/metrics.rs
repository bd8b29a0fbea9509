//! Metrics: one measured value, and the histories under `mlflow/metrics/…`.
//! Logging them is part of `runs`.

use super::double;
use super::error::WireError;
use super::field::{FromField, given, required_float64, run_id};
use super::message::Message;
use crate::limits::BULK_INTERVAL_RESULTS_MAX;
use crate::limits::BULK_INTERVAL_RUNS_MAX;

request! {
    /// One value of a metric. Inside a request, key, value and timestamp are needed.
    #[derive(serde::Deserialize)]
    #[serde(default)]
    pub struct Metric {
        /// The key.
        pub key: String,
        /// The value; it may be NaN or infinite.
        #[serde(with = "double")]
        pub value: f64 => required_float64,
        /// When it was measured, in milliseconds.
        pub timestamp: i64,
        /// The step; absent means 0.
        pub step: Option<i64>,
        /// The data set it was measured on.
        pub dataset_name: Option<String>,
        /// The digest of that data set.
        pub dataset_digest: Option<String>,
        /// The logged model it was measured for.
        pub model_id: Option<String>,
        /// The run it belongs to.
        pub run_id: Option<String>,
    }

    /// `GET metrics/get-history`
    pub struct GetMetricHistory {
        /// The run.
        pub run_id: String => run_id,
        /// The metric.
        pub metric_key: String,
        /// Where the page begins.
        pub page_token: Option<String>,
        /// The page size; absent means everything.
        pub max_results: Option<i32>,
    }

    /// `GET metrics/get-history-bulk`. What must be given is said by the server, in words of that call alone.
    pub struct GetMetricHistoryBulk {
        /// The runs; the query repeats `run_id`.
        pub run_id: Vec<String>,
        /// The metric.
        pub metric_key: Option<String>,
        /// The most points to answer with.
        pub max_results: Option<i64>,
    }

    /// `GET metrics/get-history-bulk-interval`
    pub struct GetMetricHistoryBulkInterval {
        /// The runs.
        pub run_ids: Vec<String> => bulk_interval_runs,
        /// The metric.
        pub metric_key: String,
        /// The first step; given together with the last.
        pub start_step: Option<i64>,
        /// The last step.
        pub end_step: Option<i64>,
        /// The most points per run.
        pub max_results: Option<i64> => bulk_interval_results,
    }
}

response! {
    /// One value of a metric with the run it belongs to.
    pub struct MetricWithRunId {
        /// The key.
        pub key: String,
        /// The value; it may be NaN or infinite.
        #[serde(with = "double")]
        pub value: f64,
        /// When it was measured, in milliseconds.
        pub timestamp: i64,
        /// The step.
        pub step: i64,
        /// The run.
        pub run_id: String,
    }

    /// The answer to `metrics/get-history`.
    pub struct GetMetricHistoryResponse {
        /// The page, oldest first.
        pub metrics: Vec<Metric>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// The answer to `metrics/get-history-bulk-interval`.
    pub struct GetMetricHistoryBulkIntervalResponse {
        /// The points, run by run.
        pub metrics: Vec<MetricWithRunId>,
    }
}

/// The answer to `metrics/get-history-bulk`, the only one in which an empty list is written.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GetMetricHistoryBulkResponse {
    /// The points, run by run.
    pub metrics: Vec<MetricWithRunId>,
}

fn bulk_interval_runs(message: &mut Message<'_>, name: &str) -> Result<Vec<String>, WireError> {
    let runs: Vec<String> = given(message, name)?;
    if runs.len() > BULK_INTERVAL_RUNS_MAX {
        return Err(WireError::limit(format!(
            "GetMetricHistoryBulkInterval request must specify at most {BULK_INTERVAL_RUNS_MAX} run_ids. \
             Received {} run_ids.",
            runs.len()
        )));
    }
    Ok(runs)
}

fn bulk_interval_results(message: &mut Message<'_>, name: &str) -> Result<Option<i64>, WireError> {
    let results = Option::<i64>::from_field(message, name)?;
    if results.is_some_and(|results| !(1..=BULK_INTERVAL_RESULTS_MAX).contains(&results)) {
        return Err(WireError::limit(format!(
            "max_results must be between 1 and {BULK_INTERVAL_RESULTS_MAX}."
        )));
    }
    Ok(results)
}
