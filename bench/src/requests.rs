//! The requests of `MLflow`'s Python client, spelled as it spells them: same fields, same order, same spaces.
//! When and how often they are sent is decided by the scenarios and the seeds.

use crate::client::Call;

/// A metric value at a step.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// The metric's name.
    pub(crate) key: String,
    /// Its value.
    pub(crate) value: f64,
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    /// The step.
    pub(crate) step: u64,
}

fn post(path: &str, body: String) -> Call {
    Call::post(format!("/api/2.0/mlflow/{path}"), body)
}

fn get(path: &str) -> Call {
    Call::get(format!("/api/2.0/mlflow/{path}"))
}

/// `MlflowClient.create_experiment`.
pub(crate) fn create_experiment(name: &str) -> Call {
    post("experiments/create", format!(r#"{{"name": "{name}"}}"#))
}

/// `MlflowClient.create_run`.
pub(crate) fn create_run(experiment: &str, name: &str, time: i64, tags: &[(&str, String)]) -> Call {
    let tags = list(tags, |(key, value)| format!(r#"{{"key": "{key}", "value": "{value}"}}"#));
    let head = format!(r#"{{"experiment_id": "{experiment}", "user_id": "bench", "run_name": "{name}""#);
    post("runs/create", format!(r#"{head}, "start_time": {time}, "tags": {tags}}}"#))
}

/// `MlflowClient.set_terminated`.
pub(crate) fn end_run(run: &str, time: i64) -> Call {
    let body =
        format!(r#"{{"run_uuid": "{run}", "status": "FINISHED", "end_time": {time}, "run_id": "{run}"}}"#);
    post("runs/update", body)
}

/// `MlflowClient.log_metric`.
pub(crate) fn log_metric(run: &str, point: &Point) -> Call {
    let fields = point_fields(point);
    post("runs/log-metric", format!(r#"{{"run_uuid": "{run}", {fields}, "run_id": "{run}"}}"#))
}

/// `MlflowClient.log_batch`.
pub(crate) fn log_batch(run: &str, points: &[Point], params: &[(&str, String)]) -> Call {
    let points = list(points, |point| format!("{{{}}}", point_fields(point)));
    let mut fields = format!(r#""run_id": "{run}", "metrics": {points}"#);
    if !params.is_empty() {
        let params = list(params, |(key, value)| format!(r#"{{"key": "{key}", "value": "{value}"}}"#));
        fields = format!(r#"{fields}, "params": {params}"#);
    }
    post("runs/log-batch", format!("{{{fields}}}"))
}

/// `MlflowClient.search_runs`, a page of 100.
pub(crate) fn search_runs(experiment: &str, filter: &str, order: &str) -> Call {
    let head = format!(r#"{{"experiment_ids": ["{experiment}"], "run_view_type": "ACTIVE_ONLY""#);
    let body = format!(r#"{head}, "filter": "{filter}", "max_results": 100, "order_by": ["{order}"]}}"#);
    post("runs/search", body)
}

/// `MlflowClient.create_registered_model`.
pub(crate) fn create_model(name: &str) -> Call {
    post("registered-models/create", format!(r#"{{"name": "{name}"}}"#))
}

/// `MlflowClient.get_registered_model`.
pub(crate) fn get_model(name: &str) -> Call {
    get(&format!("registered-models/get?name={name}"))
}

/// `MlflowClient.create_model_version`.
pub(crate) fn create_version(name: &str, source: &str, run: &str) -> Call {
    let body = format!(r#"{{"name": "{name}", "source": "{source}", "run_id": "{run}"}}"#);
    post("model-versions/create", body)
}

/// `MlflowClient.transition_model_version_stage`, archiving whoever held the stage.
pub(crate) fn transition(name: &str, version: u32, stage: &str) -> Call {
    let head = format!(r#"{{"name": "{name}", "version": "{version}", "stage": "{stage}""#);
    post("model-versions/transition-stage", format!(r#"{head}, "archive_existing_versions": true}}"#))
}

/// `MlflowClient.set_registered_model_alias`.
pub(crate) fn set_alias(name: &str, alias: &str, version: u32) -> Call {
    let body = format!(r#"{{"name": "{name}", "alias": "{alias}", "version": "{version}"}}"#);
    post("registered-models/alias", body)
}

/// `MlflowClient.get_model_version`.
pub(crate) fn get_version(name: &str, version: u32) -> Call {
    get(&format!("model-versions/get?name={name}&version={version}"))
}

/// `MlflowClient.get_model_version_by_alias`.
pub(crate) fn get_by_alias(name: &str, alias: &str) -> Call {
    get(&format!("registered-models/alias?name={name}&alias={alias}"))
}

/// `MlflowClient.get_latest_versions` of the stages people ask for.
pub(crate) fn latest_versions(name: &str) -> Call {
    let body = format!(r#"{{"name": "{name}", "stages": ["Staging", "Production"]}}"#);
    post("registered-models/get-latest-versions", body)
}

/// `MlflowClient.search_model_versions` of one model, newest first.
pub(crate) fn search_versions(name: &str) -> Call {
    let query = format!("filter=name+%3D+%27{name}%27&max_results=100&order_by=version_number+DESC");
    get(&format!("model-versions/search?{query}"))
}

/// `MlflowClient.search_model_versions` of one model, in the order that comes of itself: the newest change first.
pub(crate) fn search_versions_plainly(name: &str) -> Call {
    get(&format!("model-versions/search?filter=name+%3D+%27{name}%27&max_results=100"))
}

/// Path of an artifact of a run, through the server's proxy.
pub(crate) fn artifact_path(experiment: &str, run: &str, file: &str) -> String {
    format!("/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{file}")
}

fn point_fields(point: &Point) -> String {
    let Point { key, value, time, step } = point;
    format!(r#""key": "{key}", "value": {value:?}, "timestamp": {time}, "step": {step}"#)
}

fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(write).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json() {
        let point = Point { key: "loss".to_owned(), value: 1.0, time: 7, step: 3 };
        let calls = [
            create_run("1", "a", 7, &[("mlflow.user", "b".to_owned())]),
            log_metric("r", &point),
            log_batch("r", &[point.clone(), point.clone()], &[("depth", "3".to_owned())]),
            log_batch("r", std::slice::from_ref(&point), &[]),
            search_runs("1", "metrics.accuracy > 0.5", "metrics.accuracy DESC"),
            transition("m", 1, "Production"),
            latest_versions("m"),
        ];
        for call in calls {
            serde_json::from_str::<serde_json::Value>(call.body()).unwrap();
        }
    }
}
