//! What runs read and made, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that reads something else than it expects must fail loudly")]

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_testkit::{Answer, TestServer};

use crate::runs::{get_run, new_run};

fn dataset(name: &str) -> Value {
    json!({"name": name, "digest": "d", "source_type": "local", "source": "/data"})
}

async fn log_inputs(server: &TestServer, run_id: &str, datasets: Value) -> Answer {
    server.post("runs/log-inputs", json!({"run_id": run_id, "datasets": datasets})).await
}

async fn names(server: &TestServer, run_id: &str) -> Vec<String> {
    let inputs = get_run(server, run_id).await["inputs"]["dataset_inputs"].clone();
    let name = |input: &Value| input["dataset"]["name"].as_str().unwrap().to_owned();
    inputs.as_array().map_or_else(Vec::new, |inputs| inputs.iter().map(name).collect())
}

#[tokio::test]
async fn a_run_shows_the_data_sets_it_read_with_their_tags() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let tags = json!([{"key": "z", "value": "1"}, {"key": "mlflow.data.context", "value": "train"}]);
    let mut second = dataset("a");
    second["schema"] = json!("");
    second["profile"] = json!("rows: 3");
    let inputs = json!([{"dataset": dataset("b"), "tags": tags}, {"dataset": second}]);
    assert_eq!(log_inputs(&server, &run_id, inputs).await.ok(), json!({}));
    second.as_object_mut().unwrap().remove("schema");
    let tags = json!([{"key": "mlflow.data.context", "value": "train"}, {"key": "z", "value": "1"}]);
    let expected = json!({"dataset_inputs": [{"tags": tags, "dataset": dataset("b")}, {"dataset": second}]});
    assert_eq!(get_run(&server, &run_id).await["inputs"], expected);
}

#[tokio::test]
async fn data_sets_stand_in_the_order_in_which_the_run_logged_them_once_each() {
    let server = TestServer::start().await;
    let (first, second) = (new_run(&server).await, new_run(&server).await);
    log_inputs(&server, &first, json!([{"dataset": dataset("b")}, {"dataset": dataset("a")}])).await.ok();
    let inputs = json!([{"dataset": dataset("z")}, {"dataset": dataset("a")}, {"dataset": dataset("z")}]);
    log_inputs(&server, &second, inputs).await.ok();
    log_inputs(&server, &second, json!([{"dataset": dataset("c")}, {"dataset": dataset("b")}])).await.ok();
    assert_eq!(names(&server, &first).await, ["b", "a"]);
    assert_eq!(names(&server, &second).await, ["z", "a", "c", "b"]);
}

#[tokio::test]
async fn what_was_said_first_of_a_data_set_stands() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let first = json!([{"dataset": dataset("a"), "tags": [{"key": "k", "value": "1"}]}]);
    log_inputs(&server, &run_id, first).await.ok();
    let mut other = dataset("a");
    other["source"] = json!("elsewhere");
    // MLflow does not even look at the tags of a use it knows.
    let tags = json!([{"key": "x", "value": "1"}, {"key": "x", "value": "2"}]);
    log_inputs(&server, &run_id, json!([{"dataset": other, "tags": tags}])).await.ok();
    let shown = get_run(&server, &run_id).await["inputs"]["dataset_inputs"].clone();
    assert_eq!(shown, json!([{"dataset": dataset("a"), "tags": [{"key": "k", "value": "1"}]}]));
}

#[tokio::test]
async fn an_absent_data_set_reads_as_an_empty_one() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    log_inputs(&server, &run_id, json!([{"tags": []}])).await.ok();
    assert_eq!(names(&server, &run_id).await, [""]);
}

#[tokio::test]
async fn a_refused_data_set_leaves_nothing_of_its_request() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let tag = |key: &str, value: &str| json!([{"key": key, "value": value}]);
    let with = |field: &str, length: usize| {
        let mut dataset = dataset("a");
        dataset[field] = json!("x".repeat(length));
        json!({"dataset": dataset})
    };
    for (input, message) in [
        (with("name", 501), "'name' exceeds the maximum length of 500 characters"),
        (with("digest", 37), "'digest' exceeds the maximum length of 36 characters"),
        (with("source", 65_536), "'source' exceeds the maximum length of 65535 characters"),
        (with("schema", 1_048_576), "'schema' exceeds the maximum length of 1048575 characters"),
        (
            json!({"dataset": dataset("a"), "tags": tag(&"k".repeat(256), "")}),
            "'key' exceeds the maximum length of 255 characters",
        ),
        (
            json!({"dataset": dataset("a"), "tags": tag("k", &"v".repeat(501))}),
            "'value' exceeds the maximum length of 500 characters",
        ),
    ] {
        let answer = log_inputs(&server, &run_id, json!([{"dataset": dataset("b")}, input])).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE");
        assert_eq!(answer.body["message"], message);
    }
    let twice = json!([{"key": "k", "value": "1"}, {"key": "k", "value": "1"}]);
    let inputs = json!([{"dataset": dataset("b")}, {"dataset": dataset("c"), "tags": twice}]);
    assert_eq!(log_inputs(&server, &run_id, inputs).await.refused(400), "BAD_REQUEST");
    assert!(names(&server, &run_id).await.is_empty());
}

