//! The way in, byte by byte: which hosts and origins are let through, what is served and under which path only, and what
//! becomes of bytes that are no requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::served::Served;

/// A server with its folder, spoken to in raw bytes.
struct Door {
    server: Served,
    _folder: TempDir,
}

/// What came back, until the server closed the connection.
struct Reply(String);

impl Door {
    fn open(flags: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        Self { server: Served::start_with(folder.path(), flags), _folder: folder }
    }

    /// Sends bytes as they are and reads until the connection ends.
    fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.server.connect();
        // A server that has heard enough may close before everything is sent.
        drop(stream.write_all(bytes));
        let mut reply = Vec::new();
        drop(stream.read_to_end(&mut reply));
        Reply(String::from_utf8_lossy(&reply).into_owned())
    }

    /// Sends a request with these header lines and no others but those that end it.
    fn ask(&self, line: &str, headers: &[&str]) -> Reply {
        let line = format!("{line} HTTP/1.1");
        let lines = [&[line.as_str()], headers, &["Connection: close", "\r\n"]].concat();
        self.send(lines.join("\r\n").as_bytes())
    }

    fn own_host(&self) -> String {
        format!("Host: {}", self.server.address())
    }
}

impl Reply {
    #[track_caller]
    fn is(&self, status: u16) -> &Self {
        assert!(self.0.starts_with(&format!("HTTP/1.1 {status} ")), "not {status}: {}", self.0);
        self
    }

    #[track_caller]
    fn says(&self, part: &str) -> &Self {
        assert!(self.0.contains(part), "no {part} in {}", self.0);
        self
    }

    /// Whether a header was sent, in lower case as hyper writes them.
    fn has_header(&self, name: &str) -> bool {
        self.0.lines().take_while(|line| !line.is_empty()).any(|line| line.starts_with(&format!("{name}:")))
    }
}

const EXPERIMENT: &str = "GET /api/2.0/mlflow/experiments/get?experiment_id=0";
const CREATE: &str = "POST /api/2.0/mlflow/experiments/create";

#[test]
fn only_hosts_that_are_ours_are_let_through() {
    let door = Door::open(&[]);
    let port = door.server.address().port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "10.1.2.3", "192.168.0.9"] {
        door.ask(EXPERIMENT, &[&format!("Host: {host}")]).is(200).says("\"Default\"");
        door.ask(EXPERIMENT, &[&format!("Host: {host}:{port}")]).is(200).says("nosniff");
    }
    for host in
        ["evil.example", "localhost.evil.example", "10.evil.example", "127.0.0.1@evil.example", "8.8.8.8", ""]
    {
        let reply = door.ask(EXPERIMENT, &[&format!("Host: {host}")]);
        reply.is(403).says("--allowed-hosts").says("x-frame-options: SAMEORIGIN");
        door.ask("GET /health", &[&format!("Host: {host}")]).is(200).says("OK");
        door.ask("GET /version", &[&format!("Host: {host}")]).is(200);
        door.ask("GET /health/../metrics", &[&format!("Host: {host}")]).is(403);
    }
    door.ask(EXPERIMENT, &[]).is(403);
    door.ask(EXPERIMENT, &["Host: localhost", "Host: evil.example"]).is(403);
    let absolute = |host: &str| EXPERIMENT.replace("GET ", &format!("GET http://{host}"));
    door.ask(&absolute("evil.example"), &["Host: localhost"]).is(403);
    door.ask(&absolute("localhost"), &["Host: evil.example"]).is(403);
    door.ask(&absolute("localhost"), &["Host: localhost"]).is(200);
    door.ask(CREATE, &["Host: localhost", "Origin: http://localhost", "Origin: https://evil.example"])
        .is(403);
}

#[test]
fn hosts_are_let_through_by_configuration() {
    let door = Door::open(&["--allowed-hosts", "mlflow.example.com,*.team.example.com:5000"]);
    door.ask(EXPERIMENT, &["Host: mlflow.example.com"]).is(200);
    door.ask(EXPERIMENT, &["Host: a.team.example.com:5000"]).is(200);
    door.ask(EXPERIMENT, &["Host: a.team.example.com"]).is(403);
    door.ask(EXPERIMENT, &["Host: evil.example"]).is(403);
    let door = Door::open(&["--disable-security-middleware"]);
    door.ask(EXPERIMENT, &["Host: evil.example"]).is(200);
}

