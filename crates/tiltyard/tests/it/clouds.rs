//! Artifacts in an object store: two servers that share nothing but their stores, a store that goes away, starts that are refused,
//! and the work that looks after bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tiltyard_cluster::{Cluster, S3Options, S3Server};

use crate::served::{PATIENCE, Served, refusal};

const STORE: &str = "/api/2.0/mlflow-artifacts";
const PART_SIZE_BYTES: usize = 5 * 1024 * 1024;

/// Two servers on one database and one place in the bucket.
fn replicas(folder: &TempDir, bucket: &S3Server) -> (Served, Served) {
    let (database, place) = (Cluster::shared().database(), bucket.place());
    let flags = ["--backend-store-uri", &database, "--artifacts-destination", &place];
    let start = || Served::start_as(folder.path(), &flags, &bucket.variables());
    (start(), start())
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|position| (position.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect()
}

async fn put(server: &Served, path: &str, content: Vec<u8>) -> StatusCode {
    let request = server.client.put(format!("{}{STORE}/artifacts/{path}", server.url)).body(content);
    request.send().await.unwrap().status()
}

async fn get(server: &Served, path: &str) -> Vec<u8> {
    let answer = server.client.get(format!("{}{STORE}/artifacts/{path}", server.url)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_takes_the_other_gives() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
    let (one, other) = replicas(&folder, &bucket);
    let (small, large) = (content(1000), content(PART_SIZE_BYTES * 2 + 1));
    for content in [&small, &large, &small] {
        assert_eq!(put(&one, "1/run/artifacts/file", content.clone()).await, 200);
        assert!(get(&other, "1/run/artifacts/file").await == *content);
    }
    let part = other.client.get(format!("{}{STORE}/artifacts/1/run/artifacts/file", other.url));
    let part = part.header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), small[10..20]);
    let list = one.send(Method::GET, &format!("{STORE}/artifacts?path=1/run/artifacts"), None).await.ok();
    assert_eq!(list["files"], json!([{"path": "file", "is_dir": false, "file_size": 1000}]));
    other.send(Method::DELETE, &format!("{STORE}/artifacts/1/run/artifacts/file"), None).await.ok();
    let gone = one.send(Method::GET, &format!("{STORE}/artifacts/1/run/artifacts/file"), None).await;
    assert_eq!(gone.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(bucket.open_uploads(), 0);
}

/// Asks for an upload in parts of a file.
async fn begin(server: &Served, parts: usize) -> Value {
    let body = json!({"path": "model.bin", "num_parts": parts});
    server.send(Method::POST, &format!("{STORE}/mpu/create/1/run"), Some(body)).await.ok()
}

/// Sends a part to another server than the one that told the address.
async fn send(server: &Served, begun: &Value, number: usize, content: &[u8]) -> String {
    let upload = begun["upload_id"].as_str().unwrap();
    let url = format!("{}/api/tiltyard/v1/uploads/{upload}/{number}", server.url);
    let answer = server.client.put(url).body(content.to_vec()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

async fn end(server: &Served, verb: &str, begun: &Value, tags: &[String]) -> tiltyard_testkit::Answer {
    let part = |(number, tag): (usize, &String)| json!({"part_number": number + 1, "etag": tag});
    let parts: Vec<Value> = tags.iter().enumerate().map(part).collect();
    let body = json!({"path": "model.bin", "upload_id": begun["upload_id"], "parts": parts});
    server.send(Method::POST, &format!("{STORE}/mpu/{verb}/1/run"), Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_call_of_an_upload_in_parts_may_come_to_another_server() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
    let (one, other) = replicas(&folder, &bucket);
    let whole = content(PART_SIZE_BYTES * 2 + 7);
    let begun = begin(&one, 3).await;
    let mut tags = Vec::new();
    for (number, piece) in (1..).zip(whole.chunks(PART_SIZE_BYTES)) {
        let server = if number % 2 == 0 { &one } else { &other };
        tags.push(send(server, &begun, number, piece).await);
    }
    end(&other, "complete", &begun, &tags).await.ok();
    assert!(get(&one, "1/run/model.bin").await == whole);
    // A client that asks again because the answer was lost is told that nothing is open, and harms nothing.
    assert_eq!(end(&one, "complete", &begun, &tags).await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(end(&one, "abort", &begun, &[]).await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert!(get(&other, "1/run/model.bin").await == whole);

    let begun = begin(&one, 1).await;
    send(&other, &begun, 1, b"given up").await;
    assert_eq!(bucket.open_uploads(), 1);
    end(&other, "abort", &begun, &[]).await.ok();
    assert_eq!(bucket.open_uploads(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_complete_an_upload_at_once_one_records_it() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
    let (one, other) = replicas(&folder, &bucket);
    let begun = begin(&one, 1).await;
    let tags = [send(&one, &begun, 1, b"whole").await];
    let both = tokio::join!(end(&one, "complete", &begun, &tags), end(&other, "complete", &begun, &tags));
    let statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| [200, 404].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(get(&other, "1/run/model.bin").await, b"whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_said_and_not_waited_for() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
    let place = bucket.place();
    let flags = ["--artifacts-destination", &place];
    let server = Served::start_as(folder.path(), &flags, &bucket.variables());
    assert_eq!(put(&server, "a", b"before".to_vec()).await, 200);
    drop(bucket);
    assert_eq!(put(&server, "b", b"meanwhile".to_vec()).await, 503);
    let refused = server.send(Method::GET, &format!("{STORE}/artifacts/a"), None).await;
    assert_eq!(refused.refused(503), "TEMPORARILY_UNAVAILABLE");
    assert!(refused.body["message"].as_str().unwrap().contains("try again later"), "{}", refused.body);
    assert!(!server.log().contains("tiltyard-secret"), "{}", server.log());
    server.post("experiments/create", json!({"name": "all else goes on"})).await.ok();
}

#[test]
fn a_bucket_that_cannot_be_used_is_named_with_what_to_do() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::shared());
    let variables = bucket.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (code, said) = refusal(folder.path(), &["--artifacts-destination", "s3://nowhere/x"], &variables);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("s3://nowhere/x: there is no such bucket"), "{said}");
    let mut wrong = variables.clone();
    wrong.retain(|(name, _)| *name != "AWS_SECRET_ACCESS_KEY");
    wrong.push(("AWS_SECRET_ACCESS_KEY", "hunter2"));
    let (_, said) = refusal(folder.path(), &["--artifacts-destination", &bucket.place()], &wrong);
    assert!(said.contains("credentials are refused") && said.contains("AWS_ACCESS_KEY_ID"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

/// Asks for a job and gives what it had counted when it was done.
async fn job(server: &Served, job: &str, wanted: Value) -> Value {
    server.send(Method::POST, &format!("/api/tiltyard/v1/store/{job}"), Some(wanted)).await.ok();
    let begun = Instant::now();
    loop {
        let now = server.send(Method::GET, &format!("/api/tiltyard/v1/jobs/{job}"), None).await.ok();
        if !now["ended_ms"].is_null() {
            assert_eq!(now["state"], "done", "{now}");
            return now["counts"].clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{now}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_moves_to_a_bucket_where_it_is_checked_and_collected() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
    let files = [
        ("1/run/artifacts/small", content(1000)),
        ("1/run/artifacts/large", content(PART_SIZE_BYTES * 2 + 1)),
    ];
    let before = Served::start(folder.path());
    for (path, content) in &files {
        assert_eq!(put(&before, path, content.clone()).await, 200);
    }
    before.kill();
    let place = bucket.place();
    let server = Served::start_as(folder.path(), &["--artifacts-destination", &place], &bucket.variables());
    let is_served = async || {
        for (path, content) in &files {
            assert!(get(&server, path).await == *content, "{path}");
        }
    };
    is_served().await;
    let moved = job(&server, "relocate", json!({"to": place, "remove_source": true})).await;
    assert_eq!((&moved["files_moved"], &moved["missing"]), (&json!(2), &Value::Null));
    is_served().await;
    assert!(!folder.path().join("mlartifacts/1/run/artifacts/small").exists(), "it was to be removed");
    // What a server leaves that dies before it has recorded what it wrote.
    let orphan = bucket.folder().join(place.trim_start_matches("s3://")).join("1/run/artifacts/orphan");
    std::fs::write(&orphan, "left").unwrap();
    let checked = job(&server, "fsck", json!({"deep": true, "grace_seconds": 0})).await;
    assert_eq!(
        (&checked["files_checked"], &checked["orphans"], &checked["altered"]),
        (&json!(2), &json!(1), &Value::Null)
    );
    let collected = job(&server, "gc", json!({"grace_seconds": 0})).await;
    assert_eq!((&collected["removed"], &collected["removed_bytes"]), (&json!(1), &json!(4)));
    assert!(!orphan.exists());
    is_served().await;
}
