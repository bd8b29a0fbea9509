//! Clients that reach the object store by themselves: to send large files and fetch them, and to write where the server only
//! looks. Whatever they were handed is used again, to see that it changes nothing that is registered.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::fs;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tiltyard_cluster::{S3Options, S3Server};

use crate::served::{PATIENCE, Served};

const STORE: &str = "/api/2.0/mlflow-artifacts";
const PART_SIZE_BYTES: usize = 5 * 1024 * 1024;
const MLMODEL: &str = "flavors:\n  python_function:\n    loader_module: m\n    model_path: weights\n";

struct Yard {
    server: Served,
    bucket: S3Server,
    run_id: String,
    _folder: TempDir,
}

impl Yard {
    async fn new(flag: &str) -> Self {
        let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
        let server = Served::start_as(folder.path(), &[flag, &bucket.place()], &bucket.variables());
        let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
        let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
        Self { server, bucket, run_id, _folder: folder }
    }

    /// A folder of the run, as a path of the server's own store.
    fn folder(&self) -> String {
        format!("0/{}/artifacts/model", self.run_id)
    }

    async fn multipart(&self, verb: &str, body: Value) -> Value {
        let path = format!("{STORE}/mpu/{verb}/{}", self.folder());
        self.server.send(Method::POST, &path, Some(body)).await.ok()
    }

    /// Uploads the file `weights` in parts, and tells what was handed out for them.
    async fn upload(&self, parts: &[Vec<u8>]) -> Vec<String> {
        let begun = self.multipart("create", json!({"path": "weights", "num_parts": parts.len()})).await;
        let mut named = Vec::new();
        let mut urls = Vec::new();
        for (credential, part) in begun["credentials"].as_array().unwrap().iter().zip(parts) {
            let url = credential["url"].as_str().unwrap();
            assert!(url.starts_with(self.bucket.url()), "parts go straight to the store: {url}");
            let sent = ok(Client::new().put(url).body(part.clone())).await;
            let tag = sent.headers()["etag"].to_str().unwrap();
            named.push(json!({"part_number": credential["part_number"], "etag": tag, "url": url}));
            urls.push(url.to_owned());
        }
        let whole = json!({"path": "weights", "upload_id": begun["upload_id"], "parts": named});
        self.multipart("complete", whole).await;
        urls
    }

    async fn register(&self, source: String) -> Value {
        let body = json!({"name": "fraud", "source": source, "run_id": self.run_id});
        self.server.post("model-versions/create", body).await.ok()["model_version"].clone()
    }

    async fn shown(&self) -> Value {
        self.server.send(Method::GET, "/api/tiltyard/v1/models/fraud/versions/1", None).await.ok()
    }

    async fn registered_bytes(&self, path: &str) -> Vec<u8> {
        let url = format!("{}/model-versions/get-artifact?name=fraud&version=1&path={path}", self.server.url);
        ok(Client::new().get(url)).await.bytes().await.unwrap().to_vec()
    }

    async fn list(&self, path: &str) -> Vec<String> {
        let list = self.server.get(&format!("artifacts/list?run_id={}&path={path}", self.run_id)).await.ok();
        let files = list["files"].as_array().cloned().unwrap_or_default();
        files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    }

    /// Where and how a file of the run is made without the server.
    async fn address(&self, path: &str) -> Value {
        let body = json!({"run_id": self.run_id, "path": path});
        self.server.post("artifacts/presigned-upload-url", body).await.ok()
    }

    async fn promote(&self, stage: &str) -> String {
        let body = json!({"name": "fraud", "version": "1", "stage": stage});
        let moved = self.server.post("model-versions/transition-stage", body).await.ok();
        moved["model_version"]["status_message"].as_str().unwrap().to_owned()
    }
}

async fn ok(request: RequestBuilder) -> reqwest::Response {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
    answer
}

