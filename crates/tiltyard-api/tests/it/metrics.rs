//! Metrics over HTTP: what is kept of a point, and how histories are shown.

#![expect(clippy::unwrap_used, reason = "a test that reads something else than it expects must fail loudly")]

use serde_json::{Value, json};
use tiltyard_testkit::TestServer;

use crate::runs::{get_run, new_run};

async fn log(server: &TestServer, run_id: &str, points: &[(i64, i64, Value)]) {
    let metrics: Vec<Value> = points
        .iter()
        .map(|(step, timestamp, value)| json!({"key": "m", "value": value, "timestamp": timestamp, "step": step}))
        .collect();
    server.post("runs/log-batch", json!({"run_id": run_id, "metrics": metrics})).await.ok();
}

/// Steps of the points in an answer.
fn steps(answer: &Value) -> Vec<i64> {
    let points = answer["metrics"].as_array().map(Vec::as_slice).unwrap_or_default();
    points.iter().map(|point| point["step"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn values_that_are_not_finite_look_as_in_mlflow() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    for (key, value) in [("a", "NaN"), ("b", "Infinity"), ("c", "-Infinity")] {
        let body = json!({"run_id": run_id, "key": key, "value": value, "timestamp": 1});
        server.post("runs/log-metric", body).await.ok();
    }
    let metrics = get_run(&server, &run_id).await["data"]["metrics"].clone();
    let values: Vec<&Value> = metrics.as_array().unwrap().iter().map(|metric| &metric["value"]).collect();
    assert_eq!(values, [&json!("NaN"), &json!(f64::MAX), &json!(f64::MIN)]);
}

#[tokio::test]
async fn the_latest_point_goes_by_step_then_time_then_value() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    for (step, timestamp, value, latest) in [
        (1, 5, 1.0, 1.0),
        (0, 9, 9.0, 1.0),
        (1, 4, 9.0, 1.0),
        (1, 5, 0.5, 1.0),
        (1, 5, 2.0, 2.0),
        (-1, 9, 9.0, 2.0),
    ] {
        log(&server, &run_id, &[(step, timestamp, json!(value))]).await;
        assert_eq!(get_run(&server, &run_id).await["data"]["metrics"][0]["value"], latest);
    }
}

#[tokio::test]
async fn bad_points_are_refused() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    for (point, message) in [
        (json!({"key": "a;b", "value": 1, "timestamp": 1}), "for parameter 'name' supplied: Names may only"),
        (json!({"key": "a", "value": 1, "timestamp": -1}), "Timestamp must be a nonnegative long"),
        (json!({"key": "a", "timestamp": 1}), "Missing value for required parameter 'value'"),
        (
            json!({"key": "k".repeat(251), "value": 1, "timestamp": 1}),
            "'Metric name' exceeds the maximum length",
        ),
        (json!({"key": "a", "value": 1, "timestamp": 1, "dataset_name": "d"}), "Both dataset_name and"),
    ] {
        let mut body = point;
        body["run_id"] = json!(run_id);
        let refused = server.post("runs/log-metric", body).await;
        assert_eq!(refused.refused(400), "INVALID_PARAMETER_VALUE");
        assert!(refused.body["message"].as_str().unwrap().contains(message), "{}", refused.body);
    }
    let unknown = json!({"run_id": run_id, "key": "a", "value": 1, "timestamp": 1, "model_id": "m-none"});
    assert_eq!(server.post("runs/log-metric", unknown).await.refused(400), "BAD_REQUEST");
    assert_eq!(get_run(&server, &run_id).await["data"].get("metrics"), None);
}

