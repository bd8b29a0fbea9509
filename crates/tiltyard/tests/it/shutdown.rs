//! Told to stop, the server finishes what is under way, keeps what it acknowledged, and ends well within seconds.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::served::{Served, wait_until};

/// What a drain may take when no client holds it up; far below the time after which clients are cut.
const PROMPTLY: Duration = Duration::from_secs(15);

/// Sends the head of a request and waits until the server asks for its body.
fn begin_request(server: &Served, body: &str) -> TcpStream {
    let mut stream = server.connect();
    let head = format!(
        "POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.address(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(interim, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_and_kept() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    let body = json!({"name": "begun before the end"}).to_string();
    let mut stream = begin_request(&server, &body);
    server.signal("TERM");
    wait_until("new connections to be refused", || TcpStream::connect(server.address()).is_err());
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(server.ended().code(), Some(0));
    let server = Served::start(folder.path());
    server.get("experiments/get-by-name?experiment_name=begun%20before%20the%20end").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_hold_the_server_up() {
    for signal in ["TERM", "INT"] {
        let folder = TempDir::new().unwrap();
        let server = Served::start(folder.path());
        let never_used = server.connect();
        let mut used = server.connect();
        let request = format!("GET /version HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
        used.write_all(request.as_bytes()).unwrap();
        used.read_exact(&mut [0; 12]).unwrap();
        let begun = Instant::now();
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0), "{signal}");
        assert!(begun.elapsed() < PROMPTLY, "{signal} took {:?}", begun.elapsed());
        drop((never_used, used));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_under_load_is_there_after_a_stop() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..16 {
        let http = server.http();
        clients.spawn(async move {
            let mut acknowledged = Vec::new();
            for count in 0.. {
                let name = format!("{client}-{count}");
                let path = "/api/2.0/mlflow/experiments/create";
                match http.try_send(reqwest::Method::POST, path, Some(json!({"name": name}))).await {
                    Ok(answer) => drop(answer.ok()),
                    Err(_) => break,
                }
                acknowledged.push(name);
            }
            acknowledged
        });
    }
    wait_until_there(&server, "0-20").await;
    server.signal("TERM");
    let acknowledged: Vec<String> = clients.join_all().await.into_iter().flatten().collect();
    assert_eq!(server.ended().code(), Some(0));
    let server = Served::start(folder.path());
    for name in acknowledged {
        server.get(&format!("experiments/get-by-name?experiment_name={name}")).await.ok();
    }
}

async fn wait_until_there(server: &Served, experiment: &str) {
    let path = format!("experiments/get-by-name?experiment_name={experiment}");
    while !server.get(&path).await.status.is_success() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_comes_soon_after_the_start() {
    let folder = TempDir::new().unwrap();
    for start in ["first", "second"] {
        let begun = Instant::now();
        let server = Served::start(folder.path());
        server.get("experiments/get?experiment_id=0").await.ok();
        println!("{start} start to first answer: {:?}", begun.elapsed());
        server.signal("TERM");
        assert_eq!(server.ended().code(), Some(0));
    }
}

/// The status that a probe is answered with; none once nobody answers.
async fn probe(server: &Served, path: &str) -> Option<u16> {
    let answer = server.try_send(reqwest::Method::GET, path, None).await.ok()?;
    Some(answer.status.as_u16())
}

async fn wait_until_not_ready(server: &Served) {
    while probe(server, "/ready").await == Some(200) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn load_balancers_hear_of_the_end_before_it_comes() {
    let folder = TempDir::new().unwrap();
    let server = Served::start_with(folder.path(), &["--drain-delay", "2"]);
    assert_eq!(probe(&server, "/ready").await, Some(200));
    let begun = Instant::now();
    server.signal("TERM");
    wait_until_not_ready(&server).await;
    assert_eq!(probe(&server, "/ready").await, Some(503));
    let alive = reqwest::get(format!("{}/health", server.url)).await.unwrap();
    assert_eq!((alive.status().as_u16(), &alive.headers()["connection"]), (200, &"close".parse().unwrap()));
    drop(server.connect());
    server.post("experiments/create", json!({"name": "late"})).await.ok();
    assert_eq!(server.ended().code(), Some(0));
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2) && took < PROMPTLY, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let folder = TempDir::new().unwrap();
    let server = Served::start_with(folder.path(), &["--drain-delay", "300"]);
    server.signal("TERM");
    wait_until_not_ready(&server).await;
    let begun = Instant::now();
    server.signal("INT");
    assert_eq!(server.ended().code(), Some(1));
    assert!(begun.elapsed() < PROMPTLY, "{:?}", begun.elapsed());
}
