//! The whole journal over HTTP: its pages, and those who wait for what comes next.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_domain::access::{self, Action};
use tiltyard_domain::{Identity, WorkspaceId};
use tiltyard_registry::follow;
use tiltyard_testkit::{Answer, TestServer};
use tokio::task::JoinSet;

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(1);

async fn ask(server: &TestServer, query: &str) -> Answer {
    server.send(Method::GET, &format!("/api/tiltyard/v1/journal{query}"), None).await
}

async fn make(server: &TestServer, name: &str) {
    server.post("registered-models/create", json!({"name": name})).await.ok();
}

fn models(page: &Value) -> Vec<&str> {
    let entries = page["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| entry["model"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_and_repeat_nothing() {
    let server = TestServer::start().await;
    assert_eq!(ask(&server, "").await.ok(), json!({"next": 0}));
    for name in ["a", "b", "c"] {
        make(&server, name).await;
    }
    let first = ask(&server, "?max_results=2").await.ok();
    assert_eq!(models(&first), ["a", "b"]);
    assert_eq!(first["entries"][0]["action"], "model.created");
    let second = ask(&server, &format!("?after={}&max_results=2", first["next"])).await.ok();
    assert_eq!(models(&second), ["c"]);
    let end = ask(&server, &format!("?after={}", second["next"])).await.ok();
    assert_eq!((models(&end), &end["next"]), (vec![], &second["next"]));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let server = TestServer::start().await;
    for query in ["?after=-1", "?wait=61", "?wait=-1", "?max_results=0", "?max_results=1001", "?after=x"] {
        assert_eq!(ask(&server, query).await.refused(400), "INVALID_PARAMETER_VALUE", "{query}");
    }
}

#[tokio::test]
async fn who_waits_gets_the_next_entry_as_soon_as_it_is_there() {
    let server = TestServer::start().await;
    let waiting = async { ask(&server, "?after=0&wait=60").await.ok() };
    let (page, ()) = tokio::join!(waiting, make(&server, "a"));
    assert_eq!(models(&page), ["a"]);
    let empty = ask(&server, &format!("?after={}&wait=1", page["next"])).await.ok();
    assert_eq!(empty, json!({"next": page["next"]}));
}

#[tokio::test]
async fn a_thousand_who_wait_cost_a_read_for_a_change() {
    let server = TestServer::start().await;
    let start = server.context.statement_count();
    make(&server, "before").await;
    let before = server.context.statement_count();
    let alone = before - start;
    let permit = access::decide(Identity::local(), Action::ReadMetadata, WorkspaceId::DEFAULT).unwrap();
    let mut followers = JoinSet::new();
    for _ in 0..1_000 {
        let (context, permit) = (server.context.clone(), permit.clone());
        followers.spawn(async move { follow(&context, &permit, 1, 10, LONG).await.unwrap() });
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(followers.try_join_next().is_none(), "nothing has happened yet");
    let begun = server.context.statement_count();
    make(&server, "after").await;
    for page in followers.join_all().await {
        assert_eq!((page.entries.len(), page.next), (1, 2));
    }
    let woken = server.context.statement_count();
    assert_eq!(
        (begun - before, woken - begun - alone),
        (1, 1),
        "one read to begin with, and one for the change"
    );
}

#[tokio::test]
async fn nobody_waits_for_a_server_that_is_being_stopped() {
    let server = TestServer::start().await;
    let context = server.context.clone();
    let stopping = async {
        tokio::task::yield_now().await;
        context.stop_now();
    };
    let (page, ()) = tokio::join!(ask(&server, "?wait=60"), stopping);
    assert_eq!(page.ok(), json!({"next": 0}));
}
