//! The client against a server that says what the test tells it to.

mod fake_server;

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fake_server::{FakeServer, LOST};
use tiltyard_client::{Client, ClientError, Credentials, Progress};
use tiltyard_wire::mlflow::experiments::SearchExperiments;
use tiltyard_wire::mlflow::models::{CreateRegisteredModel, DeleteRegisteredModel, GetRegisteredModel};
use tiltyard_wire::v1::pointers::NamedModel;

fn model(name: &str) -> GetRegisteredModel {
    GetRegisteredModel { name: name.to_owned() }
}

fn counted() -> (Arc<AtomicU64>, Progress) {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    (
        count,
        Arc::new(move |bytes| {
            counter.fetch_add(bytes, Ordering::Relaxed);
        }),
    )
}

#[tokio::test]
async fn a_reading_call_travels_in_the_query_and_brings_its_answer() {
    let server =
        FakeServer::answering([(200, r#"{"registered_model": {"name": "a b", "new_field": 1}}"#)]).await;
    let answer = Client::new(&server.address).unwrap().send(&model("a b")).await.unwrap();
    assert_eq!(answer.registered_model.name, "a b");
    assert_eq!(
        server.requests().await[0].lines().next(),
        Some("GET /api/2.0/mlflow/registered-models/get?name=a+b HTTP/1.1")
    );
}

#[tokio::test]
async fn a_changing_call_travels_in_the_body_with_credentials() {
    let server = FakeServer::answering([(200, "{}")]).await;
    let client = Client::new(&server.address).unwrap().with_credentials(Credentials::Token("secret".into()));
    client.send(&DeleteRegisteredModel { name: "m".into() }).await.unwrap();
    let request = server.requests().await.remove(0);
    assert!(request.starts_with("DELETE /api/2.0/mlflow/registered-models/delete HTTP/1.1"), "{request}");
    assert!(request.contains("authorization: Bearer secret"), "{request}");
    assert!(request.ends_with(r#"{"name":"m"}"#), "{request}");
}

#[tokio::test]
async fn names_in_paths_stay_one_segment() {
    let server = FakeServer::answering([(200, r#"{"entries": []}"#); 2]).await;
    let client = Client::new(&format!("{}/prefix", server.address)).unwrap();
    client.send(&NamedModel { name: "../m".into() }).await.unwrap();
    client.send(&NamedModel { name: "a/b?c".into() }).await.unwrap();
    let requests = server.requests().await;
    for (request, name) in requests.iter().zip(["..%2Fm", "a%2Fb%3Fc"]) {
        let expected = format!("GET /prefix/api/tiltyard/v1/models/{name}/history ");
        assert!(request.starts_with(&expected), "{request}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_by_calls_that_only_read() {
    let server = FakeServer::answering([(503, ""), (429, ""), (200, r#"{"experiments": []}"#)]).await;
    let client = Client::new(&server.address).unwrap();
    client.send(&SearchExperiments { max_results: Some(1), ..SearchExperiments::default() }).await.unwrap();
    assert_eq!(server.requests().await.len(), 3);
}

#[tokio::test]
async fn a_call_that_changes_something_is_sent_once() {
    let server = FakeServer::answering([(503, ""), (200, "{}")]).await;
    let delete = DeleteRegisteredModel { name: "m".into() };
    let error = Client::new(&server.address).unwrap().send(&delete).await.unwrap_err();
    assert!(matches!(error, ClientError::Refused { status: 503, .. }), "{error}");
    assert_eq!(server.requests().await.len(), 1);
}

/// The idempotency key that came with a request.
fn key(request: &str) -> &str {
    request.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap_or_default()
}

fn create() -> CreateRegisteredModel {
    CreateRegisteredModel { name: "m".into(), ..CreateRegisteredModel::default() }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_repeated_under_its_key_where_keys_count() {
    let (knows, made) =
        ((200, r#"{"idempotency_key_seconds": 86400}"#), (200, r#"{"registered_model": {"name": "m"}}"#));
    let server = FakeServer::answering([LOST, LOST, knows, (503, ""), made, made]).await;
    let client = Client::new(&server.address).unwrap();
    assert_eq!(client.send(&create()).await.unwrap().registered_model.name, "m");
    client.send(&create()).await.unwrap();
    let requests = server.requests().await;
    assert!(requests[2].starts_with("GET /api/tiltyard/v1/server HTTP/1.1"), "{}", requests[2]);
    assert!(key(&requests[0]).starts_with('"') && key(&requests[0]).len() == 38, "{}", requests[0]);
    assert_eq!([key(&requests[3]), key(&requests[4])], [key(&requests[0]); 2]);
    assert_ne!(key(&requests[5]), key(&requests[0]));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_sent_once_to_a_server_that_knows_no_keys() {
    let server = FakeServer::answering([LOST, (404, ""), (200, "{}")]).await;
    let error = Client::new(&server.address).unwrap().send(&create()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert_eq!(server.requests().await.len(), 2);
}

#[tokio::test]
async fn a_refusal_carries_status_code_and_words() {
    let body = r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No model m.", "sqlstate": "x"}"#;
    let server = FakeServer::answering([(404, body), (404, "<html>"), (405, "")]).await;
    let client = Client::new(&server.address).unwrap();
    let missing = client.send(&model("m")).await.unwrap_err();
    assert_eq!(missing.to_string(), "No model m.");
    assert!(matches!(missing, ClientError::Refused { status: 404, .. }) && !missing.is_unknown_route());
    assert!(client.send(&NamedModel { name: "m".into() }).await.unwrap_err().is_unknown_route());
    assert!(client.send(&NamedModel { name: "m".into() }).await.unwrap_err().is_unknown_route());
}

#[tokio::test]
async fn an_answer_that_is_not_one_is_said_to_be_unreadable() {
    let server = FakeServer::answering([(200, "<html>")]).await;
    let error = Client::new(&server.address).unwrap().send(&model("m")).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let client = Client::new(&FakeServer::closed_address().await).unwrap();
    let error = client.send(&create()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}

#[test]
fn addresses_must_be_of_the_web() {
    for address in ["", "localhost:5000", "ftp://host", "sqlite:///mlflow.db"] {
        assert!(matches!(Client::new(address), Err(ClientError::Address { .. })), "{address}");
    }
}

#[test]
fn a_password_in_the_address_is_never_shown() {
    let client = Client::new("http://ada:secret@127.0.0.1:1/prefix/").unwrap();
    assert_eq!(client.server(), "http://127.0.0.1:1/prefix");
    for wrong in
        ["postgresql://ada:secret@db/mlflow", "ada:secret@db", "sqlite://db?key=secret", "ada:se/c@secret@db"]
    {
        let said = Client::new(wrong).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains("db") && !said.contains("secret") && !said.contains("se/c"), "{said}");
    }
}

#[tokio::test]
async fn an_upload_says_its_size_and_reports_every_byte() {
    let server = FakeServer::answering([(200, "{}")]).await;
    let (count, progress) = counted();
    let client = Client::new(&server.address).unwrap();
    client.upload_artifact("1/r/my file.txt", Cursor::new(b"hello"), 5, progress).await.unwrap();
    let request = server.requests().await.remove(0);
    assert!(request.starts_with("PUT /api/2.0/mlflow-artifacts/artifacts/1/r/my%20file.txt HTTP/1.1"));
    assert!(request.contains("content-length: 5") && request.ends_with("hello"), "{request}");
    assert_eq!(count.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn a_download_arrives_whole_and_reports_every_byte() {
    let server = FakeServer::answering([(200, "hello")]).await;
    let (count, progress) = counted();
    let client = Client::new(&server.address).unwrap();
    let mut target = Vec::new();
    let written = client.download_version_file(("m", "3"), "a/b c", &mut target, progress).await.unwrap();
    assert_eq!((written, target.as_slice(), count.load(Ordering::Relaxed)), (5, b"hello".as_slice(), 5));
    let request = server.requests().await.remove(0);
    assert!(request.starts_with("GET /model-versions/get-artifact?name=m&version=3&path=a%2Fb+c HTTP/1.1"));
}
