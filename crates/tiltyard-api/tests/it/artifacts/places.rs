//! The place of the bytes may change: what was written before is served from where it is, and no client sees a difference.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::json;
use tiltyard_registry::{Context, OwnStore, Settings, note_move};
use tiltyard_store::Store;
use tiltyard_testkit::{MovingClock, TestServer};

use super::{Artifacts, files_on_disk};

const MODEL: &str = "flavors:\n  python_function:\n    loader_module: m\n";

#[tokio::test]
async fn bytes_stay_where_they_are_when_new_ones_go_elsewhere() {
    let server = TestServer::start().await;
    let before = Artifacts::of(&server);
    before.put("0/a", "old").await;
    before.put("0/b", "written over").await;
    let server = server.restart_with_artifacts_in("elsewhere").await;
    let after = Artifacts::of(&server);
    assert_eq!(after.content("0/a").await, b"old");
    after.put("0/b", "new").await;
    after.put("0/c", "newer").await;
    assert_eq!((after.content("0/b").await, after.content("0/c").await), (b"new".into(), b"newer".into()));
    assert_eq!(files_on_disk(&server.folder().join("artifacts")), ["0/a"], "what was replaced is gone");
    assert_eq!(files_on_disk(&server.folder().join("elsewhere")), ["0/b", "0/c"]);
    assert_eq!(after.delete("0").await.status, StatusCode::OK);
    assert!(files_on_disk(&server.folder().join("artifacts")).is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_version_is_read_and_copied_from_the_place_it_was_registered_in() {
    let server = TestServer::start().await;
    let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let file = format!("0/{run_id}/artifacts/model/MLmodel");
    Artifacts::of(&server).put(&file, MODEL).await;
    let server = server.restart_with_artifacts_in("elsewhere").await;
    server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
    let source = format!("mlflow-artifacts:/0/{run_id}/artifacts/model");
    let new = json!({"name": "fraud", "source": source, "run_id": run_id});
    server.post("model-versions/create", new.clone()).await.ok();
    // The path's next bytes have the same key as the pinned ones, in another place.
    let artifacts = Artifacts::of(&server);
    artifacts.put(&file, "changed").await;
    let uri = server.get("model-versions/get-download-uri?name=fraud&version=1").await.ok();
    let pinned = uri["artifact_uri"].as_str().unwrap().trim_start_matches("mlflow-artifacts:/").to_owned();
    assert_eq!(artifacts.content(&format!("{pinned}/MLmodel")).await, MODEL.as_bytes());
    server
        .send(
            reqwest::Method::DELETE,
            "/api/2.0/mlflow/model-versions/delete",
            Some(json!({"name": "fraud", "version": "1"})),
        )
        .await
        .ok();
    assert_eq!(artifacts.content(&file).await, b"changed");
    assert!(files_on_disk(&server.folder().join("artifacts")).is_empty(), "nothing needs the old bytes");
    server.stop().await;
}

/// What lies where clients write is theirs: it may not come to be called unused.
#[tokio::test]
async fn no_place_of_the_servers_comes_to_lie_where_clients_write() {
    let yard = tempfile::tempdir().unwrap();
    let path = |name: &str| yard.path().join(name).to_string_lossy().into_owned();
    let store = Store::open_sqlite(&yard.path().join("tiltyard.db")).unwrap();
    let settings = Settings {
        default_artifact_root: path("runs"),
        own_store: Some(OwnStore::in_folder(&yard.path().join("own")).unwrap()),
        ..Settings::default()
    };
    Context::open(store.clone(), Arc::new(MovingClock::new()), settings).await.unwrap();
    for place in ["runs", "runs/below"] {
        let refused = note_move(&store, &path("own"), &path(place)).await.unwrap_err();
        assert!(refused.to_string().contains("--default-artifact-root"), "{refused}");
    }
    note_move(&store, &path("own"), &path("moved")).await.unwrap();
    let without_own = Settings { default_artifact_root: path("moved/runs"), ..Settings::default() };
    assert!(Context::open(store.clone(), Arc::new(MovingClock::new()), without_own).await.is_err());
}

#[tokio::test]
async fn an_experiment_is_not_kept_inside_a_place_of_the_servers() {
    let server = TestServer::start().await;
    let own = server.folder().join("artifacts");
    for location in [own.join("mine"), own.join("../artifacts/mine"), own.clone()] {
        let wanted = json!({"name": "e", "artifact_location": location});
        assert_eq!(server.post("experiments/create", wanted).await.refused(400), "INVALID_PARAMETER_VALUE");
    }
    let beside = json!({"name": "e", "artifact_location": server.folder().join("beside")});
    server.post("experiments/create", beside).await.ok();
    server.stop().await;
}
