//! Bytes are collected, checked and moved: over HTTP as clients ask for it, with the work done step by step.

mod check;
mod collect;
mod leases;
mod purge;
mod random;
mod relocate;

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tiltyard_registry::jobs;
use tiltyard_testkit::{Answer, TestServer};

/// The test clock stands still long before files are written; from here on they count as years old.
const YEARS_MS: i64 = 100_000_000_000;
const HOUR_MS: i64 = 3_600_000;

/// Asks for a job.
async fn ask(server: &TestServer, job: &str, wanted: Value) -> Answer {
    server.send(Method::POST, &format!("/api/tiltyard/v1/store/{job}"), Some(wanted)).await
}

/// Asks for a job, works until nothing is left to do, and gives the job as it then stands.
async fn done(server: &TestServer, job: &str, wanted: Value) -> Value {
    ask(server, job, wanted).await.ok();
    work(server).await;
    let ended = get(server, job).await;
    assert_eq!(ended["state"], "done", "{ended}");
    ended
}

async fn work(server: &TestServer) {
    while jobs::work(&server.context).await.unwrap() {}
}

async fn get(server: &TestServer, job: &str) -> Value {
    server.send(Method::GET, &format!("/api/tiltyard/v1/jobs/{job}"), None).await.ok()
}

/// What a job found, as `kind key`, sorted.
async fn findings(server: &TestServer, job: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut page = String::new();
    loop {
        let path = format!("/api/tiltyard/v1/jobs/{job}/findings{page}");
        let answer = server.send(Method::GET, &path, None).await.ok();
        for finding in answer["findings"].as_array().into_iter().flatten() {
            found.push(format!("{} {}", finding["kind"].as_str().unwrap(), finding["key"].as_str().unwrap()));
        }
        match answer["next_page_token"].as_str() {
            Some(token) => page = format!("?page_token={token}"),
            None => break,
        }
    }
    found.sort();
    found
}

/// A store that is written to and looked at.
struct Yard {
    server: TestServer,
}

impl Yard {
    async fn new() -> Self {
        let server = TestServer::start().await;
        server.clock.advance_ms(YEARS_MS);
        server.post("registered-models/create", json!({"name": "m"})).await.ok();
        Self { server }
    }

    async fn put(&self, path: &str, content: &str) {
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", self.server.url);
        let answer = self.server.client.put(url).body(content.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }

    async fn try_get(&self, path: &str) -> Option<String> {
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", self.server.url);
        let answer = self.server.client.get(url).send().await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            return None;
        }
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        Some(answer.text().await.unwrap())
    }

    async fn delete(&self, path: &str) {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/{path}");
        self.server.send(Method::DELETE, &path, None).await.ok();
    }

    /// A run with these files below its artifacts; gives the folder of the artifacts.
    async fn run(&self) -> (String, String) {
        let run = self.server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
        let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        let folder = format!("0/{run_id}/artifacts");
        (run_id, folder)
    }

    /// Registers what lies in `model` of a run; gives the number and the path under which it is read.
    async fn register(&self, run_id: &str) -> (String, String) {
        let source = format!("mlflow-artifacts:/0/{run_id}/artifacts/model");
        let new = json!({"name": "m", "source": source, "run_id": run_id});
        let version = self.server.post("model-versions/create", new).await.ok();
        let number = version["model_version"]["version"].as_str().unwrap().to_owned();
        let path = format!("model-versions/get-download-uri?name=m&version={number}");
        let uri = self.server.get(&path).await.ok();
        let uri = uri["artifact_uri"].as_str().unwrap().trim_start_matches("mlflow-artifacts:/").to_owned();
        (number, uri)
    }

    async fn delete_version(&self, number: &str) {
        let named = json!({"name": "m", "version": number});
        self.server.send(Method::DELETE, "/api/2.0/mlflow/model-versions/delete", Some(named)).await.ok();
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.server.folder().join(name)
    }

    /// Bytes that a crash left behind before anything referred to them.
    fn leave(&self, key: &str, content: &str) {
        let path = self.folder("artifacts").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The keys under which bytes lie in a folder.
fn keys(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(each) = folders.pop() {
        for entry in fs::read_dir(each).unwrap() {
            let path = entry.unwrap().path();
            let key = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            let is_own = |part: &str| key.starts_with(&format!(".tiltyard/{part}"));
            if ["incoming", "uploads"].into_iter().any(is_own) {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { found.push(key) }
        }
    }
    found.sort();
    found
}
