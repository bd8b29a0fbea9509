//! Files that come in parts, as stock clients send them when they are told to.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tiltyard_api::Options;
use tiltyard_domain::network::TrustedProxies;
use tiltyard_testkit::{Answer, TestServer};

use super::{Artifacts, files_on_disk};

async fn ask(server: &TestServer, what: &str, body: Value) -> Answer {
    let path = format!("/api/2.0/mlflow-artifacts/mpu/{what}/1/r/artifacts");
    server.send(Method::POST, &path, Some(body)).await
}

/// Opens an upload in that many parts: its id and the addresses of the parts.
async fn create(server: &TestServer, num_parts: i64) -> (String, Vec<String>) {
    let made = ask(server, "create", json!({"path": "/home/ada/big.bin", "num_parts": num_parts})).await.ok();
    let credentials = made["credentials"].as_array().unwrap();
    let urls = credentials.iter().map(|each| each["url"].as_str().unwrap().to_owned()).collect();
    (made["upload_id"].as_str().unwrap().to_owned(), urls)
}

/// Sends a part and gives the tag that it is answered with.
async fn send(url: &str, content: &str) -> String {
    let answer = Client::new().put(url).body(content.to_owned()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

fn completion(upload_id: &str, tags: &[String]) -> Value {
    let parts: Vec<Value> = tags
        .iter()
        .zip(1..)
        .map(|(tag, number)| json!({"part_number": number, "etag": tag, "url": ""}))
        .collect();
    json!({"path": "/home/ada/big.bin", "upload_id": upload_id, "parts": parts})
}

#[tokio::test]
async fn parts_that_come_in_any_order_become_one_file() {
    let server = TestServer::start().await;
    let (upload_id, urls) = create(&server, 3).await;
    let third = send(&urls[2], "cc").await;
    let first = send(&urls[0], "wrong").await;
    let second = send(&urls[1], "bb").await;
    let again = send(&urls[0], "aa").await;
    let stale =
        ask(&server, "complete", completion(&upload_id, &[first, second.clone(), third.clone()])).await;
    assert_eq!(stale.refused(400), "INVALID_PARAMETER_VALUE", "the first part was sent again");
    ask(&server, "complete", completion(&upload_id, &[again, second, third])).await.ok();
    assert_eq!(Artifacts::of(&server).content("1/r/artifacts/big.bin").await, b"aabbcc");
    assert_eq!(files_on_disk(&server.folder().join("artifacts")), ["1/r/artifacts/big.bin"]);
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing() {
    let server = TestServer::start().await;
    let (upload_id, urls) = create(&server, 2).await;
    let first = send(&urls[0], "aa").await;
    let partial = ask(&server, "complete", completion(&upload_id, &[first.clone(), first])).await;
    assert_eq!(partial.refused(400), "INVALID_PARAMETER_VALUE");
    ask(&server, "abort", json!({"path": "big.bin", "upload_id": upload_id})).await.ok();
    assert_eq!(files_on_disk(&server.folder().join("artifacts")), Vec::<String>::new());
    let late = Client::new().put(&urls[1]).body("bb").send().await.unwrap();
    assert_eq!(late.status().as_u16(), 404);
    let twice = ask(&server, "abort", json!({"path": "big.bin", "upload_id": upload_id})).await;
    assert_eq!(twice.refused(404), "RESOURCE_DOES_NOT_EXIST");
}

#[tokio::test]
async fn wrong_uploads_are_refused() {
    let server = TestServer::start().await;
    for body in [
        json!({}),
        json!({"path": "x"}),
        json!({"path": "x", "num_parts": 0}),
        json!({"path": "x", "num_parts": 10_001}),
        json!({"path": "a/..", "num_parts": 1}),
        json!({"path": "", "num_parts": 1}),
    ] {
        assert_eq!(ask(&server, "create", body).await.refused(400), "INVALID_PARAMETER_VALUE");
    }
    let (upload_id, _) = create(&server, 1).await;
    for (upload, parts) in [
        (upload_id.as_str(), json!([{"part_number": 1, "etag": "none"}])),
        (upload_id.as_str(), json!([{"part_number": 0, "etag": "00".repeat(32)}])),
        ("../x", json!([{"part_number": 1, "etag": "00".repeat(32)}])),
    ] {
        let body = json!({"path": "x", "upload_id": upload, "parts": parts});
        assert_eq!(ask(&server, "complete", body).await.refused(400), "INVALID_PARAMETER_VALUE");
    }
    for path in ["..%2f..%2fcanary/1", "x/1", &format!("{upload_id}/0"), &format!("{upload_id}/x")] {
        let url = format!("/api/tiltyard/v1/uploads/{path}");
        assert_eq!(
            server.send(Method::PUT, &url, None).await.refused(400),
            "INVALID_PARAMETER_VALUE",
            "{path}"
        );
    }
}

/// The address of a part, asked for through a proxy.
async fn part_address(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> String {
    let url = format!("{}{path}/api/2.0/mlflow-artifacts/mpu/create/1/r", server.url);
    let asked = Client::new().post(url).json(&json!({"path": "x", "num_parts": 1}));
    let asked = headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, *value));
    let made: Value = serde_json::from_slice(&asked.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let url = made["credentials"][0]["url"].as_str().unwrap();
    url.split_once("/api/tiltyard/v1/uploads/").unwrap().0.to_owned()
}

#[tokio::test]
async fn parts_are_sent_to_where_the_client_sees_the_server() {
    let headers = [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "models.example.com"),
        ("x-forwarded-prefix", "/a/b"),
    ];
    let server = TestServer::start().await;
    assert_eq!(part_address(&server, "", &headers).await, server.url, "nobody is believed unasked");
    let trusted_proxies = TrustedProxies::parse_list("127.0.0.0/8").unwrap();
    let options = Options { trusted_proxies: trusted_proxies.clone(), ..Options::default() };
    let server = TestServer::start_with(options).await;
    for path in ["", "/a/b"] {
        assert_eq!(part_address(&server, path, &headers).await, "https://models.example.com/a/b");
    }
    let options = Options { trusted_proxies, base_path: "/a/b".to_owned(), ..Options::default() };
    let server = TestServer::start_with(options).await;
    for path in ["", "/a/b"] {
        assert_eq!(part_address(&server, path, &headers).await, "https://models.example.com/a/b");
    }
    assert_eq!(part_address(&server, "/a/b", &[]).await, format!("{}/a/b", server.url));
}

#[tokio::test]
async fn uploads_that_nobody_began_stand_in_nobodys_way() {
    let server = TestServer::start().await;
    let open = server.folder().join("artifacts/.tiltyard/uploads");
    for number in 0..1000 {
        std::fs::create_dir(open.join(format!("{number:032x}"))).unwrap();
    }
    let (upload_id, urls) = create(&server, 1).await;
    let tag = send(&urls[0], "aa").await;
    ask(&server, "complete", completion(&upload_id, &[tag])).await.ok();
    for upload in std::fs::read_dir(&open).unwrap() {
        std::fs::write(upload.unwrap().path().join("00001"), "").unwrap();
    }
    std::fs::create_dir(open.join("f".repeat(32))).unwrap();
    std::fs::write(open.join("f".repeat(32)).join("00001"), "").unwrap();
    let busy = ask(&server, "create", json!({"path": "x", "num_parts": 1})).await;
    assert_eq!(busy.refused(503), "TEMPORARILY_UNAVAILABLE", "all of them have parts");
    // The clock of tests stands still in the past; the files are of today.
    let written = std::fs::metadata(open.join("f".repeat(32))).unwrap().modified().unwrap();
    let written_ms = written.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let past_ms = tiltyard_domain::Clock::now(&*server.clock).0;
    server.clock.advance_ms(i64::try_from(written_ms).unwrap() - past_ms + 2 * 60 * 60 * 1000);
    create(&server, 1).await;
}