#[test]
fn pages_of_other_origins_change_nothing_and_read_nothing() {
    let door = Door::open(&[]);
    let host = door.own_host();
    for origin in
        ["https://evil.example", "null", "http://localhost.evil.example", "http://evil.example:5000"]
    {
        let origin = format!("Origin: {origin}");
        door.ask(CREATE, &[&host, &origin, "Content-Length: 0"]).is(403).says("--cors-allowed-origins");
        assert!(!door.ask(EXPERIMENT, &[&host, &origin]).is(200).has_header("access-control-allow-origin"));
        let asked = "Access-Control-Request-Method: POST";
        let reply = door.ask(&CREATE.replace("POST", "OPTIONS"), &[&host, &origin, asked]);
        assert!(!reply.has_header("access-control-allow-origin"), "{}", reply.0);
    }
    let ours = "Origin: http://localhost:3000";
    door.ask(CREATE, &[&host, ours, "Content-Length: 2", ""]).is(400);
    door.ask(EXPERIMENT, &[&host, ours]).is(200).says("access-control-allow-origin: http://localhost:3000");
    let asked = "Access-Control-Request-Method: POST";
    let preflight = door.ask(&CREATE.replace("POST", "OPTIONS"), &[&host, ours, asked]);
    preflight.is(200).says("access-control-allow-origin: http://localhost:3000").says("allow-methods: POST");
}

#[test]
fn bytes_that_are_no_request_are_answered_or_cut_and_harm_nobody() {
    let door = Door::open(&[]);
    let hello_of_tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for garbage in [
        &b"\0\0\0\0\r\n\r\n"[..],
        hello_of_tls,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\x80 x\r\n\r\n",
    ] {
        let reply = door.send(garbage);
        assert!(reply.0.is_empty() || reply.0.starts_with("HTTP/1.1 4"), "{}", reply.0);
    }
    let host = door.own_host();
    let many: Vec<String> = (0..1_000).map(|index| format!("X-{index}: a")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).chain([host.as_str()]).collect();
    door.ask(EXPERIMENT, &many).is(431);
    door.ask(EXPERIMENT, &[&host, &format!("X: {}", "a".repeat(2_000_000))]).is(431);
    door.ask(&format!("GET /{}", "a".repeat(100_000)), &[&host]).is(414);
    for length in ["-1", "x", "99999999999999999999", "1, 2"] {
        door.ask(CREATE, &[&host, &format!("Content-Length: {length}")]).is(400);
    }
    door.ask(EXPERIMENT, &[&host]).is(200);
}

#[test]
fn a_body_beyond_the_bound_is_refused() {
    let door = Door::open(&[]);
    let size_bytes = 32 * 1024 * 1024 + 1;
    let head = format!(
        "{CREATE} HTTP/1.1\r\n{}\r\nContent-Type: application/json\r\nContent-Length: {size_bytes}\r\nConnection: close\r\n\r\n",
        door.own_host()
    );
    let mut request = head.into_bytes();
    request.resize(request.len() + size_bytes, b' ');
    door.send(&request).is(413).says("Send less at once");
}