#[tokio::test]
async fn a_history_goes_by_time_and_comes_in_pages() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let points: Vec<_> = (0..7).map(|step| (step, 100 - step, json!(0.5))).collect();
    log(&server, &run_id, &points).await;
    let path = format!("metrics/get-history?run_id={run_id}&metric_key=m");
    let whole = server.get(&path).await.ok();
    assert_eq!(steps(&whole), [6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(whole["metrics"][0], json!({"key": "m", "value": 0.5, "timestamp": 94, "step": 6}));
    let first = server.get(&format!("{path}&max_results=4")).await.ok();
    // What is logged between two pages shifts nothing.
    log(&server, &run_id, &[(9, 1, json!(1))]).await;
    let token = first["next_page_token"].as_str().unwrap();
    let second = server.get(&format!("{path}&max_results=4&page_token={token}")).await.ok();
    assert_eq!((steps(&first), steps(&second)), (vec![6, 5, 4, 3], vec![2, 1, 0]));
    assert_eq!(second.get("next_page_token"), None);
    for wrong in ["max_results=0", "max_results=-1", "page_token=zzz"] {
        assert_eq!(server.get(&format!("{path}&{wrong}")).await.refused(400), "INVALID_PARAMETER_VALUE");
    }
    for nothing in ["run_id=none&metric_key=m".to_owned(), format!("run_id={run_id}&metric_key=none")] {
        assert_eq!(server.get(&format!("metrics/get-history?{nothing}")).await.ok(), json!({}));
    }
}

#[tokio::test]
async fn histories_of_several_runs_come_run_by_run() {
    let server = TestServer::start().await;
    let (one, two) = (new_run(&server).await, new_run(&server).await);
    for run_id in [&one, &two] {
        log(&server, run_id, &[(0, 2, json!(1)), (1, 1, json!(1))]).await;
    }
    let bulk = async |query: String| {
        let path = format!("/ajax-api/2.0/mlflow/metrics/get-history-bulk?{query}");
        server.send(reqwest::Method::GET, &path, None).await
    };
    let both = bulk(format!("run_id={two}&run_id={one}&run_id={one}&metric_key=m")).await.ok();
    assert_eq!(steps(&both), [1, 0, 1, 0]);
    let first_run = std::cmp::min(&one, &two);
    assert_eq!(both["metrics"][0]["run_id"], json!(first_run));
    assert_eq!(steps(&bulk(format!("run_id={one}&metric_key=m&max_results=1")).await.ok()), [1]);
    assert_eq!(bulk("run_id=none&metric_key=m".to_owned()).await.ok(), json!({"metrics": []}));
    for wrong in [
        "metric_key=m".to_owned(),
        format!("run_id={one}"),
        "metric_key=m".to_owned() + &"&run_id=a".repeat(101),
    ] {
        assert_eq!(bulk(wrong).await.refused(400), "INVALID_PARAMETER_VALUE");
    }
    server.get(&format!("metrics/get-history-bulk?run_id={one}&metric_key=m")).await.refused(404);
}

#[tokio::test]
async fn a_sampled_history_keeps_its_ends() {
    let server = TestServer::start().await;
    let (one, two) = (new_run(&server).await, new_run(&server).await);
    let points: Vec<_> = (0..7).map(|step| (step, 100 - step, json!(0.5))).collect();
    log(&server, &one, &points).await;
    log(&server, &two, &points[..2]).await;
    let path = format!("metrics/get-history-bulk-interval?run_ids={two}&run_ids={one}&metric_key=m");
    let sampled = async |query: &str| server.get(&format!("{path}&{query}")).await;
    for (query, expected) in [
        ("", &[0, 1, 0, 1, 2, 3, 4, 5, 6][..]),
        ("max_results=3", &[0, 1, 0, 3, 6]),
        ("max_results=1", &[1, 6]),
        ("start_step=1&end_step=3", &[1, 1, 2, 3]),
        ("start_step=5&end_step=99999999999", &[5, 6]),
    ] {
        assert_eq!(steps(&sampled(query).await.ok()), expected, "{query}");
    }
    for wrong in
        ["max_results=0", "max_results=2501", "start_step=1", "end_step=1", "start_step=5&end_step=1"]
    {
        assert_eq!(sampled(wrong).await.refused(400), "INVALID_PARAMETER_VALUE", "{wrong}");
    }
    let nobody = server.get("metrics/get-history-bulk-interval?run_ids=none&metric_key=m").await.ok();
    assert_eq!(nobody, json!({}));
}
