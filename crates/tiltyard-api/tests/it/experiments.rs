//! Experiments over HTTP.

use std::sync::Arc;

use serde_json::json;
use tiltyard_domain::entity::NewExperiment;
use tiltyard_domain::{Identity, WorkspaceId, access};
use tiltyard_registry::{Context, Once, Outcome, Settings, experiments};
use tiltyard_testkit::{MovingClock, TestServer};

#[tokio::test]
async fn an_experiment_is_made_renamed_tagged_deleted_and_restored() {
    let server = TestServer::start().await;
    let made = server
        .post("experiments/create", json!({"name": "fraud", "tags": [{"key": "team", "value": "risk"}]}))
        .await
        .ok();
    let id = made["experiment_id"].as_str().unwrap().to_owned();
    server.clock.advance_ms(5);
    server.post("experiments/update", json!({"experiment_id": id, "new_name": "fraud-eu"})).await.ok();
    server
        .post("experiments/set-experiment-tag", json!({"experimentId": id, "key": "owner", "value": "ada"}))
        .await
        .ok();
    let shown = server.get("experiments/get-by-name?experiment_name=fraud-eu").await.ok();
    let experiment = &shown["experiment"];
    assert_eq!(experiment["artifact_location"], format!("mlflow-artifacts:/{id}"));
    assert_eq!(experiment["lifecycle_stage"], "active");
    assert_eq!(
        experiment["last_update_time"].as_i64().unwrap() - experiment["creation_time"].as_i64().unwrap(),
        5
    );
    assert_eq!(
        experiment["tags"],
        json!([{"key": "owner", "value": "ada"}, {"key": "team", "value": "risk"}])
    );
    server.post("experiments/delete", json!({"experiment_id": id})).await.ok();
    let again = server.post("experiments/delete", json!({"experiment_id": id})).await;
    assert_eq!(again.refused(404), "RESOURCE_DOES_NOT_EXIST");
    server.post("experiments/restore", json!({"experiment_id": id})).await.ok();
    assert_eq!(
        server.get(&format!("experiments/get?experiment_id={id}")).await.ok()["experiment"]["lifecycle_stage"],
        "active"
    );
}

/// In a rolling restart that names another root for artifacts, both servers work on one database for a while.
#[tokio::test]
async fn roots_that_another_server_brings_are_shown_at_once() {
    let server = TestServer::start().await;
    let settings = Settings { default_artifact_root: "s3://new/root/".to_owned(), ..Settings::default() };
    let newer = Context::open(server.store.clone(), Arc::new(MovingClock::new()), settings).await.unwrap();
    let permit = access::decide(Identity::local(), access::Action::WriteRuns, WorkspaceId::DEFAULT).unwrap();
    let new = NewExperiment { name: "theirs".to_owned(), location: None, tags: Vec::new() };
    let Outcome::Done(id) = experiments::create(&newer, &permit, new, Once::without_key()).await.unwrap()
    else {
        panic!("it was made before")
    };
    let id = id.to_string();
    let shown = server.get(&format!("experiments/get?experiment_id={id}")).await.ok();
    assert_eq!(shown["experiment"]["artifact_location"], format!("s3://new/root/{id}"));
    let run = server.post("runs/create", json!({"experiment_id": id})).await.ok();
    let run_id = run["run"]["info"]["run_id"].as_str().unwrap();
    let place = format!("s3://new/root/{id}/{run_id}/artifacts");
    assert_eq!(run["run"]["info"]["artifact_uri"], place);
    let found = server.post("runs/search", json!({"experiment_ids": [id]})).await.ok();
    assert_eq!(found["runs"][0]["info"]["artifact_uri"], place);
}

#[tokio::test]
async fn a_taken_name_is_refused_also_when_its_holder_is_deleted() {
    let server = TestServer::start().await;
    let id = server.post("experiments/create", json!({"name": "a"})).await.ok()["experiment_id"].clone();
    assert_eq!(
        server.post("experiments/create", json!({"name": "a"})).await.refused(400),
        "RESOURCE_ALREADY_EXISTS"
    );
    server.post("experiments/delete", json!({"experiment_id": id})).await.ok();
    assert_eq!(
        server.post("experiments/create", json!({"name": "a"})).await.refused(400),
        "RESOURCE_ALREADY_EXISTS"
    );
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let server = TestServer::start().await;
    let id = server.post("experiments/create", json!({"name": "kept"})).await.ok()["experiment_id"].clone();
    let server = server.restart().await;
    assert_eq!(
        server.get("experiments/get-by-name?experiment_name=kept").await.ok()["experiment"]["experiment_id"],
        id
    );
    assert_eq!(server.get("experiments/get?experiment_id=0").await.ok()["experiment"]["name"], "Default");
}

#[tokio::test]
async fn unknown_routes_and_verbs_answer_so_that_clients_fall_back() {
    let server = TestServer::start().await;
    assert_eq!(server.get("traces/no-such").await.refused(404), "ENDPOINT_NOT_FOUND");
    assert_eq!(server.get("experiments/create").await.refused(404), "ENDPOINT_NOT_FOUND");
}

/// Whoever logs into such an experiment would send its files to that host, and the server would look for them in its own store.
#[tokio::test]
async fn an_experiment_at_a_foreign_host_is_refused() {
    let server = TestServer::start().await;
    for location in [
        "http://evil.example/api/2.0/mlflow-artifacts/artifacts/q",
        "HTTPS://evil.example/q",
        "mlflow-artifacts://other/q",
        "http://169.254.169.254/latest",
        "ftp://u:p@h/x",
        "hdfs://h/x",
    ] {
        let body = json!({"name": "e", "artifact_location": location});
        let answer = server.post("experiments/create", body).await;
        assert_eq!(answer.refused(400), "INVALID_PARAMETER_VALUE", "{location}");
    }
    server
        .post("experiments/create", json!({"name": "e", "artifact_location": "mlflow-artifacts:/q"}))
        .await
        .ok();
}
