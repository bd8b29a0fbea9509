//! What is not as it was written is found, and nothing else.

use std::fs;

use serde_json::{Value, json};

use super::{Yard, done, findings};

#[tokio::test]
async fn missing_altered_and_unused_bytes_are_reported() {
    let yard = Yard::new().await;
    let (run_id, folder) = yard.run().await;
    yard.put(&format!("{folder}/model/MLmodel"), "pinned").await;
    let (_, pinned) = yard.register(&run_id).await;
    yard.put(&format!("{folder}/model/MLmodel"), "later").await;
    for key in ["0/good", "0/missing", "0/longer", "0/altered"] {
        yard.put(key, "bytes").await;
    }
    let sound = done(&yard.server, "fsck", json!({"deep": true})).await;
    assert_eq!(sound["findings"], 0);
    assert_eq!(sound["counts"]["files_checked"], 6);
    let root = yard.folder("artifacts");
    fs::remove_file(root.join("0/missing")).unwrap();
    fs::write(root.join("0/longer"), "more bytes").unwrap();
    fs::write(root.join("0/altered"), "BYTES").unwrap();
    fs::remove_file(root.join(format!("{folder}/model/MLmodel"))).unwrap();
    yard.leave("0/orphan", "x");
    done(&yard.server, "fsck", json!({})).await;
    let pinned_key = format!("missing {folder}/model/MLmodel");
    let shallow = vec![
        "missing 0/missing".to_owned(),
        pinned_key,
        "orphan 0/orphan".into(),
        "wrong_size 0/longer".into(),
    ];
    let mut expected = shallow.clone();
    expected.sort();
    assert_eq!(findings(&yard.server, "fsck").await, expected);
    let deep = done(&yard.server, "fsck", json!({"deep": true})).await;
    expected.push("altered 0/altered".to_owned());
    expected.sort();
    assert_eq!(findings(&yard.server, "fsck").await, expected);
    assert_eq!(deep["counts"]["missing"], 2);
    let listed =
        yard.server.send(reqwest::Method::GET, "/api/tiltyard/v1/jobs/fsck/findings", None).await.ok();
    let used_by = |finding: &Value| finding["used_by"].as_str().map(str::to_owned);
    let users: Vec<_> = listed["findings"].as_array().unwrap().iter().filter_map(used_by).collect();
    assert!(users.contains(&format!("{pinned}/MLmodel")), "{users:?}");
    yard.server.stop().await;
}

#[tokio::test]
async fn a_place_that_is_gone_is_named() {
    let yard = Yard::new().await;
    yard.put("0/a", "x").await;
    let server = yard.server.restart_with_artifacts_in("elsewhere").await;
    let folder = server.folder().to_owned();
    let server = {
        fs::rename(folder.join("artifacts"), folder.join("away")).unwrap();
        server.restart_with_artifacts_in("elsewhere").await
    };
    let job = done(&server, "fsck", json!({})).await;
    assert_eq!(job["counts"]["unreadable"], 2, "the file, and the place: {job}");
    let path = "/api/2.0/mlflow-artifacts/artifacts/0/a";
    let read = || server.send(reqwest::Method::GET, path, None);
    assert_eq!(read().await.refused(503), "TEMPORARILY_UNAVAILABLE");
    fs::rename(folder.join("away"), folder.join("artifacts")).unwrap();
    read().await.refused(503);
    server.clock.advance_ms(31_000);
    let url = format!("{}{path}", server.url);
    assert_eq!(server.client.get(url).send().await.unwrap().text().await.unwrap(), "x", "it was tried again");
    server.stop().await;
}

#[tokio::test]
async fn a_version_whose_files_cannot_be_looked_at_says_so() {
    let yard = Yard::new().await;
    let (run_id, folder) = yard.run().await;
    yard.put(&format!("{folder}/model/MLmodel"), "flavors: {}").await;
    let server = yard.server.restart_with_artifacts_in("elsewhere").await;
    fs::rename(server.folder().join("artifacts"), server.folder().join("away")).unwrap();
    let server = server.restart_with_artifacts_in("elsewhere").await;
    let source = format!("mlflow-artifacts:/{folder}/model");
    let new = json!({"name": "m", "source": source, "run_id": run_id});
    let made = server.post("model-versions/create", new).await.ok();
    let said = made["model_version"]["status_message"].as_str().unwrap();
    assert!(said.contains("'MLmodel' is in a place that could not be opened"), "{said}");
    server.stop().await;
}
