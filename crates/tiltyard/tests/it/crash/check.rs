//! After a crash, over HTTP: what was acknowledged is there, what was asked and not acknowledged is there whole or not at
//! all.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tiltyard_testkit::Http;

use super::ledger::{Content, Holder, Ledger};
use super::load::ITEMS_PER_BATCH;

/// Checks the whole ledger. A move that was asked for and not acknowledged is settled by what is found.
pub(super) async fn acknowledged(http: &Http, ledger: &mut Ledger) {
    for ((model, number), source) in &ledger.versions {
        version(http, model, *number, source).await;
    }
    for ((model, pointer), holder) in &mut ledger.pointers {
        let found = holder_of(http, model, pointer).await;
        assert!(holder.permits(found), "{pointer} of {model} is {found:?}, which should be {holder:?}");
        *holder = Holder { acknowledged: found, asked: None };
    }
    for (run_id, batches) in &ledger.batches {
        let found = batches_of(http, run_id).await;
        let lost: Vec<_> = batches.iter().filter(|batch| !found.contains_key(batch)).collect();
        assert!(lost.is_empty(), "run {run_id} lost {lost:?}");
    }
    for (path, content) in std::mem::take(&mut ledger.uploads) {
        upload_cut_short(http, &path, content).await;
        ledger.artifacts.insert(path, AFTERWARDS);
    }
    for (path, content) in &ledger.artifacts {
        artifact(http, path, *content).await;
    }
}

async fn version(http: &Http, model: &str, number: i64, source: &str) {
    let shown = http.get(&format!("model-versions/get?name={model}&version={number}")).await.ok();
    let shown = &shown["model_version"];
    assert_eq!(shown["source"], source, "version {number} of {model}");
    assert_eq!(shown["tags"][0]["value"], source, "version {number} of {model} lost its tag");
}

async fn holder_of(http: &Http, model: &str, pointer: &str) -> Option<i64> {
    let shown = http.get(&format!("registered-models/get?name={model}")).await.ok();
    let shown = &shown["registered_model"];
    let held = |item: &Value| item["current_stage"] == pointer || item["alias"] == pointer;
    let all = ["latest_versions", "aliases"].map(|list| shown[list].as_array().cloned().unwrap_or_default());
    let found = all.iter().flatten().find(|item| held(item))?;
    found["version"].as_str().unwrap().parse().ok()
}

/// The batches of a run, each of which must be whole.
async fn batches_of(http: &Http, run_id: &str) -> BTreeMap<u64, u64> {
    let shown = http.get(&format!("runs/get?run_id={run_id}")).await.ok();
    let mut found = BTreeMap::new();
    for list in ["metrics", "params", "tags"] {
        for item in shown["run"]["data"][list].as_array().into_iter().flatten() {
            let key = item["key"].as_str().unwrap();
            // The tag that holds the run's name belongs to no batch.
            if let Some(batch) = key.split('.').next().and_then(|batch| batch.parse().ok()) {
                *found.entry(batch).or_default() += 1;
            }
        }
    }
    let half: Vec<_> = found.iter().filter(|(_, items)| **items != 3 * ITEMS_PER_BATCH).collect();
    assert!(half.is_empty(), "run {run_id} has halves of batches: {half:?}");
    found
}

/// What is sent to a path whose first upload the crash cut short.
const AFTERWARDS: Content = Content { seed: 7, size_bytes: 1_000 };

/// An upload that was not acknowledged is there whole or not at all, and its path can be written to.
async fn upload_cut_short(http: &Http, path: &str, content: Content) {
    if http.client.get(url(http, path)).send().await.unwrap().status() != 404 {
        artifact(http, path, content).await;
    }
    let again = http.client.put(url(http, path)).body(AFTERWARDS.bytes()).send().await.unwrap();
    assert!(again.status().is_success(), "{path} cannot be written to again: {}", again.status());
}

async fn artifact(http: &Http, path: &str, content: Content) {
    let answer = http.client.get(url(http, path)).send().await.unwrap();
    assert!(answer.status().is_success(), "{path} is lost: {}", answer.status());
    let found = Sha256::digest(answer.bytes().await.unwrap());
    assert_eq!(found, Sha256::digest(content.bytes()), "{path} has other bytes than were sent");
}

/// Where the proxy serves an artifact.
pub(super) fn url(http: &Http, path: &str) -> String {
    format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", http.url)
}
