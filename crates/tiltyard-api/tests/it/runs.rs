//! Runs over HTTP: what may be done to them, and what may not.

#![expect(clippy::unwrap_used, reason = "a test that reads something else than it expects must fail loudly")]

use serde_json::{Value, json};
use tiltyard_testkit::TestServer;

pub(crate) async fn new_run(server: &TestServer) -> String {
    let made = server.post("runs/create", json!({"experiment_id": "0", "run_name": "first"})).await.ok();
    made["run"]["info"]["run_id"].as_str().unwrap().to_owned()
}

pub(crate) async fn get_run(server: &TestServer, run_id: &str) -> Value {
    server.get(&format!("runs/get?run_id={run_id}")).await.ok()["run"].clone()
}

#[tokio::test]
async fn a_new_run_looks_as_mlflow_shows_it() {
    let server = TestServer::start().await;
    let body = json!({
        "experiment_id": "0", "user_id": "ada", "run_name": "first", "start_time": 7,
        "tags": [{"key": "a;b", "value": "1"}],
    });
    let run = server.post("runs/create", body).await.ok()["run"].clone();
    let run_id = run["info"]["run_id"].as_str().unwrap();
    assert_eq!(run_id.len(), 32);
    let expected = json!({
        "info": {
            "run_uuid": run_id, "run_id": run_id, "experiment_id": "0", "run_name": "first", "user_id": "ada",
            "status": "RUNNING", "start_time": 7, "lifecycle_stage": "active",
            "artifact_uri": format!("mlflow-artifacts:/0/{run_id}/artifacts"),
        },
        "data": {"tags": [{"key": "a;b", "value": "1"}, {"key": "mlflow.runName", "value": "first"}]},
        "inputs": {},
    });
    assert_eq!(run, expected);
    let mut shown = expected;
    shown["outputs"] = json!({});
    assert_eq!(get_run(&server, run_id).await, shown);
}

#[tokio::test]
async fn a_run_without_a_name_gets_one_that_is_also_a_tag() {
    let server = TestServer::start().await;
    let run = server.post("runs/create", json!({})).await.ok()["run"].clone();
    let name = run["info"]["run_name"].as_str().unwrap();
    assert_eq!(name.split('-').count(), 3, "{name}");
    assert_eq!(run["data"]["tags"], json!([{"key": "mlflow.runName", "value": name}]));
    assert_eq!(run["info"]["start_time"], 0);
    let two = json!({"run_name": "n", "tags": [{"key": "mlflow.runName", "value": "m"}]});
    let refused = server.post("runs/create", two).await;
    assert_eq!(refused.refused(400), "INVALID_PARAMETER_VALUE");
}

#[tokio::test]
async fn runs_are_made_in_active_experiments_only() {
    let server = TestServer::start().await;
    assert_eq!(
        server.post("runs/create", json!({"experiment_id": "999"})).await.refused(404),
        "RESOURCE_DOES_NOT_EXIST"
    );
    assert_eq!(
        server.post("runs/create", json!({"experiment_id": "abc"})).await.refused(400),
        "INVALID_PARAMETER_VALUE"
    );
    let id = server.post("experiments/create", json!({"name": "e"})).await.ok()["experiment_id"].clone();
    let run = server.post("runs/create", json!({"experiment_id": id})).await.ok()["run"]["info"].clone();
    server.post("experiments/delete", json!({"experiment_id": id})).await.ok();
    let refused = server.post("runs/create", json!({"experiment_id": id})).await;
    assert_eq!(refused.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(
        refused.body["message"],
        "The experiment 1 must be in the 'active' state. Current state is deleted."
    );
    let log = json!({"run_id": run["run_id"], "key": "m", "value": 1, "timestamp": 1});
    server.post("runs/log-metric", log.clone()).await.refused(400);
    server.post("runs/restore", json!({"run_id": run["run_id"]})).await.ok();
    server.post("runs/log-metric", log).await.ok();
}

#[tokio::test]
async fn the_name_and_its_tag_follow_each_other() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let names = async || {
        let run = get_run(&server, &run_id).await;
        (run["info"]["run_name"].clone(), run["data"]["tags"][0]["value"].clone())
    };
    let info = server
        .post("runs/update", json!({"run_id": run_id, "run_name": "b", "status": "FINISHED", "end_time": 99}))
        .await
        .ok()["run_info"]
        .clone();
    assert_eq!(
        (&info["run_name"], &info["status"], &info["end_time"]),
        (&json!("b"), &json!("FINISHED"), &json!(99))
    );
    assert_eq!(names().await, (json!("b"), json!("b")));
    let tag = json!({"run_id": run_id, "key": "mlflow.runName", "value": "c"});
    server.post("runs/set-tag", tag).await.ok();
    assert_eq!(names().await, (json!("c"), json!("c")));
    for (path, body) in [
        ("runs/update", json!({"run_id": run_id, "run_name": ""})),
        ("runs/set-tag", json!({"run_id": run_id, "key": "mlflow.runName"})),
        ("runs/log-batch", json!({"run_id": run_id, "tags": [{"key": "mlflow.runName", "value": ""}]})),
    ] {
        server.post(path, body).await.ok();
        assert_eq!(names().await, (json!("c"), json!("c")), "{path}");
    }
    server.post("runs/delete-tag", json!({"run_id": run_id, "key": "mlflow.runName"})).await.ok();
    assert_eq!(names().await, (json!("c"), Value::Null));
}

