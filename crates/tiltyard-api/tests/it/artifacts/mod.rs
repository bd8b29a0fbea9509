//! Artifacts over HTTP: what a client reads is what it wrote, and nothing outside the store is ever touched.

mod observed;
mod owned;
mod paths;
mod pins;
mod places;
mod racing;
mod streams;
mod tree;
mod uploads;

use reqwest::header::HeaderMap;
use reqwest::{Body, Client, Method, StatusCode};
use serde_json::Value;
use tiltyard_testkit::TestServer;

/// The server's store as a client of the proxied routes sees it.
struct Artifacts<'s> {
    server: &'s TestServer,
    client: Client,
}

/// An answer that may carry bytes.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    #[track_caller]
    fn refused(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        let body: Value = serde_json::from_slice(&self.bytes).expect("a refusal is JSON");
        body["error_code"].as_str().expect("a refusal has an error code").to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

impl<'s> Artifacts<'s> {
    fn of(server: &'s TestServer) -> Self {
        Self { server, client: Client::new() }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&'static str, &str)], body: Body) -> Got {
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts{path}", self.server.url);
        let mut request = self.client.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Got { status, headers, bytes: response.bytes().await.expect("a whole body").to_vec() }
    }

    async fn try_put(&self, path: &str, content: impl Into<Body>) -> Got {
        self.send(Method::PUT, &format!("/{path}"), &[], content.into()).await
    }

    async fn put(&self, path: &str, content: impl Into<Body>) {
        let got = self.try_put(path, content).await;
        assert_eq!(got.status, StatusCode::OK, "{}", String::from_utf8_lossy(&got.bytes));
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, &format!("/{path}"), &[], Body::default()).await
    }

    async fn get_part(&self, path: &str, range: &str) -> Got {
        self.send(Method::GET, &format!("/{path}"), &[("range", range)], Body::default()).await
    }

    /// The bytes of a file that must be there.
    async fn content(&self, path: &str) -> Vec<u8> {
        let got = self.get(path).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        got.bytes
    }

    async fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, &format!("/{path}"), &[], Body::default()).await
    }

    /// Names in a folder; those of folders end in `/`.
    async fn names(&self, folder: &str) -> Vec<String> {
        let got = self.send(Method::GET, &format!("?path={folder}"), &[], Body::default()).await;
        assert_eq!(got.status, StatusCode::OK, "{}", String::from_utf8_lossy(&got.bytes));
        let body: Value = serde_json::from_slice(&got.bytes).expect("JSON");
        let files = body["files"].as_array().cloned().unwrap_or_default();
        let name = |file: &Value| {
            let mark = if file["is_dir"] == true { "/" } else { "" };
            format!("{}{mark}", file["path"].as_str().expect("a path"))
        };
        files.iter().map(name).collect()
    }
}

/// Every file below a folder, as text.
fn files_on_disk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(each) = folders.pop() {
        for entry in std::fs::read_dir(each).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                found.push(path.strip_prefix(folder).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