#[test]
fn a_body_that_is_no_message_is_told_so() {
    let door = Door::open(&[]);
    let host = door.own_host();
    let send = |kind: &str, body: &str| {
        let head = format!("{CREATE} HTTP/1.1\r\n{host}\r\nContent-Type: {kind}\r\nConnection: close\r\n");
        door.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
    };
    for body in ["", "{", "[]", "1", "null", "{\"name\": 1e999}", "\u{feff}{}", "{\"name\":\"a\"}{}", "\0"] {
        send("application/json", body).is(400).says("error_code");
    }
    send("application/json", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is(400);
    send("application/x-www-form-urlencoded", "name=a").is(400).says("application/json");
    send("text/plain", "{\"name\":\"a\"}").is(400).says("application/json");
    send("application/json; charset=utf-8", "{\"name\":\"a\"}").is(200);
}

#[test]
fn requests_may_be_sent_before_the_answers_to_earlier_ones() {
    let door = Door::open(&[]);
    let host = door.own_host();
    let ask = |line: &str, more: &str| format!("{line} HTTP/1.1\r\n{host}\r\n{more}\r\n");
    let first = ["GET /version", "GET /health", "GET /nowhere"].map(|line| ask(line, ""));
    let requests = first.concat() + &ask(EXPERIMENT, "Connection: close\r\n");
    let reply = door.send(requests.as_bytes());
    let places =
        ["\r\n\r\n3.17.2", "\r\n\r\nOK", "ENDPOINT_NOT_FOUND", "\"Default\""].map(|part| reply.0.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}", reply.0);
}

/// The methods of each path of the committed table, with something in the place of each parameter.
fn table() -> BTreeMap<String, BTreeSet<Method>> {
    let mut table: BTreeMap<String, BTreeSet<Method>> = BTreeMap::new();
    for line in tiltyard_api::describe_routes().lines() {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let segments = path.split('/').map(|segment| if segment.starts_with('{') { "x" } else { segment });
        let path = segments.collect::<Vec<_>>().join("/");
        table.entry(path).or_default().insert(method.parse().unwrap());
    }
    table
}

async fn is_no_endpoint(server: &Served, method: Method, path: &str) -> bool {
    let answer = server.send(method, path, Some(json!({}))).await;
    assert_ne!(answer.status, 500, "{path}: {}", answer.body);
    answer.status == 404 && answer.body["error_code"] == "ENDPOINT_NOT_FOUND"
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_table_is_served_and_no_other_verb_of_its_path() {
    let door = Door::open(&[]);
    let verbs = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE];
    for (path, methods) in table() {
        for verb in &verbs {
            let is_none = is_no_endpoint(&door.server, verb.clone(), &path).await;
            assert_eq!(is_none, !methods.contains(verb), "{verb} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_stands_before_every_route_and_only_probes_are_served_without_it() {
    let door = Door::open(&["--static-prefix", "/registry"]);
    for (path, methods) in table() {
        let verb = methods.first().unwrap();
        let is_probe = ["/health", "/ready", "/version"].contains(&path.as_str());
        assert_eq!(is_no_endpoint(&door.server, verb.clone(), &path).await, !is_probe, "{verb} {path}");
        assert!(
            !is_no_endpoint(&door.server, verb.clone(), &format!("/registry{path}")).await,
            "{verb} {path}"
        );
    }
    door.ask("GET /registry/health", &["Host: evil.example"]).is(200);
    door.ask("GET /registry/metrics", &["Host: evil.example"]).is(200).says("tiltyard_http_requests_total");
}

#[test]
fn a_route_has_one_spelling() {
    let door = Door::open(&[]);
    let host = door.own_host();
    for path in [
        "/api/2.0/mlflow/experiments/get/",
        "//api/2.0/mlflow/experiments/get",
        "/api//2.0/mlflow/experiments/get",
        "/API/2.0/mlflow/experiments/get",
        "/api/2.0/mlflow/Experiments/get",
        "/api/2.0/mlflow/./experiments/get",
        "/api/2.0/mlflow/x/../experiments/get",
        "/api/2.0/mlflow%2Fexperiments%2Fget",
        "/api/2.0/mlflow/experiments/%67et",
        "/api/2.0/mlflow/experiments/get%00",
        "/api/2.0/mlflow/experiments/get;a=b",
        "/api/2.1/mlflow/experiments/get",
        "/mlflow/experiments/get",
        "/api/2.0/mlflow/experiments",
    ] {
        let reply = door.ask(&format!("GET {path}?experiment_id=0"), &[&host]);
        assert!(!reply.0.contains("\"Default\""), "{path}: {}", reply.0);
        reply.is(404).says("ENDPOINT_NOT_FOUND");
    }
    door.ask("GET /api/tiltyard/v1/models/a%2Fb/history", &[&host]).is(400).says("INVALID_PARAMETER_VALUE");
}

/// Each connection is an open file, and shells hand out few.
#[test]
fn as_many_files_may_be_open_as_the_machine_allows() {
    let (now, at_most) = Door::open(&[]).server.open_files();
    assert_eq!(now, at_most);
}