#[tokio::test]
async fn a_deleted_run_is_shown_and_refuses_every_change() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    for _ in 0..2 {
        server.post("runs/delete", json!({"run_id": run_id})).await.ok();
    }
    assert_eq!(get_run(&server, &run_id).await["info"]["lifecycle_stage"], "deleted");
    for (path, body) in changes(&run_id) {
        let refused = server.post(path, body).await;
        assert_eq!(refused.refused(400), "INVALID_PARAMETER_VALUE", "{path}");
        let expected = format!("The run {run_id} must be in the 'active' state. Current state is deleted.");
        assert_eq!(refused.body["message"], expected);
    }
    for _ in 0..2 {
        server.post("runs/restore", json!({"run_id": run_id})).await.ok();
    }
    for (path, body) in changes(&run_id) {
        server.post(path, body).await.ok();
    }
}

#[tokio::test]
async fn a_run_that_is_not_there_is_not_found() {
    let server = TestServer::start().await;
    let mut calls = changes("none").to_vec();
    calls.push(("runs/delete", json!({"run_id": "none"})));
    calls.push(("runs/restore", json!({"run_id": "none"})));
    for (path, body) in calls {
        let refused = server.post(path, body).await;
        assert_eq!(refused.refused(404), "RESOURCE_DOES_NOT_EXIST", "{path}");
        assert_eq!(refused.body["message"], "Run with id=none not found");
    }
    server.get("runs/get?run_id=none").await.refused(404);
    server.get("runs/get").await.refused(400);
}

/// Every change of a run that must be active; the last one needs the one before.
fn changes(run_id: &str) -> [(&'static str, Value); 6] {
    [
        ("runs/update", json!({"run_id": run_id, "status": "FAILED"})),
        ("runs/log-metric", json!({"run_id": run_id, "key": "m", "value": 1, "timestamp": 1})),
        ("runs/log-parameter", json!({"run_id": run_id, "key": "p", "value": "1"})),
        ("runs/log-batch", json!({"run_id": run_id})),
        ("runs/set-tag", json!({"run_id": run_id, "key": "t", "value": "1"})),
        ("runs/delete-tag", json!({"run_id": run_id, "key": "t"})),
    ]
}

#[tokio::test]
async fn a_param_may_be_said_again_and_never_changed() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let log = |value: String| {
        server.post("runs/log-parameter", json!({"run_id": run_id, "key": "p", "value": value}))
    };
    log("1".to_owned()).await.ok();
    log("1".to_owned()).await.ok();
    let refused = log("2".to_owned()).await;
    assert_eq!(refused.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(
        refused.body["message"],
        format!(
            "Changing param values is not allowed. Param with key='p' was already logged with value='1' \
             for run ID='{run_id}'. Attempted logging new value '2'."
        )
    );
    let too_long = |length| json!({"run_id": run_id, "key": "long", "value": "x".repeat(length)});
    server.post("runs/log-parameter", too_long(6_001)).await.ok();
    server.post("runs/log-parameter", too_long(7_000)).await.ok();
    let params = get_run(&server, &run_id).await["data"]["params"].clone();
    assert_eq!(params[0]["value"].as_str().unwrap().len(), 6_000);
    assert_eq!(params[1], json!({"key": "p", "value": "1"}));
}

fn metric(key: &str, value: &Value) -> Value {
    json!({"key": key, "value": value, "timestamp": 1, "step": 0})
}

#[tokio::test]
async fn a_batch_is_logged_whole_and_again_without_harm() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let body = json!({
        "run_id": run_id,
        "metrics": [metric("a", &json!(2)), metric("a", &json!(1)), metric("b", &json!("NaN"))],
        "params": [{"key": "p", "value": "1"}],
        "tags": [{"key": "t", "value": "1"}, {"key": "t", "value": "2"}, {"key": "mlflow.runName", "value": "new"}],
    });
    server.post("runs/log-batch", body.clone()).await.ok();
    server.post("runs/log-batch", body).await.ok();
    let run = get_run(&server, &run_id).await;
    assert_eq!(run["info"]["run_name"], "new");
    let data = json!({
        "metrics": [metric("a", &json!(2.0)), metric("b", &json!("NaN"))],
        "params": [{"key": "p", "value": "1"}],
        "tags": [{"key": "mlflow.runName", "value": "new"}, {"key": "t", "value": "2"}],
    });
    assert_eq!(run["data"], data);
}

#[tokio::test]
async fn a_batch_with_one_fault_leaves_nothing() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    server
        .post("runs/log-batch", json!({"run_id": run_id, "params": [{"key": "p", "value": "1"}]}))
        .await
        .ok();
    let before = get_run(&server, &run_id).await;
    for (broken, message) in [
        (
            json!({"params": [{"key": "q", "value": "1"}, {"key": "p", "value": "it's"}]}),
            "'new_value': \"it's\"}]'",
        ),
        (
            json!({"metrics": [metric("c", &json!(1)), metric("c;", &json!(1))]}),
            "for parameter 'metrics[1].name'",
        ),
        (
            json!({"tags": [{"key": "..", "value": "1"}], "params": [{"key": "r", "value": "1"}]}),
            "'tags[0].key'",
        ),
        (
            json!({"params": [{"key": "q", "value": "1"}, {"key": "q", "value": "1"}]}),
            "keys have been submitted: ['q']",
        ),
        (json!({"metrics": [{"key": "c", "value": 1, "timestamp": 1, "model_id": "m-x"}]}), "'m-x'"),
    ] {
        let mut body = broken;
        body["run_id"] = json!(run_id);
        let refused = server.post("runs/log-batch", body).await;
        refused.refused(400);
        assert!(refused.body["message"].as_str().unwrap().contains(message), "{}", refused.body);
        assert_eq!(get_run(&server, &run_id).await, before);
    }
}