fn to_address(address: &Value, content: &str) -> RequestBuilder {
    let mut request = Client::new().put(address["presigned_url"].as_str().unwrap()).body(content.to_owned());
    for (name, value) in address["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_that_was_handed_out_changes_registered_bytes() {
    let yard = Yard::new("--artifacts-destination").await;
    let described = format!("{}{STORE}/artifacts/{}/MLmodel", yard.server.url, yard.folder());
    ok(Client::new().put(described).body(MLMODEL)).await;
    let urls = yard.upload(&[vec![b'1'; PART_SIZE_BYTES], vec![b'2'; 7]]).await;
    let made = yard.register(format!("mlflow-artifacts:/{}", yard.folder())).await;
    assert!(made["status_message"].is_null(), "{made}");
    let (before, bytes) = (yard.shown().await, yard.registered_bytes("weights").await);
    assert_eq!((bytes.len(), before["verified"].clone()), (PART_SIZE_BYTES + 7, json!(true)));

    for url in &urls {
        let again = Client::new().put(url).body("other").send().await.unwrap();
        assert!(again.status().is_client_error(), "{}", again.status());
        // The same signature for the object itself, without the part that it is for.
        let whole = url.replace("partNumber", "partNumbers");
        let again = Client::new().put(whole).body("other").send().await.unwrap();
        assert!(again.status().is_client_error(), "{}", again.status());
    }
    let newer = yard.upload(&[vec![b'3'; PART_SIZE_BYTES], vec![b'4'; 7]]).await;
    assert_ne!(urls, newer, "the path's next bytes have a key of their own");
    assert!(yard.registered_bytes("weights").await == bytes);
    assert_eq!(yard.shown().await, before);
    assert_eq!(yard.bucket.open_uploads(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_fetched_from_the_store_for_a_while() {
    let yard = Yard::new("--artifacts-destination").await;
    let path = format!("{STORE}/artifacts/{}/a b.html", yard.folder());
    ok(Client::new().put(format!("{}{path}", yard.server.url)).body("<b>content</b>")).await;
    let path = format!("{STORE}/presigned/{}/a%20b.html", yard.folder());
    let address = yard.server.send(Method::GET, &path, None).await.ok();
    assert_eq!(address["file_size"], 14);
    let url = address["url"].as_str().unwrap();
    assert!(url.starts_with(yard.bucket.url()), "{url}");
    assert!(url.contains("X-Amz-Expires=300"), "{url}");
    let got = ok(Client::new().get(url).header("range", "bytes=3-9")).await;
    assert_eq!(got.headers()["content-disposition"], "attachment; filename=\"a b.html\"", "never shown");
    assert_eq!(got.text().await.unwrap(), "content");
    let changed = url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000");
    assert!(!Client::new().get(changed).send().await.unwrap().status().is_success());
    assert!(!Client::new().put(url).body("x").send().await.unwrap().status().is_success());
    for (path, status) in [("nothing", 404), ("..%2F..%2Fx", 400)] {
        let path = format!("{STORE}/presigned/{}/{path}", yard.folder());
        yard.server.send(Method::GET, &path, None).await.refused(status);
    }
    let info = yard.server.send(Method::GET, "/api/3.0/mlflow/server-info", None).await.ok();
    assert_eq!(info["multipart_uploads_enabled"], true);
    assert_eq!(info["multipart_downloads_enabled"], true);
}

/// MLflow's clients, once told that there are addresses, take a file without one for a failure of the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_an_older_place_is_fetched_through_the_server() {
    let (folder, bucket) = (TempDir::new().unwrap(), S3Server::start(S3Options::default()));
    let older = Served::start(folder.path());
    ok(Client::new().put(format!("{}{STORE}/artifacts/1/a%20b.txt", older.url)).body("older")).await;
    drop(older);
    let flags = ["--artifacts-destination", &bucket.place()];
    let server = Served::start_as(folder.path(), &flags, &bucket.variables());
    let address = server.send(Method::GET, &format!("{STORE}/presigned/1/a%20b.txt"), None).await.ok();
    assert!(address["file_size"].is_null(), "with a size clients would fetch it in ranges: {address}");
    let url = address["url"].as_str().unwrap();
    assert!(url.starts_with(&server.url), "{url}");
    assert_eq!(ok(Client::new().get(url)).await.text().await.unwrap(), "older");
    server.send(Method::GET, &format!("{STORE}/presigned/1/nothing"), None).await.refused(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_clients_write_is_looked_at() {
    let yard = Yard::new("--default-artifact-root").await;
    assert!(yard.list("").await.is_empty());
    let weights = yard.address("model/weights").await;
    ok(to_address(&weights, "first")).await;
    ok(to_address(&yard.address("model/MLmodel").await, MLMODEL)).await;
    let again = to_address(&weights, "other").send().await.unwrap();
    assert_eq!(again.status().as_u16(), 412, "what is there is not replaced");
    assert_eq!(yard.list("").await, ["model"]);
    assert_eq!(yard.list("model").await, ["model/MLmodel", "model/weights"]);
    assert!(yard.list("model/weights").await.is_empty());

    let run = yard.server.get(&format!("runs/get?run_id={}", yard.run_id)).await.ok();
    let root = run["run"]["info"]["artifact_uri"].as_str().unwrap().to_owned();
    assert!(root.starts_with("s3://"), "{root}");
    let made = yard.register(format!("{root}/model")).await;
    assert!(made["status_message"].as_str().unwrap().contains("observed, not kept"), "{made}");
    assert_eq!(yard.registered_bytes("weights").await, b"first");
    let start = std::time::Instant::now();
    while yard.shown().await["observed"]["looked_at"].is_null() {
        assert!(start.elapsed() < PATIENCE, "{}", yard.server.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let shown = yard.shown().await;
    let digest = shown["observed"]["manifest_digest"].as_str().unwrap();
    assert!(yard.promote("Staging").await.contains(digest), "nothing was written since");

    // Somebody takes the file away around all of this, and the address makes another one.
    let file = root.strip_prefix("s3://").unwrap();
    fs::remove_file(yard.bucket.folder().join(file).join("model/weights")).unwrap();
    ok(to_address(&weights, "other")).await;
    assert!(yard.promote("Production").await.contains("'weights' has other bytes"));
    let fetched = json!({"run_id": yard.run_id, "path": "model/weights"});
    let address = yard.server.post("artifacts/presigned-download-url", fetched).await.ok();
    let got = ok(Client::new().get(address["presigned_url"].as_str().unwrap())).await;
    assert_eq!(got.text().await.unwrap(), "other");
    let nothing = json!({"run_id": yard.run_id, "path": "nothing"});
    yard.server.post("artifacts/presigned-download-url", nothing).await.refused(404);
}
