//! Artifacts of runs, as MLflow's web page asks for them.

use reqwest::{Client, Method};
use serde_json::json;
use tiltyard_testkit::TestServer;

use super::Artifacts;

#[tokio::test]
async fn the_artifacts_of_a_run_are_listed_and_sent() {
    let server = TestServer::start().await;
    let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let artifacts = Artifacts::of(&server);
    for path in ["model/MLmodel", "model/data/x", "plot.png"] {
        artifacts.put(&format!("0/{run_id}/artifacts/{path}"), "12345").await;
    }
    let list = server.get(&format!("artifacts/list?run_id={run_id}")).await.ok();
    assert_eq!(
        list,
        json!({
            "root_uri": format!("mlflow-artifacts:/0/{run_id}/artifacts"),
            "files": [{"path": "model", "is_dir": true}, {"path": "plot.png", "is_dir": false, "file_size": 5}],
        })
    );
    let below = server.get(&format!("artifacts/list?run_uuid={run_id}&path=model")).await.ok();
    assert_eq!(below["files"][0], json!({"path": "model/MLmodel", "is_dir": false, "file_size": 5}));
    assert_eq!(below["files"][1], json!({"path": "model/data", "is_dir": true}));
    let got = Client::new()
        .get(format!("{}/get-artifact?run_id={run_id}&path=model%2FMLmodel", server.url))
        .send()
        .await
        .unwrap();
    assert_eq!(got.headers()["content-type"], "text/plain");
    assert_eq!(got.text().await.unwrap(), "12345");
}

#[tokio::test]
async fn a_web_page_uploads_a_small_file_to_a_run() {
    let server = TestServer::start().await;
    let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let upload = async |path: &str, content: Vec<u8>| {
        let url = format!("{}/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run_id}&path={path}", server.url);
        Client::new().post(url).body(content).send().await.unwrap().status().as_u16()
    };
    assert_eq!(upload("notes/a.txt", b"hello".to_vec()).await, 200);
    assert_eq!(Artifacts::of(&server).content(&format!("0/{run_id}/artifacts/notes/a.txt")).await, b"hello");
    assert_eq!(upload("empty", Vec::new()).await, 400);
    assert_eq!(upload("large", vec![0; 10 * 1024 * 1024 + 1]).await, 400);
    assert_eq!(upload("..%2Fx", b"x".to_vec()).await, 400);
}

#[tokio::test]
async fn artifacts_that_are_elsewhere_are_not_reached_for() {
    let server = TestServer::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for location in ["file:///etc", "s3://bucket/x", &format!("ftp://127.0.0.1:{port}/x")] {
        let body = json!({"name": location, "artifact_location": location});
        let made = server.post("experiments/create", body).await;
        if made.status.as_u16() != 200 {
            continue;
        }
        let run = server.post("runs/create", json!({"experiment_id": made.body["experiment_id"]})).await.ok();
        let run_id = run["run"]["info"]["run_id"].as_str().unwrap();
        let list = server.get(&format!("artifacts/list?run_id={run_id}")).await;
        assert_eq!(list.refused(501), "NOT_IMPLEMENTED", "{location}");
        let path = format!("/get-artifact?run_id={run_id}&path=passwd");
        assert_eq!(server.send(Method::GET, &path, None).await.refused(501), "NOT_IMPLEMENTED", "{location}");
    }
    assert!(listener.accept().is_err(), "nobody connected");
}

#[tokio::test]
async fn presigned_addresses_are_refused_in_mlflows_words() {
    let server = TestServer::start().await;
    let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run_id = run["run"]["info"]["run_id"].clone();
    let ask = async |what: &str, body| server.post(&format!("artifacts/presigned-{what}-url"), body).await;
    let up = ask("upload", json!({"run_id": run_id, "path": "x"})).await;
    assert_eq!(up.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(
        up.body["message"],
        "Presigned upload is not supported for proxied artifact storage (artifact URI scheme: mlflow-artifacts). This \
         endpoint requires a direct cloud storage artifact URI."
    );
    let down = ask("download", json!({"run_id": run_id, "path": "x"})).await;
    assert_eq!(
        down.body["message"],
        "Presigned download is not supported for runs with proxied artifact storage (artifact URI scheme: \
         mlflow-artifacts). This endpoint requires a run with a direct cloud storage artifact URI."
    );
    let late = ask("download", json!({"run_id": run_id, "path": "x", "expiration": 0})).await;
    assert_eq!(late.body["message"], "expiration must be between 1 and 604800 seconds (got 0).");
    let both = ask("upload", json!({"run_id": run_id, "model_id": "m-1", "path": "x"})).await;
    assert_eq!(both.body["message"], "Exactly one of run_id and model_id must be provided.");
    assert_eq!(ask("upload", json!({"run_id": "none", "path": "../x"})).await.status.as_u16(), 400);
    assert_eq!(
        ask("upload", json!({"run_id": "none", "path": "x"})).await.refused(404),
        "RESOURCE_DOES_NOT_EXIST"
    );
}
