//! Answers recorded from `mlflow server` 3.17.2: read into our structs and written again, nothing may be lost or added.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tiltyard_wire::mlflow::{artifacts, datasets, experiments, logged_models, metrics, models, runs};
use tiltyard_wire::mlflow::{server_info, to_json, versions};

fn survives<T: Serialize + DeserializeOwned>(recorded: &str) {
    let read: T = serde_json::from_str(recorded).unwrap_or_else(|error| panic!("{error} in {recorded}"));
    let (recorded, written): (Value, Value) =
        (value(recorded), serde_json::to_value(read).unwrap_or(Value::Null));
    assert_eq!(written, recorded);
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or(Value::Null)
}

/// Makes a test of each recorded answer, named like its file.
macro_rules! recorded {
    ($($file:ident: $answer:ty;)+) => {
        $(#[test]
        fn $file() {
            survives::<$answer>(include_str!(concat!("answers/", stringify!($file), ".json")));
        })+
    };
}

recorded! {
    get_experiment: experiments::GetExperimentResponse;
    search_experiments: experiments::SearchExperimentsResponse;
    get_run: runs::GetRunResponse;
    search_runs: runs::SearchRunsResponse;
    update_run: runs::UpdateRunResponse;
    get_metric_history: metrics::GetMetricHistoryResponse;
    get_metric_history_bulk: metrics::GetMetricHistoryBulkResponse;
    get_metric_history_bulk_interval: metrics::GetMetricHistoryBulkIntervalResponse;
    search_datasets: datasets::SearchDatasetsResponse;
    get_logged_model: logged_models::GetLoggedModelResponse;
    search_logged_models: logged_models::SearchLoggedModelsResponse;
    list_logged_model_artifacts: logged_models::ListLoggedModelArtifactsResponse;
    get_registered_model: models::GetRegisteredModelResponse;
    search_registered_models: models::SearchRegisteredModelsResponse;
    get_latest_versions: models::GetLatestVersionsResponse;
    get_model_version: versions::GetModelVersionResponse;
    get_model_version_by_alias: versions::GetModelVersionResponse;
    search_model_versions: versions::SearchModelVersionsResponse;
    get_model_version_download_uri: versions::GetModelVersionDownloadUriResponse;
    list_artifacts: artifacts::ListArtifactsResponse;
    list_proxied_artifacts: artifacts::ListProxiedArtifactsResponse;
    server_info: server_info::ServerInfo;
}

#[test]
fn the_text_is_the_same_to_the_byte() {
    let recorded = include_str!("answers/get_registered_model.json");
    let read: models::GetRegisteredModelResponse = serde_json::from_str(recorded).unwrap();
    assert_eq!(String::from_utf8_lossy(&to_json(&read)), recorded.trim_end());
}
