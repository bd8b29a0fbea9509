//! Logged models over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that reads something else than it expects must fail loudly")]

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_testkit::{Answer, TestServer};

async fn create(server: &TestServer, mut request: Value) -> Value {
    request["experiment_id"] = json!("0");
    server.post("logged-models", request).await.ok()["model"].clone()
}

async fn made(server: &TestServer) -> String {
    create(server, json!({"name": "fraud"})).await["info"]["model_id"].as_str().unwrap().to_owned()
}

async fn call(server: &TestServer, method: Method, path: &str, body: Option<Value>) -> Answer {
    server.send(method, &format!("/api/2.0/mlflow/logged-models/{path}"), body).await
}

#[tokio::test]
async fn a_logged_model_is_made_with_what_the_client_says_of_it() {
    let server = TestServer::start().await;
    let made = create(
        &server,
        json!({
            "name": "fraud", "model_type": "classifier", "source_run_id": "of another server",
            "params": [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}],
            "tags": [{"key": "z", "value": "1"}, {"key": "c"}],
        }),
    )
    .await;
    let id = made["info"]["model_id"].as_str().unwrap();
    assert!(id.len() == 34 && id.starts_with("m-"), "{id}");
    let now = 1_767_225_600_000_i64;
    assert_eq!(
        made,
        json!({
            "info": {
                "model_id": id, "experiment_id": "0", "name": "fraud", "creation_timestamp_ms": now,
                "last_updated_timestamp_ms": now, "artifact_uri": format!("mlflow-artifacts:/0/models/{id}/artifacts"),
                "status": "LOGGED_MODEL_PENDING", "model_type": "classifier", "source_run_id": "of another server",
                "tags": [{"key": "c", "value": ""}, {"key": "z", "value": "1"}],
            },
            "data": {"params": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]},
        })
    );
    assert_eq!(server.get(&format!("logged-models/{id}")).await.ok()["model"], made);
}

#[tokio::test]
async fn what_is_not_said_is_empty_and_a_name_is_made_up() {
    let server = TestServer::start().await;
    for request in [json!({}), json!({"name": ""})] {
        let made = create(&server, request).await;
        assert_eq!((&made["info"]["model_type"], &made["info"]["source_run_id"]), (&json!(""), &json!("")));
        assert_eq!(made["info"]["name"].as_str().unwrap().split('-').count(), 3);
        assert_eq!(made["data"], json!({}));
    }
}

#[tokio::test]
async fn a_model_below_a_location_of_the_clients_keeps_its_query() {
    let server = TestServer::start().await;
    let location = "s3://bucket/path?region=eu";
    let experiment =
        server.post("experiments/create", json!({"name": "far", "artifact_location": location})).await.ok();
    let id = &experiment["experiment_id"];
    let made = server.post("logged-models", json!({"experiment_id": id})).await.ok()["model"]["info"].clone();
    let model_id = made["model_id"].as_str().unwrap();
    assert_eq!(made["artifact_uri"], format!("s3://bucket/path/models/{model_id}/artifacts?region=eu"));
}

#[tokio::test]
async fn names_that_mean_something_else_are_refused_in_mlflows_words() {
    let server = TestServer::start().await;
    for (name, shown) in [
        ("a/b", "'a/b'"),
        ("a:b", "'a:b'"),
        ("a.b", "'a.b'"),
        ("a%b", "'a%b'"),
        ("a'b", "\"a'b\""),
        ("a\n\"b", "'a\\n\"b'"),
    ] {
        let answer = server.post("logged-models", json!({"experiment_id": "0", "name": name})).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE");
        let message = format!(
            "Invalid model name ({shown}) provided. Model name must be a non-empty string and cannot contain the \
             following characters: ('/', ':', '.', '%', '\"', \"'\")"
        );
        assert_eq!(answer.body["message"], message);
    }
}

