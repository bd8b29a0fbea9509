//! Requests that are sent again under an idempotency key: whatever was lost on the way, each is done once.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tiltyard_domain::{Identity, Timestamp, WorkspaceId, access};
use tiltyard_testkit::{Answer, TestServer};
use tokio::task::JoinSet;

const RUNS: &str = "/api/2.0/mlflow/runs/create";
const MODELS: &str = "/api/2.0/mlflow/registered-models/create";
const VERSIONS: &str = "/api/2.0/mlflow/model-versions/create";
const ROLLBACK: &str = "/api/tiltyard/v1/models/fraud/rollback";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Sends a request under a key. Answers are compared as text: the same answer is the same to the byte.
async fn send(server: &TestServer, path: &str, key: &str, body: &Value) -> (StatusCode, String) {
    let request = server.client.post(format!("{}{path}", server.url)).header("Idempotency-Key", key);
    let response = request.json(body).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[track_caller]
fn ok((status, body): (StatusCode, String)) -> Value {
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn refusal((status, body): (StatusCode, String)) -> Answer {
    Answer { status, body: serde_json::from_str(&body).unwrap() }
}

async fn count(server: &TestServer, search: &str, list: &str, body: Value) -> usize {
    server.post(search, body).await.ok()[list].as_array().map_or(0, Vec::len)
}

async fn runs(server: &TestServer) -> usize {
    count(server, "runs/search", "runs", json!({"experiment_ids": ["0"]})).await
}

/// A model with three versions, of which the second and then the third went to production.
async fn fraud(server: &TestServer) {
    server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
    for _ in 0..3 {
        server
            .post("model-versions/create", json!({"name": "fraud", "source": "s3://elsewhere/a"}))
            .await
            .ok();
    }
    for version in ["1", "2", "3"] {
        let body = json!({"name": "fraud", "version": version, "stage": "Production", "archive_existing_versions": true});
        server.post("model-versions/transition-stage", body).await.ok();
    }
}

#[tokio::test]
async fn each_create_and_a_rollback_are_done_once_and_answered_twice() {
    let server = TestServer::start().await;
    fraud(&server).await;
    let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run_id = run["run"]["info"]["run_id"].as_str().unwrap();
    let description = json!({"artifact_path": "m", "flavors": {}, "utc_time_created": "", "run_id": run_id});
    for (path, body) in [
        ("/api/2.0/mlflow/experiments/create", json!({"name": "e"})),
        (RUNS, json!({"experiment_id": "0", "tags": [{"key": "a", "value": "b"}]})),
        ("/api/2.0/mlflow/runs/log-model", json!({"run_id": run_id, "model_json": description.to_string()})),
        ("/api/2.0/mlflow/logged-models", json!({"experiment_id": "0", "name": "m"})),
        (MODELS, json!({"name": "m"})),
        (VERSIONS, json!({"name": "fraud", "source": "s3://elsewhere/b"})),
        (ROLLBACK, json!({"pointer": {"stage": "Production"}})),
    ] {
        let first = send(&server, path, "\"k\"", &body).await;
        server.clock.advance_ms(1);
        // Quotes belong to the header and not to the key.
        assert_eq!(send(&server, path, "k", &body).await, first, "{path}");
        ok(first);
    }
    assert_eq!(runs(&server).await, 2);
    assert_eq!(count(&server, "experiments/search", "experiments", json!({"max_results": 9})).await, 2);
    let models = json!({"experiment_ids": ["0"]});
    assert_eq!(count(&server, "logged-models/search", "models", models).await, 1);
    assert_eq!(models_of(&server, run_id).await, 1);
    assert_eq!(holders(&server).await, ["2"], "rolled back once, not twice");
}

/// How many models a run says it has logged.
async fn models_of(server: &TestServer, run_id: &str) -> usize {
    let run = server.get(&format!("runs/get?run_id={run_id}")).await.ok();
    let tags = run["run"]["data"]["tags"].as_array().unwrap();
    let tag = tags.iter().find(|tag| tag["key"] == "mlflow.log-model.history").unwrap();
    serde_json::from_str::<Vec<Value>>(tag["value"].as_str().unwrap()).unwrap().len()
}

/// The versions of the model that are in production.
async fn holders(server: &TestServer) -> Vec<Value> {
    let found = server.get("model-versions/search?filter=name%3D%27fraud%27").await.ok();
    let versions = found["model_versions"].as_array().unwrap().iter();
    let held = versions.filter(|version| version["current_stage"] == "Production");
    held.map(|version| version["version"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_at_once_with_one_key_one_is_done_and_all_get_its_answer() {
    let server = std::sync::Arc::new(TestServer::start().await);
    fraud(&server).await;
    for (path, body) in [
        (RUNS, json!({"experiment_id": "0"})),
        (MODELS, json!({"name": "raced"})),
        (VERSIONS, json!({"name": "fraud", "source": "s3://elsewhere/b"})),
        (ROLLBACK, json!({"pointer": {"stage": "Production"}})),
    ] {
        let mut racers = JoinSet::new();
        for _ in 0..16 {
            let (server, body) = (std::sync::Arc::clone(&server), body.clone());
            racers.spawn(async move { send(&server, path, "race", &body).await });
        }
        let answers = racers.join_all().await;
        assert_eq!(answers[0].0, 200, "{path}: {}", answers[0].1);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}");
    }
    assert_eq!(runs(&server).await, 1);
    let next =
        server.post("model-versions/create", json!({"name": "fraud", "source": "s3://elsewhere/a"})).await;
    assert_eq!(next.ok()["model_version"]["version"], "5");
}

#[tokio::test]
async fn a_key_names_one_request_of_one_operation() {
    let server = TestServer::start().await;
    fraud(&server).await;
    server.post("registered-models/create", json!({"name": "other"})).await.ok();
    ok(send(&server, MODELS, "k", &json!({"name": "m"})).await);
    let other = refusal(send(&server, MODELS, "k", &json!({"name": "n"})).await);
    assert_eq!(other.refused(422), "INVALID_PARAMETER_VALUE");
    assert!(
        other.body["message"].as_str().unwrap().contains("'k' came with another request"),
        "{}",
        other.body
    );
    assert_eq!(server.get("registered-models/get?name=n").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    // The same request, written in another way.
    let body = json!({"unknown": 1, "name": "m", "description": null});
    ok(send(&server, "/ajax-api/2.0/mlflow/registered-models/create", "k", &body).await);
    // Another operation has keys of its own.
    ok(send(&server, RUNS, "k", &json!({"experimentId": "0"})).await);
    ok(send(&server, RUNS, "k", &json!({"experiment_id": "0"})).await);
    assert_eq!(runs(&server).await, 1);
    // What stands in the path belongs to the request.
    let pointer = json!({"pointer": {"stage": "Production"}});
    ok(send(&server, ROLLBACK, "k", &pointer).await);
    let path = "/api/tiltyard/v1/models/other/rollback";
    assert_eq!(refusal(send(&server, path, "k", &pointer).await).refused(422), "INVALID_PARAMETER_VALUE");
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let server = TestServer::start().await;
    let version = json!({"name": "late", "source": "s3://elsewhere/a"});
    let early = refusal(send(&server, VERSIONS, "k", &version).await);
    assert_eq!(early.refused(404), "RESOURCE_DOES_NOT_EXIST");
    server.post("registered-models/create", json!({"name": "late"})).await.ok();
    assert_eq!(ok(send(&server, VERSIONS, "k", &version).await)["model_version"]["version"], "1");
}

#[tokio::test]
async fn an_answer_is_given_again_also_when_what_was_made_is_gone() {
    let server = TestServer::start().await;
    let first = send(&server, MODELS, "k", &json!({"name": "m"})).await;
    server
        .send(reqwest::Method::DELETE, "/api/2.0/mlflow/registered-models/delete", Some(json!({"name": "m"})))
        .await
        .ok();
    let server = server.restart().await;
    assert_eq!(send(&server, MODELS, "k", &json!({"name": "m"})).await, first);
    assert_eq!(server.get("registered-models/get?name=m").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
}

#[tokio::test]
async fn an_answer_is_remembered_for_a_day() {
    let server = TestServer::start().await;
    let info = server.send(reqwest::Method::GET, "/api/tiltyard/v1/server", None).await.ok();
    assert_eq!(info["idempotency_key_seconds"], DAY_MS / 1_000);
    let body = json!({"experiment_id": "0"});
    let first = send(&server, RUNS, "k", &body).await;
    server.clock.advance_ms(DAY_MS);
    assert_eq!(send(&server, RUNS, "k", &body).await, first);
    server.clock.advance_ms(1);
    let second = send(&server, RUNS, "k", &body).await;
    assert_ne!(second, first);
    assert_eq!(send(&server, RUNS, "k", &body).await, second);
    assert_eq!(runs(&server).await, 2);
}

#[tokio::test]
async fn old_answers_are_swept_by_the_requests_that_come_later() {
    let server = TestServer::start().await;
    let body = json!({"experiment_id": "0"});
    for number in 0..5 {
        ok(send(&server, RUNS, &format!("k{number}"), &body).await);
    }
    server.clock.advance_ms(DAY_MS + 1);
    ok(send(&server, RUNS, "later", &body).await);
    let permit = access::decide(Identity::local(), access::Action::WriteRuns, WorkspaceId::DEFAULT).unwrap();
    let left = server.store.write(&permit, |tx| tx.forget_answers(Timestamp(i64::MAX), 100)).await.unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_refused_where_keys_count_and_nowhere_else() {
    let server = TestServer::start().await;
    let body = json!({"experiment_id": "0"});
    for bad in ["", "\"\"", "\"open", &"k".repeat(256)] {
        let refused = refusal(send(&server, RUNS, bad, &body).await);
        assert_eq!(refused.refused(400), "INVALID_PARAMETER_VALUE", "{bad}");
        assert_eq!(send(&server, "/api/2.0/mlflow/runs/search", bad, &json!({})).await.0, 200);
    }
    assert_eq!(runs(&server).await, 0);
}
