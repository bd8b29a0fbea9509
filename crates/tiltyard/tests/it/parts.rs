//! Servers with a part switched off: what `--no-serve-artifacts` and `--artifacts-only` leave, and what the rest answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::served::Served;

const STORE: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// The routes of one part, with something in the place of each parameter.
fn routes_of(part: &str) -> Vec<(Method, String)> {
    let table = tiltyard_api::describe_routes();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let filled = |path: &str| {
        let fill = |segment| if str::starts_with(segment, '{') { "x" } else { segment };
        path.split('/').map(fill).collect::<Vec<_>>().join("/")
    };
    let found: Vec<_> =
        rows.filter(|row| row[2] == part).map(|row| (row[0].parse().unwrap(), filled(row[1]))).collect();
    assert!(!found.is_empty(), "no route of {part}");
    found
}

async fn is_switched_off(server: &Served, method: Method, path: &str) -> bool {
    let answer = server.send(method, path, Some(json!({}))).await;
    let says = |part: &str| answer.body["message"].as_str().is_some_and(|message| message.contains(part));
    answer.status == 501 && answer.body["error_code"] == "NOT_IMPLEMENTED" && says("disabled due to")
}

/// Exactly the routes of one part say that they are switched off.
async fn only_this_part_is_off(server: &Served, off: &str) {
    for part in ["Server", "Registry", "ArtifactStore"] {
        for (method, path) in routes_of(part) {
            let is_off = is_switched_off(server, method.clone(), &path).await;
            assert_eq!(is_off, part == off, "{method} {path}");
        }
    }
}

async fn made(server: &Served, path: &str, body: Value) -> Value {
    server.post(path, body).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_artifact_store_clients_are_sent_to_the_folder() {
    let folder = TempDir::new().unwrap();
    let server = Served::start_with(folder.path(), &["--no-serve-artifacts"]);
    only_this_part_is_off(&server, "ArtifactStore").await;
    let root = folder.path().canonicalize().unwrap().join("mlruns");
    let root = root.to_str().unwrap();
    let id = made(&server, "experiments/create", json!({"name": "e"})).await["experiment_id"].clone();
    let id = id.as_str().unwrap();
    let shown = server.get(&format!("experiments/get?experiment_id={id}")).await.ok();
    assert_eq!(shown["experiment"]["artifact_location"], format!("{root}/{id}"));
    let run = made(&server, "runs/create", json!({"experiment_id": id})).await["run"]["info"].clone();
    let run_id = run["run_id"].as_str().unwrap();
    assert_eq!(run["artifact_uri"], format!("{root}/{id}/{run_id}/artifacts"));
    let model = made(&server, "logged-models", json!({"experiment_id": id})).await["model"]["info"].clone();
    let model_id = model["model_id"].as_str().unwrap();
    assert_eq!(model["artifact_uri"], format!("{root}/{id}/models/{model_id}/artifacts"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_clients_keep_in_the_folder_that_the_server_names_are_shown() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().canonicalize().unwrap().join("shared");
    for flags in [
        &["--default-artifact-root", "shared", "--no-serve-artifacts"][..],
        &["--default-artifact-root", "shared"],
    ] {
        let server = Served::start_with(folder.path(), flags);
        let name = format!("{} flags", flags.len());
        let id = made(&server, "experiments/create", json!({"name": name})).await["experiment_id"].clone();
        let run = made(&server, "runs/create", json!({"experiment_id": id})).await["run"]["info"].clone();
        let (run_id, uri) = (run["run_id"].as_str().unwrap(), run["artifact_uri"].as_str().unwrap());
        assert!(uri.starts_with(root.to_str().unwrap()), "{uri}");
        std::fs::create_dir_all(uri).unwrap();
        std::fs::write(format!("{uri}/written.txt"), "by the client").unwrap();
        let list = server.get(&format!("artifacts/list?run_id={run_id}")).await;
        assert_eq!(list.ok()["files"][0]["path"], "written.txt");
        let file = format!("{}/get-artifact?run_id={run_id}&path=written.txt", server.url);
        let bytes = server.client.get(&file).send().await.unwrap().text().await.unwrap();
        assert_eq!(bytes, "by the client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_server_serves_its_store_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let server = Served::start_with(folder.path(), &["--artifacts-only"]);
    let url = format!("{}{STORE}/a/b.txt", server.url);
    assert_eq!(server.client.put(&url).body("bytes").send().await.unwrap().status(), 200);
    assert_eq!(server.client.get(&url).send().await.unwrap().text().await.unwrap(), "bytes");
    let list = server.send(Method::GET, &format!("{STORE}?path=a"), None).await.ok();
    assert_eq!(list["files"], json!([{"path": "b.txt", "is_dir": false, "file_size": 5}]));
    assert_eq!(server.client.delete(&url).send().await.unwrap().status(), 200);
    assert_eq!(server.client.get(&url).send().await.unwrap().status(), 404);
    only_this_part_is_off(&server, "Registry").await;
}
