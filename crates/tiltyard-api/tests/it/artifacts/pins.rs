//! A version's bytes are frozen when it is registered, whatever happens to their paths afterwards.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_testkit::TestServer;
use tokio::task::JoinSet;

use super::{Artifacts, files_on_disk};

const MLMODEL: &str =
    "flavors:\n  python_function:\n    model_path: model.pkl\n    loader_module: mlflow.sklearn\n";

/// A run with a logged model in it, and a registered model without versions.
struct Yard {
    server: TestServer,
    run_id: String,
    folder: String,
}

impl Yard {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
        let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
        let folder = format!("0/{run_id}/artifacts/model");
        Self { server, run_id, folder }
    }

    async fn log(&self, path: &str, content: &str) {
        self.artifacts().put(&format!("{}/{path}", self.folder), content.to_owned()).await;
    }

    async fn log_model(&self, weights: &str) {
        self.log("MLmodel", MLMODEL).await;
        self.log("model.pkl", weights).await;
    }

    fn artifacts(&self) -> Artifacts<'_> {
        Artifacts::of(&self.server)
    }

    async fn register_from(&self, source: &str) -> Value {
        let body = json!({"name": "fraud", "source": source, "run_id": self.run_id});
        self.server.post("model-versions/create", body).await.ok()["model_version"].clone()
    }

    async fn register(&self) -> Value {
        self.register_from(&format!("mlflow-artifacts:/{}", self.folder)).await
    }

    /// The folder of the proxied routes at which a client downloads a version.
    async fn download_folder(&self, version: &str) -> String {
        let path = format!("model-versions/get-download-uri?name=fraud&version={version}");
        let uri = self.server.get(&path).await.ok()["artifact_uri"].as_str().unwrap().to_owned();
        uri.strip_prefix("mlflow-artifacts:/").expect("an address of the server's own").to_owned()
    }

    async fn content(&self, version: &str, path: &str) -> String {
        let folder = self.download_folder(version).await;
        String::from_utf8(self.artifacts().content(&format!("{folder}/{path}")).await).unwrap()
    }

    async fn shown(&self, version: &str) -> Value {
        let path = format!("/api/tiltyard/v1/models/fraud/versions/{version}");
        self.server.send(Method::GET, &path, None).await.ok()
    }

    fn files(&self) -> Vec<String> {
        files_on_disk(&self.server.folder().join("artifacts"))
    }
}

fn hexadecimal(content: &str) -> String {
    Sha256Digest::from_bytes(Sha256::digest(content).into()).to_string()
}

#[tokio::test]
async fn logging_to_the_path_again_leaves_the_versions_bytes() {
    let yard = Yard::new().await;
    yard.log_model("first").await;
    yard.register().await;
    yard.log("model.pkl", "second").await;
    yard.log("extra", "new").await;
    yard.register().await;
    assert_eq!(yard.content("1", "model.pkl").await, "first");
    assert_eq!(yard.content("2", "model.pkl").await, "second");
    assert_eq!(yard.artifacts().content(&format!("{}/model.pkl", yard.folder)).await, b"second");
    let folder = yard.download_folder("1").await;
    assert_eq!(yard.artifacts().names(&folder).await, ["MLmodel", "model.pkl"]);
    let got = format!("{}/model-versions/get-artifact?name=fraud&version=1&path=model.pkl", yard.server.url);
    assert_eq!(reqwest::get(got).await.unwrap().text().await.unwrap(), "first");
}

#[tokio::test]
async fn deleting_the_path_or_the_run_leaves_the_versions_bytes() {
    let yard = Yard::new().await;
    yard.log_model("kept").await;
    yard.register().await;
    yard.artifacts().delete(&yard.folder).await;
    yard.server.post("runs/delete", json!({"run_id": yard.run_id})).await.ok();
    assert_eq!(yard.artifacts().get(&format!("{}/model.pkl", yard.folder)).await.status.as_u16(), 404);
    assert_eq!(yard.content("1", "model.pkl").await, "kept");
    yard.log_model("another").await;
    assert_eq!(yard.content("1", "model.pkl").await, "kept");
    assert_eq!(yard.files().len(), 4);
}

