//! Bytes move while they are read and written: no read fails, and no URI changes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;
use serde_json::json;
use tiltyard_registry::jobs;
use tokio::task::JoinSet;

use super::{Yard, ask, done, findings, keys, work};

/// A store with files of all kinds; gives paths and what they hold.
async fn filled(yard: &Yard) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for index in 0..40 {
        let (path, content) = (format!("0/files/{index}"), format!("content {index}"));
        yard.put(&path, &content).await;
        files.push((path, content));
    }
    for index in 0..10 {
        let (run_id, folder) = yard.run().await;
        yard.put(&format!("{folder}/model/MLmodel"), &format!("pinned {index}")).await;
        let (_, pinned) = yard.register(&run_id).await;
        files.push((format!("{pinned}/MLmodel"), format!("pinned {index}")));
        yard.put(&format!("{folder}/model/MLmodel"), &format!("later {index}")).await;
        files.push((format!("{folder}/model/MLmodel"), format!("later {index}")));
    }
    files
}

async fn elsewhere(yard: Yard) -> (Yard, String) {
    let server = yard.server.restart_with_artifacts_in("elsewhere").await;
    server.clock.advance_ms(super::YEARS_MS);
    let to = server.folder().join("elsewhere").to_string_lossy().into_owned();
    (Yard { server }, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_move_under_load_and_every_read_succeeds() {
    let yard = Yard::new().await;
    let files = Arc::new(filled(&yard).await);
    let (yard, to) = elsewhere(yard).await;
    let (stop, mut readers) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    for reader in 0..4 {
        let (files, stop, client) = (Arc::clone(&files), Arc::clone(&stop), yard.server.client.clone());
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts", yard.server.url);
        readers.spawn(async move {
            let mut reads = 0;
            while !stop.load(Ordering::Relaxed) || reads < files.len() {
                let (path, content) = &files[(reads + reader * 13) % files.len()];
                let answer = client.get(format!("{url}/{path}")).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK, "{path}");
                assert_eq!(&answer.text().await.unwrap(), content, "{path}");
                reads += 1;
            }
        });
    }
    yard.put("0/files/new", "written meanwhile").await;
    let job = done(&yard.server, "relocate", json!({"to": to, "remove_source": true})).await;
    stop.store(true, Ordering::Relaxed);
    readers.join_all().await;
    assert_eq!(job["counts"]["files_moved"], 60);
    assert_eq!(keys(&yard.folder("artifacts")), Vec::<String>::new(), "nothing is left where it was");
    assert_eq!(keys(&yard.folder("elsewhere")).len(), 61);
    let sound = done(&yard.server, "fsck", json!({"deep": true, "grace_seconds": 0})).await;
    assert_eq!(sound["findings"], 0);
    yard.server.stop().await;
}

#[tokio::test]
async fn the_old_bytes_stay_until_they_are_collected() {
    let yard = Yard::new().await;
    let files = filled(&yard).await;
    let before = keys(&yard.folder("artifacts"));
    let (yard, to) = elsewhere(yard).await;
    done(&yard.server, "relocate", json!({"to": to})).await;
    assert_eq!(keys(&yard.folder("artifacts")), before);
    assert_eq!(keys(&yard.folder("elsewhere")), before, "the copies have the same keys");
    let collected = done(&yard.server, "gc", json!({})).await;
    assert_eq!(collected["counts"]["removed"], 60);
    assert!(keys(&yard.folder("artifacts")).is_empty());
    for (path, content) in files {
        assert_eq!(yard.try_get(&path).await, Some(content));
    }
    yard.server.stop().await;
}

#[tokio::test]
async fn what_is_damaged_stays_where_it_is_and_is_named() {
    let yard = Yard::new().await;
    yard.put("0/good", "bytes").await;
    yard.put("0/altered", "bytes").await;
    yard.put("0/missing", "bytes").await;
    fs::write(yard.folder("artifacts").join("0/altered"), "BYTES").unwrap();
    fs::remove_file(yard.folder("artifacts").join("0/missing")).unwrap();
    let (yard, to) = elsewhere(yard).await;
    let job = done(&yard.server, "relocate", json!({"to": to.clone(), "remove_source": true})).await;
    assert_eq!(job["counts"]["files_moved"], 1);
    assert_eq!(findings(&yard.server, "relocate").await, ["altered 0/altered", "missing 0/missing"]);
    assert_eq!(keys(&yard.folder("artifacts")), ["0/altered"]);
    assert_eq!(keys(&yard.folder("elsewhere")), ["0/good"]);
    let unknown = format!("{to}/not");
    let refused = ask(&yard.server, "relocate", json!({"to": unknown})).await;
    assert!(
        refused.body["message"].as_str().unwrap().contains("--artifacts-destination"),
        "{}",
        refused.body
    );
    yard.server.stop().await;
}

/// A job that is broken off between two pieces goes on where it was.
#[tokio::test]
async fn a_move_that_was_broken_off_goes_on() {
    let yard = Yard::new().await;
    for index in 0..300 {
        yard.put(&format!("0/files/{index}"), "x").await;
    }
    let (yard, to) = elsewhere(yard).await;
    ask(&yard.server, "relocate", json!({"to": to})).await.ok();
    let mut worker = jobs::take_up(&yard.server.context).await.unwrap().unwrap();
    assert_eq!(worker.go_on().await.unwrap(), jobs::Went::On);
    drop(worker);
    let moved = keys(&yard.folder("elsewhere")).len();
    assert!(moved > 0 && moved < 300, "{moved}");
    assert_eq!(yard.try_get("0/files/0").await.unwrap(), "x");
    work(&yard.server).await;
    assert_eq!(keys(&yard.folder("elsewhere")).len(), moved, "it is held until its lease ends");
    yard.server.clock.advance_ms(super::HOUR_MS);
    work(&yard.server).await;
    assert_eq!(keys(&yard.folder("elsewhere")).len(), 300);
    assert_eq!(super::get(&yard.server, "relocate").await["counts"]["files_moved"], 300);
    yard.server.stop().await;
}