#[tokio::test]
async fn models_are_made_in_active_experiments_only() {
    let server = TestServer::start().await;
    let experiment =
        server.post("experiments/create", json!({"name": "a"})).await.ok()["experiment_id"].clone();
    server.post("experiments/delete", json!({"experiment_id": experiment})).await.ok();
    for (id, status, code) in [
        (experiment, 400, "INVALID_PARAMETER_VALUE"),
        (json!("999"), 404, "RESOURCE_DOES_NOT_EXIST"),
        (json!("abc"), 400, "INVALID_PARAMETER_VALUE"),
        (json!(""), 400, "INVALID_PARAMETER_VALUE"),
    ] {
        let answer = server.post("logged-models", json!({"experiment_id": id})).await;
        assert_eq!(answer.refused(status), code, "{id}");
    }
}

#[tokio::test]
async fn params_are_logged_once_all_of_them_or_none() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    let log = async |params: Value| {
        let body = json!({"model_id": id, "params": params});
        server.post(&format!("logged-models/{id}/params"), body).await
    };
    log(json!([{"key": "a", "value": "1"}])).await.ok();
    log(json!([])).await.ok();
    for params in [
        json!([{"key": "new", "value": "1"}, {"key": "a", "value": "1"}]),
        json!([{"key": "b", "value": "1"}, {"key": "b", "value": "2"}]),
    ] {
        assert_eq!(log(params).await.refused(400), "BAD_REQUEST");
    }
    let too_long = log(json!([{"key": "k".repeat(501), "value": ""}])).await;
    assert_eq!(too_long.refused(400), "INVALID_PARAMETER_VALUE");
    let shown = server.get(&format!("logged-models/{id}")).await.ok()["model"]["data"].clone();
    assert_eq!(shown, json!({"params": [{"key": "a", "value": "1"}]}));
    let twice =
        json!({"experiment_id": "0", "tags": [{"key": "t", "value": "1"}, {"key": "t", "value": "1"}]});
    assert_eq!(server.post("logged-models", twice).await.refused(400), "BAD_REQUEST");
}

#[tokio::test]
async fn finalizing_changes_the_status_and_the_time() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    server.clock.advance_ms(7);
    for (status, name) in [
        (json!("LOGGED_MODEL_READY"), "LOGGED_MODEL_READY"),
        (json!(3), "LOGGED_MODEL_UPLOAD_FAILED"),
        (json!("1"), "LOGGED_MODEL_PENDING"),
        (json!(0), "LOGGED_MODEL_STATUS_UNSPECIFIED"),
    ] {
        let body = json!({"model_id": id, "status": status});
        let model = call(&server, Method::PATCH, &id, Some(body)).await.ok()["model"].clone();
        assert_eq!(model["info"]["status"], name);
        assert_eq!(model["info"]["last_updated_timestamp_ms"], 1_767_225_600_007_i64);
        assert_eq!(server.get(&format!("logged-models/{id}")).await.ok()["model"], model);
    }
}

#[tokio::test]
async fn finalizing_without_a_status_or_with_another_id_is_refused() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    for body in [
        json!({"model_id": id}),
        json!({"model_id": id, "status": 9}),
        json!({"model_id": id, "status": "READY"}),
        json!({"model_id": "m-other", "status": 2}),
    ] {
        let answer = call(&server, Method::PATCH, &id, Some(body)).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE");
    }
}

#[tokio::test]
async fn tags_are_set_changed_and_deleted() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    let set = async |tags: Value| {
        call(&server, Method::PATCH, &format!("{id}/tags"), Some(json!({"tags": tags}))).await.ok();
    };
    set(json!([{"key": "b", "value": "1"}, {"key": "a", "value": "2"}, {"key": "b", "value": "3"}])).await;
    set(json!([{"key": "a", "value": "4"}, {"key": "a/b c", "value": "5"}])).await;
    set(json!([])).await;
    let tags =
        async || server.get(&format!("logged-models/{id}")).await.ok()["model"]["info"]["tags"].clone();
    assert_eq!(
        tags().await,
        json!([{"key": "a", "value": "4"}, {"key": "a/b c", "value": "5"}, {"key": "b", "value": "3"}])
    );
    for key in ["a%2Fb%20c", "b"] {
        call(&server, Method::DELETE, &format!("{id}/tags/{key}"), None).await.ok();
    }
    assert_eq!(tags().await, json!([{"key": "a", "value": "4"}]));
    let gone = call(&server, Method::DELETE, &format!("{id}/tags/b"), None).await;
    assert_eq!(gone.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(gone.body["message"], format!("No tag with key 'b' found for model with ID '{id}'."));
}

