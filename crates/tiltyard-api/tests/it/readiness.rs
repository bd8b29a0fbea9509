//! Whether a server should be sent requests, as load balancers ask it: not once it will stop. What it lacks is said as well.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tiltyard_testkit::{Answer, TestServer};

async fn ready(server: &TestServer) -> Response {
    server.client.get(format!("{}/ready", server.url)).send().await.unwrap()
}

#[tokio::test]
async fn a_server_says_what_it_lacks_and_when_it_has_it_again() {
    let server = TestServer::start().await;
    assert_eq!(server.send(Method::GET, "/ready", None).await.ok(), json!({"ready": true}));
    let (place, aside) = (server.folder().join("artifacts"), server.folder().join("aside"));
    // The server holds the folder open, and so must look whether what it holds is still whole.
    std::fs::rename(place.join(".tiltyard"), &aside).unwrap();
    let lacking = json!({"ready": true, "missing": ["the artifact store cannot be reached"]});
    assert_eq!(
        until(&server, &lacking).await.status,
        200,
        "what all replicas share is no reason to ask another"
    );
    std::fs::rename(&aside, place.join(".tiltyard")).unwrap();
    until(&server, &json!({"ready": true})).await;
    server.context.stop_soon();
    assert_eq!(ready(&server).await.headers()["retry-after"], "1");
    let stopping = json!({"ready": false, "missing": ["the server is being stopped"]});
    assert_eq!(until(&server, &stopping).await.status, 503);
    assert_eq!(server.send(Method::GET, "/health", None).await.status, 200);
}

#[tokio::test]
async fn probes_are_cheap() {
    let server = TestServer::start().await;
    let before = server.context.statement_count();
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(ready(&server).await.status(), 200);
    }
    let looks = server.context.statement_count() - before;
    assert!(looks <= 1 + begun.elapsed().as_secs(), "{looks} looks in {:?}", begun.elapsed());
}

/// Asks until the answer is that one; an answer is given again for a second.
async fn until(server: &TestServer, expected: &Value) -> Answer {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = server.send(Method::GET, "/ready", None).await;
        if answer.body == *expected {
            return answer;
        }
        assert!(Instant::now() < end, "never {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