#[tokio::test]
async fn a_run_shows_the_models_it_read_and_made() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    for _ in 0..2 {
        let models = json!([{"model_id": "m-b"}, {"model_id": "m-a"}, {"model_id": "m-b"}]);
        server.post("runs/log-inputs", json!({"run_id": run_id, "models": models})).await.ok();
    }
    let models = json!([{"model_id": "m-z", "step": 3}, {"model_id": "m-a"}]);
    server.post("runs/outputs", json!({"run_id": run_id, "models": models})).await.ok();
    server.post("runs/outputs", json!({"run_id": run_id, "models": []})).await.ok();
    let run = get_run(&server, &run_id).await;
    assert_eq!(run["inputs"], json!({"model_inputs": [{"model_id": "m-a"}, {"model_id": "m-b"}]}));
    let made = json!([{"model_id": "m-a", "step": 0}, {"model_id": "m-z", "step": 3}]);
    assert_eq!(run["outputs"], json!({"model_outputs": made}));
}

#[tokio::test]
async fn a_model_is_made_by_a_run_once() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let log =
        async |models: Value| server.post("runs/outputs", json!({"run_id": run_id, "models": models})).await;
    log(json!([{"model_id": "m-a", "step": 1}])).await.ok();
    for models in [
        json!([{"model_id": "m-b"}, {"model_id": "m-a", "step": 2}]),
        json!([{"model_id": "m-b", "step": 1}, {"model_id": "m-b", "step": 2}]),
    ] {
        assert_eq!(log(models).await.refused(400), "BAD_REQUEST");
    }
    let absent = server.post("runs/outputs", json!({"run_id": run_id})).await;
    assert_eq!(absent.refused(400), "INVALID_PARAMETER_VALUE");
    let made = get_run(&server, &run_id).await["outputs"].clone();
    assert_eq!(made, json!({"model_outputs": [{"model_id": "m-a", "step": 1}]}));
}

#[tokio::test]
async fn runs_that_are_deleted_or_not_there_take_no_lineage() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    server.post("runs/delete", json!({"run_id": run_id})).await.ok();
    let model =
        json!({"artifact_path": "m", "flavors": {}, "utc_time_created": "", "run_id": "r"}).to_string();
    for (path, rest) in [
        ("runs/log-inputs", json!({"models": [{"model_id": "m"}]})),
        ("runs/outputs", json!({"models": [{"model_id": "m"}]})),
        ("runs/log-model", json!({"model_json": model})),
    ] {
        let call = async |run_id: &str| {
            let mut body = rest.clone();
            body["run_id"] = json!(run_id);
            server.post(path, body).await
        };
        let deleted = call(&run_id).await;
        assert_eq!(deleted.refused(400), "INVALID_PARAMETER_VALUE");
        let message = format!("The run {run_id} must be in the 'active' state. Current state is deleted.");
        assert_eq!(deleted.body["message"], message);
        let missing = call("none").await;
        assert_eq!(missing.refused(404), "RESOURCE_DOES_NOT_EXIST");
        assert_eq!(missing.body["message"], "Run with id=none not found");
        assert_eq!(call("").await.refused(400), "INVALID_PARAMETER_VALUE");
    }
    let odd = log_inputs(&server, "a b", json!([])).await;
    assert_eq!(odd.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(odd.body["message"], "Invalid value \"a b\" for parameter 'run_id' supplied.");
}

#[tokio::test]
async fn the_models_of_older_clients_are_listed_in_a_tag() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let model = r#"{"artifact_path": "m", "flavors": {"sklearn": {"code": null, "config": {}}},
        "utc_time_created": "2024-01-01", "run_id": "r", "model_uuid": "u", "signature": {}}"#;
    for _ in 0..2 {
        server.post("runs/log-model", json!({"run_id": run_id, "model_json": model})).await.ok();
    }
    let entry = r#"{"run_id": "r", "artifact_path": "m", "utc_time_created": "2024-01-01", "model_uuid": "u", "flavors": {"sklearn": {"code": null}}}"#;
    let tags = get_run(&server, &run_id).await["data"]["tags"].clone();
    assert_eq!(tags[0], json!({"key": "mlflow.log-model.history", "value": format!("[{entry}, {entry}]")}));
}