#[tokio::test]
async fn a_deleted_model_is_hidden_unless_it_is_asked_for() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    server.clock.advance_ms(7);
    call(&server, Method::DELETE, &id, None).await.ok();
    call(&server, Method::DELETE, &id, None).await.ok();
    for path in [id.clone(), format!("{id}?allow_deleted=1")] {
        let answer = call(&server, Method::GET, &path, None).await;
        assert_eq!(answer.refused(404), "RESOURCE_DOES_NOT_EXIST");
        assert_eq!(answer.body["message"], format!("Logged model with ID '{id}' not found."));
    }
    let shown = server.get(&format!("logged-models/{id}?allow_deleted=True")).await.ok();
    assert_eq!(shown["model"]["info"]["last_updated_timestamp_ms"], 1_767_225_600_007_i64);
    // MLflow lets deleted models be changed.
    call(&server, Method::PATCH, &id, Some(json!({"model_id": id, "status": 2}))).await.ok();
    let tags = json!({"tags": [{"key": "a", "value": "1"}]});
    call(&server, Method::PATCH, &format!("{id}/tags"), Some(tags)).await.ok();
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_any_call() {
    let server = TestServer::start().await;
    for (method, path, body) in [
        (Method::GET, "m-x", None),
        (Method::DELETE, "m-x", None),
        (Method::PATCH, "m-x", Some(json!({"model_id": "m-x", "status": 2}))),
        (Method::PATCH, "m-x/tags", Some(json!({"tags": []}))),
        (Method::DELETE, "m-x/tags/a", None),
        (Method::POST, "m-x/params", Some(json!({"model_id": "m-x", "params": []}))),
    ] {
        let answer = call(&server, method, path, body).await;
        assert_eq!(answer.refused(404), "RESOURCE_DOES_NOT_EXIST");
        assert_eq!(answer.body["message"], "Logged model with ID 'm-x' not found.");
    }
}

#[tokio::test]
async fn a_model_lists_the_versions_registered_from_it() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
    for _ in 0..2 {
        let version = json!({"name": "fraud", "source": format!("models:/{id}"), "model_id": id});
        server.post("model-versions/create", version).await.ok();
    }
    let shown = server.get(&format!("logged-models/{id}")).await.ok()["model"]["info"]["tags"].clone();
    let versions = r#"[{"name": "fraud", "version": 1}, {"name": "fraud", "version": 2}]"#;
    assert_eq!(shown, json!([{"key": "mlflow.modelVersions", "value": versions}]));
}

async fn versions_tag(server: &TestServer, id: &str) -> String {
    let tags = server.get(&format!("logged-models/{id}")).await.ok()["model"]["info"]["tags"].clone();
    let listed = tags.as_array().unwrap().iter().find(|tag| tag["key"] == "mlflow.modelVersions");
    listed.unwrap()["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_clients_wrote_into_the_list_of_versions_stays() {
    let server = TestServer::start().await;
    let id = made(&server).await;
    server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
    let set = async |value: &str| {
        let tags = json!({"tags": [{"key": "mlflow.modelVersions", "value": value}]});
        call(&server, Method::PATCH, &format!("{id}/tags"), Some(tags)).await.ok();
    };
    let register = async |source: String, model_id: Option<&str>| {
        let version = json!({"name": "fraud", "source": source, "model_id": model_id});
        server.post("model-versions/create", version).await.ok();
    };
    set(r#"[{"name": "fraud", "version": "7"}]"#).await;
    register(format!("models:/{id}"), Some(&id)).await;
    let expected = r#"[{"name": "fraud", "version": "7"}, {"name": "fraud", "version": 1}]"#;
    assert_eq!(versions_tag(&server, &id).await, expected);
    register("models:/fraud/1".to_owned(), None).await;
    assert_eq!(versions_tag(&server, &id).await, expected, "a copy is not listed");
    set("no list").await;
    register(format!("models:/{id}"), Some(&id)).await;
    assert_eq!(versions_tag(&server, &id).await, "no list");
}
