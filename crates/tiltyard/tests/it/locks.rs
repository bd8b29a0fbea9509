//! Fifty writers at once, each with every kind of write: none is told that the database is locked, none gets a 5xx.

use serde_json::json;
use tempfile::TempDir;
use tiltyard_testkit::Http;
use tokio::task::JoinSet;

use crate::served::Served;

const WRITERS: usize = 50;
const ROUNDS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_writers_never_hear_of_a_lock() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    server.post("registered-models/create", json!({"name": "shared"})).await.ok();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let http = server.http();
        writers.spawn(async move {
            for round in 0..ROUNDS {
                write_everything(&http, &format!("{writer}-{round}")).await;
            }
        });
    }
    writers.join_all().await;
    let log = server.kill();
    assert!(!log.contains("locked") && !log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_folder_give_each_number_once() {
    let folder = TempDir::new().unwrap();
    let servers = [Served::start(folder.path()), Served::start(folder.path())];
    servers[0].post("registered-models/create", json!({"name": "shared"})).await.ok();
    let mut writers = JoinSet::new();
    for writer in 0..20 {
        let http = servers[writer % 2].http();
        writers.spawn(async move {
            let source = json!({"name": "shared", "source": "s3://elsewhere/m"});
            let made = http.post("model-versions/create", source).await.ok();
            made["model_version"]["version"].as_str().unwrap().parse::<i64>().unwrap()
        });
    }
    let mut numbers = writers.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    for server in servers {
        let log = server.kill();
        assert!(!log.contains("locked") && !log.contains("ERROR"), "{log}");
    }
}

/// One of each kind of write; `ok` fails on any status but a success.
async fn write_everything(http: &Http, name: &str) {
    let made = http.post("experiments/create", json!({"name": name})).await.ok();
    let experiment = made["experiment_id"].clone();
    let tag = json!({"experiment_id": experiment, "key": "k", "value": "v"});
    http.post("experiments/set-experiment-tag", tag).await.ok();
    let made = http.post("runs/create", json!({"experiment_id": experiment, "run_name": name})).await.ok();
    let run_id = made["run"]["info"]["run_id"].clone();
    log_to(http, &run_id).await;
    let source = json!({"name": "shared", "source": "s3://elsewhere/m", "run_id": run_id});
    let made = http.post("model-versions/create", source).await.ok();
    let version = made["model_version"]["version"].clone();
    let stage =
        json!({"name": "shared", "version": version, "stage": "Staging", "archive_existing_versions": true});
    http.post("model-versions/transition-stage", stage).await.ok();
    http.post("registered-models/alias", json!({"name": "shared", "alias": "a", "version": version}))
        .await
        .ok();
    http.post("runs/update", json!({"run_id": run_id, "status": "FINISHED", "end_time": 2})).await.ok();
    http.post("runs/delete", json!({"run_id": run_id})).await.ok();
}

async fn log_to(http: &Http, run_id: &serde_json::Value) {
    let metric = json!({"run_id": run_id, "key": "m", "value": 0.5, "timestamp": 1});
    http.post("runs/log-metric", metric).await.ok();
    http.post("runs/log-parameter", json!({"run_id": run_id, "key": "p", "value": "1"})).await.ok();
    http.post("runs/set-tag", json!({"run_id": run_id, "key": "t", "value": "1"})).await.ok();
    let metrics: Vec<_> =
        (0..20).map(|step| json!({"key": "loss", "value": 0.1, "timestamp": step, "step": step})).collect();
    http.post("runs/log-batch", json!({"run_id": run_id, "metrics": metrics})).await.ok();
}
