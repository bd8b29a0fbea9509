//! Deleted runs, logged models and experiments go for good once they have been deleted long enough; what versions need stays.

use reqwest::Method;
use serde_json::{Value, json};

use super::{HOUR_MS, Yard, get, keys, work};

/// What a purge counted.
async fn purge(yard: &Yard, wanted: Value) -> Value {
    yard.server.send(Method::POST, "/api/tiltyard/v1/purge", Some(wanted)).await.ok();
    work(&yard.server).await;
    let job = get(&yard.server, "purge").await;
    assert_eq!(job["state"], "done", "{job}");
    job["counts"].clone()
}

async fn delete_run(yard: &Yard, run_id: &str) {
    yard.server.post("runs/delete", json!({"run_id": run_id})).await.ok();
}

#[tokio::test]
async fn what_was_deleted_long_ago_is_gone_with_its_files() {
    let yard = Yard::new().await;
    let (old, folder) = yard.run().await;
    yard.put(&format!("{folder}/plot.png"), "p").await;
    delete_run(&yard, &old).await;
    yard.server.clock.advance_ms(2 * HOUR_MS);
    let (young, _) = yard.run().await;
    delete_run(&yard, &young).await;
    let (alive, alive_folder) = yard.run().await;
    yard.put(&format!("{alive_folder}/plot.png"), "q").await;
    let wanted = |dry_run| json!({"older_than_seconds": 3_600, "dry_run": dry_run});
    assert_eq!(purge(&yard, wanted(true)).await["runs"], 1);
    assert_eq!(yard.try_get(&format!("{folder}/plot.png")).await.as_deref(), Some("p"), "it was a dry run");
    let counts = purge(&yard, wanted(false)).await;
    assert_eq!((&counts["runs"], &counts["experiments"]), (&json!(1), &json!(0)));
    let restored = yard.server.post("runs/restore", json!({"run_id": old})).await;
    assert_eq!(restored.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(keys(&yard.folder("artifacts")), [format!("{alive_folder}/plot.png")]);
    yard.server.post("runs/restore", json!({"run_id": young})).await.ok();
    yard.server.get(&format!("runs/get?run_id={alive}")).await.ok();
    assert_eq!(purge(&yard, json!({})).await["runs"], 0, "thirty days is what can be restored");
}

#[tokio::test]
async fn what_a_version_came_from_stays_and_the_version_keeps_its_bytes() {
    let yard = Yard::new().await;
    let (run_id, folder) = yard.run().await;
    yard.put(&format!("{folder}/model/MLmodel"), "flavors: {python_function: {}}").await;
    let (number, pinned) = yard.register(&run_id).await;
    delete_run(&yard, &run_id).await;
    let now = json!({"older_than_seconds": 0});
    let counts = purge(&yard, now.clone()).await;
    assert_eq!((&counts["runs"], &counts["runs_kept_for_versions"]), (&json!(0), &json!(1)));
    assert!(yard.try_get(&format!("{pinned}/MLmodel")).await.is_some());
    yard.delete_version(&number).await;
    assert_eq!(purge(&yard, now).await["runs"], 1);
    assert!(keys(&yard.folder("artifacts")).is_empty());
}

#[tokio::test]
async fn an_experiment_goes_with_its_runs_and_logged_models_and_the_default_stays() {
    let yard = Yard::new().await;
    let server = &yard.server;
    let made = server.post("experiments/create", json!({"name": "e"})).await.ok();
    let id = made["experiment_id"].as_str().unwrap().to_owned();
    server.post("runs/create", json!({"experiment_id": id})).await.ok();
    let model = server.post("logged-models", json!({"experiment_id": id, "name": "l"})).await.ok();
    let model_id = model["model"]["info"]["model_id"].as_str().unwrap().to_owned();
    yard.put(&format!("{id}/models/{model_id}/artifacts/weights"), "w").await;
    let other = server.post("logged-models", json!({"experiment_id": id, "name": "deleted"})).await.ok();
    let path =
        format!("/api/2.0/mlflow/logged-models/{}", other["model"]["info"]["model_id"].as_str().unwrap());
    server.send(Method::DELETE, &path, None).await.ok();
    for experiment in [id.as_str(), "0"] {
        server.post("experiments/delete", json!({"experiment_id": experiment})).await.ok();
    }
    let dry = purge(&yard, json!({"older_than_seconds": 0, "dry_run": true})).await;
    assert_eq!((&dry["runs"], &dry["logged_models"]), (&json!(1), &json!(2)));
    let counts = purge(&yard, json!({"older_than_seconds": 0})).await;
    let counted = ["runs", "logged_models", "experiments"].map(|name| counts[name].as_i64().unwrap());
    assert_eq!(counted, [1, 2, 1], "also those that were not deleted by themselves");
    assert!(keys(&yard.folder("artifacts")).is_empty());
    server.post("experiments/restore", json!({"experiment_id": id})).await.refused(404);
    server.post("experiments/restore", json!({"experiment_id": "0"})).await.ok();
    let again = server.post("experiments/create", json!({"name": "e"})).await.ok();
    assert_ne!(again["experiment_id"], json!(id), "its folder is not another's");
    let wrong =
        server.send(Method::POST, "/api/tiltyard/v1/purge", Some(json!({"older_than_seconds": -1}))).await;
    wrong.refused(400);
}
