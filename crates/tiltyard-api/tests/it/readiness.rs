//! Whether a server should be sent requests, as load balancers ask it: not without its artifacts, not once it will stop.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tiltyard_testkit::TestServer;

async fn ready(server: &TestServer) -> Response {
    server.client.get(format!("{}/ready", server.url)).send().await.unwrap()
}

#[tokio::test]
async fn a_server_says_what_it_lacks_and_when_it_has_it_again() {
    let server = TestServer::start().await;
    assert_eq!(server.send(Method::GET, "/ready", None).await.ok(), json!({"ready": true, "missing": []}));
    let (place, aside) = (server.folder().join("artifacts"), server.folder().join("aside"));
    // The server holds the folder open, and so must look whether what it holds is still whole.
    std::fs::rename(place.join(".tiltyard"), &aside).unwrap();
    let refused = until(&server, 503).await;
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(missing(refused).await, json!(["the artifact store cannot be reached"]));
    assert_eq!(server.send(Method::GET, "/health", None).await.status, 200);
    std::fs::rename(&aside, place.join(".tiltyard")).unwrap();
    until(&server, 200).await;
    server.context.stop_soon();
    assert_eq!(missing(until(&server, 503).await).await, json!(["the server is being stopped"]));
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

async fn missing(refused: Response) -> Value {
    let mut body: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(body["ready"], false);
    body["missing"].take()
}

/// Asks until the answer has that status; an answer is given again for a second.
async fn until(server: &TestServer, status: u16) -> Response {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = ready(server).await;
        if answer.status() == status {
            return answer;
        }
        assert!(Instant::now() < end, "never {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