#[tokio::test]
async fn descriptions_and_tags_that_hold_no_models_are_refused() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let log = async |json: &str| {
        let answer = server.post("runs/log-model", json!({"run_id": run_id, "model_json": json})).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE", "{json}");
    };
    for json in ["", "{", "[]", "3", "{}", r#"{"artifact_path": "m", "flavors": {}, "run_id": "r"}"#] {
        log(json).await;
    }
    let tag = json!({"run_id": run_id, "key": "mlflow.log-model.history", "value": "{}"});
    server.post("runs/set-tag", tag).await.ok();
    log(r#"{"artifact_path": "m", "flavors": {}, "utc_time_created": "", "run_id": "r"}"#).await;
}

#[tokio::test]
async fn the_data_sets_of_experiments_are_listed_once_for_each_context() {
    let server = TestServer::start().await;
    let (first, second) = (new_run(&server).await, new_run(&server).await);
    let used = |name: &str, context: &str| json!({"dataset": dataset(name), "tags": [{"key": "mlflow.data.context", "value": context}]});
    let inputs = json!([used("b", "train"), {"dataset": dataset("a")}]);
    log_inputs(&server, &first, inputs).await.ok();
    let inputs = json!([used("b", "eval"), used("z", "train"), {"dataset": dataset("a")}]);
    log_inputs(&server, &second, inputs).await.ok();
    server.post("runs/delete", json!({"run_id": second})).await.ok();
    let found = |name: &str| json!({"experiment_id": "0", "name": name, "digest": "d"});
    let in_context = |name: &str, context: &str| {
        let mut found = found(name);
        found["context"] = json!(context);
        found
    };
    let expected =
        json!([found("a"), in_context("b", "eval"), in_context("b", "train"), in_context("z", "train")]);
    for path in
        ["/ajax-api/2.0/mlflow/experiments/search-datasets", "/api/2.0/mlflow/experiments/search-datasets"]
    {
        let body = json!({"experiment_ids": ["0", "0", "99"]});
        let answer = server.send(Method::POST, path, Some(body)).await.ok();
        assert_eq!(answer, json!({"dataset_summaries": expected}));
    }
}

#[tokio::test]
async fn a_search_for_data_sets_names_one_to_twenty_experiments() {
    let server = TestServer::start().await;
    for (ids, message) in [
        (json!([]), "SearchDatasets request must specify at least one experiment_id."),
        (
            json!(vec!["1"; 21]),
            "SearchDatasets request cannot specify more than 20 experiment_ids. Received 21 experiment_ids.",
        ),
        (json!(["x"]), "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
        (json!([""]), "Invalid experiment ID ''. Experiment ID must be a valid integer."),
    ] {
        let answer = server.post("experiments/search-datasets", json!({"experiment_ids": ids})).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE");
        assert_eq!(answer.body["message"], message);
    }
}

#[tokio::test]
async fn a_logged_model_shows_the_metrics_that_runs_logged_about_it() {
    let server = TestServer::start().await;
    let run_id = new_run(&server).await;
    let made = server.post("logged-models", json!({"experiment_id": "0"})).await.ok();
    let model_id = made["model"]["info"]["model_id"].as_str().unwrap();
    let log = async |key: &str, value: Value, time: i64, data: Value| {
        let mut body =
            json!({"run_id": run_id, "key": key, "value": value, "timestamp": time, "model_id": model_id});
        body.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        server.post("runs/log-metric", body).await.ok();
    };
    log("b", json!(1.0), 5, json!({})).await;
    log("b", json!(2.0), 4, json!({"step": 1})).await;
    log("a", json!("NaN"), 5, json!({"dataset_name": "n", "dataset_digest": "d"})).await;
    let shown = server.get(&format!("logged-models/{model_id}")).await.ok()["model"]["data"].clone();
    let point = |key: &str, value: Value, time: i64, step: i64| json!({"key": key, "value": value, "timestamp": time, "step": step, "model_id": model_id, "run_id": run_id});
    let mut measured = point("a", json!("NaN"), 5, 0);
    measured["dataset_name"] = json!("n");
    measured["dataset_digest"] = json!("d");
    let expected = json!([point("b", json!(2.0), 4, 1), measured, point("b", json!(1.0), 5, 0)]);
    assert_eq!(shown, json!({"metrics": expected}));
}