#[tokio::test]
async fn the_manifest_and_one_digest_over_it_are_shown() {
    let yard = Yard::new().await;
    yard.log_model("weights").await;
    yard.register().await;
    let shown = yard.shown("1").await;
    let (mlmodel, weights) = (hexadecimal(MLMODEL), hexadecimal("weights"));
    assert_eq!(
        shown["manifest"],
        json!([
            {"path": "MLmodel", "size_bytes": MLMODEL.len(), "sha256": mlmodel},
            {"path": "model.pkl", "size_bytes": 7, "sha256": weights},
        ])
    );
    let text = format!("{mlmodel}  {}  MLmodel\n{weights}  7  model.pkl\n", MLMODEL.len());
    assert_eq!(shown["manifest_digest"], hexadecimal(&text));
    assert_eq!((&shown["verified"], &shown["unverified_reason"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_verified_is_registered_and_says_why() {
    let yard = Yard::new().await;
    let version = yard.register().await;
    assert_eq!(version["status"], "READY");
    assert_eq!(yard.shown("1").await["unverified_reason"], "there are no files at its source");
    yard.log("model.pkl", "weights").await;
    yard.register().await;
    assert_eq!(yard.shown("2").await["unverified_reason"], "it has no MLmodel file");
    yard.log("MLmodel", "flavors: [").await;
    yard.register().await;
    let reason = yard.shown("3").await["unverified_reason"].as_str().unwrap().to_owned();
    assert_eq!(
        reason,
        "its MLmodel file cannot be read: another kind of value belongs here (line 1, column 10)"
    );
    yard.log("MLmodel", &MLMODEL.replace("model.pkl", "gone.pkl")).await;
    yard.register().await;
    let reason = "its MLmodel file names 'gone.pkl', which is not there";
    assert_eq!(yard.shown("4").await["unverified_reason"], reason);
    let elsewhere = yard.register_from("s3://bucket/model").await;
    let reason = "its source lies outside this server's own artifact store";
    assert_eq!(yard.shown("5").await["unverified_reason"], reason);
    assert_eq!(elsewhere["source"], "s3://bucket/model");
    assert_eq!(yard.shown("5").await["verified"], false);
    let path = "model-versions/get-download-uri?name=fraud&version=5";
    assert_eq!(yard.server.get(path).await.ok()["artifact_uri"], "s3://bucket/model");
}

#[tokio::test]
async fn bytes_that_are_lost_on_disk_are_noticed() {
    let yard = Yard::new().await;
    yard.log_model("weights").await;
    std::fs::write(yard.server.folder().join("artifacts").join(&yard.folder).join("model.pkl"), "cut")
        .unwrap();
    yard.register().await;
    assert_eq!(yard.shown("1").await["unverified_reason"], "the bytes of 'model.pkl' are not there");
}

#[tokio::test]
async fn a_copy_has_the_bytes_of_its_original() {
    let yard = Yard::new().await;
    yard.log_model("original").await;
    yard.register().await;
    yard.log_model("changed").await;
    yard.server.post("registered-models/create", json!({"name": "copies"})).await.ok();
    let body = json!({"name": "copies", "source": "models:/fraud/1"});
    yard.server.post("model-versions/create", body).await.ok();
    let shown = yard.server.send(Method::GET, "/api/tiltyard/v1/models/copies/versions/1", None).await.ok();
    assert_eq!(shown["manifest_digest"], yard.shown("1").await["manifest_digest"]);
    assert_eq!(shown["verified"], true);
    let url = format!("{}/model-versions/get-artifact?name=copies&version=1&path=model.pkl", yard.server.url);
    assert_eq!(reqwest::get(&url).await.unwrap().text().await.unwrap(), "original");
    let body = json!({"name": "fraud", "version": "1"});
    yard.server.send(Method::DELETE, "/api/2.0/mlflow/model-versions/delete", Some(body)).await.ok();
    assert_eq!(reqwest::get(&url).await.unwrap().text().await.unwrap(), "original");
}

#[tokio::test]
async fn bytes_go_with_the_last_that_refers_to_them() {
    let yard = Yard::new().await;
    yard.log_model("first").await;
    yard.register().await;
    yard.register().await;
    yard.log_model("second").await;
    assert_eq!(yard.files().len(), 4);
    let delete = async |version: &str| {
        let body = json!({"name": "fraud", "version": version});
        yard.server.send(Method::DELETE, "/api/2.0/mlflow/model-versions/delete", Some(body)).await.ok();
    };
    let folder = yard.download_folder("1").await;
    delete("1").await;
    assert_eq!(yard.files().len(), 4, "version 2 still refers to them");
    assert_eq!(yard.artifacts().get(&format!("{folder}/model.pkl")).await.status.as_u16(), 404);
    assert_eq!(yard.content("2", "model.pkl").await, "first");
    delete("2").await;
    assert_eq!(yard.files().len(), 2, "only the path refers to any");
    yard.register().await;
    yard.server
        .send(Method::DELETE, "/api/2.0/mlflow/registered-models/delete", Some(json!({"name": "fraud"})))
        .await
        .ok();
    assert_eq!(yard.files().len(), 2, "the path still refers to them");
    assert_eq!(yard.artifacts().content(&format!("{}/model.pkl", yard.folder)).await, b"second");
    yard.artifacts().delete(&yard.folder).await;
    assert_eq!(yard.files(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_writes_or_deletes_what_a_version_pins() {
    let yard = Yard::new().await;
    yard.log_model("frozen").await;
    yard.register().await;
    let file = format!("{}/model.pkl", yard.download_folder("1").await);
    assert_eq!(yard.artifacts().try_put(&file, "thawed").await.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(yard.artifacts().delete(&file).await.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(yard.content("1", "model.pkl").await, "frozen");
    let server = yard.server.restart().await;
    assert_eq!(Artifacts::of(&server).content(&file).await, b"frozen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_registered_while_its_files_are_written_has_what_its_manifest_says() {
    let yard = Arc::new(Yard::new().await);
    yard.log_model("0").await;
    let mut tasks = JoinSet::new();
    for writer in 0..4 {
        let yard = Arc::clone(&yard);
        tasks.spawn(async move {
            for round in 0..10 {
                yard.log("model.pkl", &format!("{writer} {round}")).await;
            }
        });
    }
    let registering = Arc::clone(&yard);
    tasks.spawn(async move {
        for _ in 0..10 {
            let body = json!({"name": "fraud", "source": format!("mlflow-artifacts:/{}", registering.folder),
                "run_id": registering.run_id});
            let made = registering.server.post("model-versions/create", body).await;
            assert!([200, 503].contains(&made.status.as_u16()), "{}", made.body);
        }
    });
    tasks.join_all().await;
    yard.log_model("last").await;
    let last = yard.register().await["version"].as_str().unwrap().parse::<i64>().unwrap();
    for version in 1..=last {
        let version = version.to_string();
        let shown = yard.shown(&version).await;
        let content = yard.content(&version, "model.pkl").await;
        assert_eq!(shown["manifest"][1]["sha256"], hexadecimal(&content), "{version}");
    }
}
