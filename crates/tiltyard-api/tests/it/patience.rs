//! Clients that never finish the head or the body of a request, and those that never take the answer, are cut; they would hold
//! a connection for ever, and a file with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tiltyard_api::{Bound, Options, Server};
use tiltyard_testkit::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than the buffers between a server and its client hold.
const SIZE_BYTES: usize = 64 * 1024 * 1024;

/// Another server on the same store.
async fn beside(holder: &TestServer) -> Bound {
    Server::new(&holder.context, Options::default())
        .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_client_that_never_takes_the_answer_is_cut() {
    let holder = TestServer::start().await;
    let path = "/api/2.0/mlflow-artifacts/artifacts/large";
    let put = holder.client.put(format!("{}{path}", holder.url)).body(vec![7; SIZE_BYTES]);
    assert!(put.send().await.unwrap().status().is_success());
    let bound = beside(&holder).await.answer_patience(Duration::from_millis(20));
    let mut client = TcpStream::connect(bound.address().unwrap()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    // A server that is told to stop finishes what is under way, so it would wait for this client.
    bound.run(async { client.readable().await.unwrap() }).await;
    let mut answer = Vec::new();
    // What was on its way still comes; then the connection has ended, one way or another.
    let _ = client.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.len() < SIZE_BYTES, "{} bytes came", answer.len());
}

#[tokio::test]
async fn a_client_that_never_finishes_the_head_is_cut() {
    let holder = TestServer::start().await;
    let bound = beside(&holder).await;
    let address = bound.address().unwrap();
    let running = tokio::spawn(bound.head_patience(Duration::from_millis(20)).run(std::future::pending()));
    for beginning in ["GET /version HTTP/1.1\r\nHost: local", "G", ""] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Ends when the server closes the connection; a client that is never cut would wait here.
        let ended = tokio::time::timeout(Duration::from_secs(30), client.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{beginning:?} was never cut");
    }
    running.abort();
}

#[tokio::test]
async fn a_client_that_never_finishes_the_body_is_told_and_cut() {
    let holder = TestServer::start().await;
    let bound = beside(&holder).await.body_patience(Duration::from_millis(20));
    let address = bound.address().unwrap();
    let running = tokio::spawn(bound.run(std::future::pending()));
    let (message, bytes) =
        ("POST /api/2.0/mlflow/experiments/create", "PUT /api/2.0/mlflow-artifacts/artifacts/a");
    for (line, beginning, status) in
        [(message, "{\"na", 408), (message, "", 408), (bytes, "abc", 400), (bytes, "", 400)]
    {
        let mut client = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        );
        client.write_all(format!("{head}{beginning}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        let ended = tokio::time::timeout(Duration::from_secs(30), client.read_to_string(&mut answer)).await;
        assert!(ended.is_ok(), "{line} with {beginning:?} was never cut");
        let expected = format!("HTTP/1.1 {status} ");
        assert!(
            answer.starts_with(&expected) && answer.contains("\"error_code\":\"BAD_REQUEST\""),
            "{answer}"
        );
    }
    running.abort();
}
