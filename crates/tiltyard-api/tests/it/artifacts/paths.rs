//! Attacks by path, sent as raw bytes so that no client tidies them up: every parameter that ends in a path.

use std::fs;
use std::path::Path;

use tiltyard_testkit::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Artifacts, files_on_disk};

/// Paths that lead, or might lead some reader, out of the store. `CANARY` becomes the absolute path of a file beside it.
const ATTACKS: &[&str] = &[
    "..",
    "../canary",
    "a/../../canary",
    "./../canary",
    "%2e%2e/canary",
    "%2e%2e%2fcanary",
    "%252e%252e%252fcanary",
    "%25252e%25252e%25252fcanary",
    "a/%2e%2e/%2E%2E/canary",
    "..%5ccanary",
    "..%255ccanary",
    "%5c..%5ccanary",
    "..;/canary",
    "%3b../canary",
    "a;..",
    "%23../canary",
    "..%23x",
    "..%3fx",
    "canary%00.txt",
    "%00",
    "/canary",
    "//canary",
    "%2fcanary",
    "%2f%2fcanary",
    "CANARY",
    "%2fproc%2fself%2fenviron",
    "file:CANARY",
    "file:%2f%2fCANARY",
    "FILE:%2f%2f%2fetc%2fpasswd",
    "dbfs:%2fcanary",
    "DBFS:/canary",
    "C:%5ccanary",
    "C:/canary",
    "%5c%5chost%5cshare",
    ".. /canary",
    "..%20/canary",
    "..%09/canary",
    ".tiltyard/blobs/ab/x",
    ".TiltYard/incoming/0/x",
    ".tiltyard/versions/1/x",
    "a%0d%0aSet-Cookie:x",
];

/// Requests in which `PATH` is where the path stands.
const REQUESTS: &[&str] = &[
    "GET /api/2.0/mlflow-artifacts/artifacts/PATH",
    "GET /ajax-api/2.0/mlflow-artifacts/artifacts/PATH",
    "PUT /api/2.0/mlflow-artifacts/artifacts/PATH",
    "DELETE /api/2.0/mlflow-artifacts/artifacts/PATH",
    "GET /api/2.0/mlflow-artifacts/artifacts?path=PATH",
    "GET /api/2.0/mlflow-artifacts/presigned/PATH",
    "POST /api/2.0/mlflow-artifacts/mpu/create/PATH",
    "POST /api/2.0/mlflow-artifacts/mpu/complete/PATH",
    "POST /api/2.0/mlflow-artifacts/mpu/abort/PATH",
    "GET /api/2.0/mlflow/artifacts/list?run_id=r&path=PATH",
    "GET /get-artifact?run_id=r&path=PATH",
    "GET /model-versions/get-artifact?name=m&version=1&path=PATH",
    "GET /api/2.0/mlflow/logged-models/m-1/artifacts/directories?artifact_directory_path=PATH",
    "GET /ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files?artifact_file_path=PATH",
    "POST /ajax-api/2.0/mlflow/upload-artifact?run_uuid=r&path=PATH",
];

#[tokio::test]
async fn no_path_leads_out_of_the_store() {
    let server = TestServer::start().await;
    Artifacts::of(&server).put("a/b", "kept").await;
    let canary = server.folder().join("canary");
    fs::write(&canary, "the canary sings").unwrap();
    let before = files_on_disk(&server.folder().join("artifacts"));
    for request in REQUESTS {
        for attack in ATTACKS {
            let path = attack.replace("CANARY", &canary.to_string_lossy());
            let answer = raw(&server, &request.replace("PATH", &path)).await;
            check(request, attack, &answer);
        }
    }
    assert_eq!(fs::read_to_string(&canary).unwrap(), "the canary sings");
    assert_eq!(
        names_beside(server.folder()),
        ["artifacts", "canary", "tiltyard.db", "tiltyard.db-shm", "tiltyard.db-wal"]
    );
    assert_eq!(Artifacts::of(&server).content("a/b").await, b"kept");
    let after = files_on_disk(&server.folder().join("artifacts"));
    assert_eq!(after, before, "nothing was written, and nothing deleted");
}

/// Bytes that some old reader took for `..`. They are no text, so they become names that nothing reads in that way.
#[tokio::test]
async fn bytes_that_are_no_text_become_odd_names_inside_the_store() {
    let server = TestServer::start().await;
    for path in
        ["a/%c0%ae%c0%ae/canary", "%c0%ae%c0%ae%c0%afcanary", "%e0%80%ae%e0%80%ae/canary", "per%cent%20.txt"]
    {
        for (verb, ending) in [("PUT", ""), ("GET", "bad"), ("DELETE", "{}")] {
            let answer = raw(&server, &format!("{verb} /api/2.0/mlflow-artifacts/artifacts/{path}")).await;
            assert!(
                answer.starts_with("HTTP/1.1 200") && answer.ends_with(ending),
                "{verb} {path}: {answer}"
            );
        }
    }
    assert_eq!(
        names_beside(server.folder()),
        ["artifacts", "tiltyard.db", "tiltyard.db-shm", "tiltyard.db-wal"]
    );
}

#[tokio::test]
async fn everything_below_a_folder_is_deleted_but_never_the_whole_store() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    artifacts.put("1/a/b", "one").await;
    artifacts.put("2/a", "two").await;
    artifacts.delete("1/").await;
    assert_eq!(artifacts.get("1/a/b").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    for path in [".", "./", "%2e"] {
        let answer = raw(&server, &format!("DELETE /api/2.0/mlflow-artifacts/artifacts/{path}")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
    }
    assert_eq!(artifacts.content("2/a").await, b"two");
}

#[tokio::test]
async fn a_link_in_the_store_is_never_followed() {
    let server = TestServer::start().await;
    let canary = server.folder().join("canary");
    fs::write(&canary, "the canary sings").unwrap();
    std::os::unix::fs::symlink(server.folder(), server.folder().join("artifacts/link")).unwrap();
    let artifacts = Artifacts::of(&server);
    assert_eq!(artifacts.get("link/canary").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    artifacts.put("link/canary", "beside it").await;
    assert_eq!(artifacts.content("link/canary").await, b"beside it");
    artifacts.delete("link").await;
    assert_eq!(fs::read_to_string(&canary).unwrap(), "the canary sings");
}

#[track_caller]
fn check(request: &str, attack: &str, answer: &str) {
    let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
    // A list of what is not there is an empty one, and there is no multipart here.
    let is_fine = (400..500).contains(&status) || status == 501 || answer.ends_with("\r\n\r\n{}");
    assert!(is_fine, "{request} {attack}: {answer}");
    assert!(!answer.contains("sings"), "{request} {attack}: {answer}");
    assert!(!answer.to_ascii_lowercase().contains("\nset-cookie"), "{request} {attack}: {answer}");
}

fn names_beside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn raw(server: &TestServer, request: &str) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (head, body) = match request.split_once(' ').unwrap().0 {
        "PUT" => ("Content-Length: 3\r\n", "bad"),
        "POST" => ("Content-Length: 12\r\nContent-Type: application/json\r\n", "{\"path\":\"x\"}"),
        _ => ("", ""),
    };
    let text = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{head}\r\n{body}");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses before it has read the body may reset the connection once it has answered.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
