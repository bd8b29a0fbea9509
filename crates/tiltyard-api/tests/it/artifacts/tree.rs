//! Writing, reading, listing and deleting, as stock clients do it.

use reqwest::{Body, Method};
use serde_json::json;
use tiltyard_testkit::TestServer;

use super::{Artifacts, files_on_disk};

#[tokio::test]
async fn a_file_is_read_back_with_the_headers_that_mlflow_sends() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    artifacts.put("1/r/artifacts/MLmodel", "flavors: {}\n").await;
    let got = artifacts.get("1/r/artifacts/MLmodel").await;
    assert_eq!(got.bytes, b"flavors: {}\n");
    assert_eq!(got.header("content-type"), "text/plain");
    assert_eq!(got.header("content-length"), "12");
    assert_eq!(got.header("content-disposition"), "attachment; filename=MLmodel");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert_eq!(got.header("accept-ranges"), "bytes");
    assert_eq!(got.header("etag").len(), 66, "the digest in quotes");
    let head = artifacts.send(Method::HEAD, "/1/r/artifacts/MLmodel", &[], Body::default()).await;
    assert_eq!((head.header("content-length"), head.bytes.len()), ("12", 0));
    assert_eq!(files_on_disk(&server.folder().join("artifacts")), ["1/r/artifacts/MLmodel"]);
}

#[tokio::test]
async fn parts_of_a_file_are_read() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    artifacts.put("f", "0123456789").await;
    let got = artifacts.get_part("f", "bytes=2-4").await;
    assert_eq!((got.status.as_u16(), got.bytes.as_slice()), (206, &b"234"[..]));
    assert_eq!((got.header("content-range"), got.header("content-length")), ("bytes 2-4/10", "3"));
    let beyond = artifacts.get_part("f", "bytes=10-").await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, "bytes */10"));
    let (changed, range) = (("if-range", "\"another\""), ("range", "bytes=2-4"));
    let whole = artifacts.send(Method::GET, "/f", &[changed, range], Body::default()).await;
    assert_eq!((whole.status.as_u16(), whole.bytes.len()), (200, 10));
}

#[tokio::test]
async fn names_of_every_language_and_empty_files_are_kept() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    for name in ["n%C3%A4me%20x.json", "%E6%A8%A1%E5%9E%8B/%F0%9F%90%8E", "a%25b", "a+b&c=d"] {
        artifacts.put(&format!("u/{name}"), name.to_owned()).await;
        assert_eq!(artifacts.content(&format!("u/{name}")).await, name.as_bytes());
    }
    let got = artifacts.get("u/n%C3%A4me%20x.json").await;
    let expected = "attachment; filename=\"n_me x.json\"; filename*=UTF-8''n%C3%A4me%20x.json";
    assert_eq!(got.header("content-disposition"), expected);
    assert_eq!(artifacts.names("u").await, ["a%b", "a+b&c=d", "näme x.json", "模型/"]);
    artifacts.put("u/empty", "").await;
    assert_eq!(artifacts.content("u/empty").await, b"");
    let list = artifacts.send(Method::GET, "?path=u", &[], Body::default()).await;
    let list: serde_json::Value = serde_json::from_slice(&list.bytes).unwrap();
    assert_eq!(list["files"][2], json!({"path": "empty", "is_dir": false}), "MLflow omits a size of 0");
    assert_eq!(list["files"][0], json!({"path": "a%b", "is_dir": false, "file_size": 5}));
}

#[tokio::test]
async fn a_list_shows_one_level_by_name_and_passes_over_large_folders() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    for path in ["D.txt", "d/a", "d/b/c", "d.txt", "d0", "d!", "e/deep/er"] {
        artifacts.put(&format!("x/{path}"), "1").await;
    }
    for number in 0..300 {
        artifacts.put(&format!("x/many/{number}"), "1").await;
    }
    artifacts.put("x/many-more", "1").await;
    artifacts.put("x/many0", "1").await;
    assert_eq!(
        artifacts.names("x").await,
        ["D.txt", "d/", "d!", "d.txt", "d0", "e/", "many/", "many-more", "many0"]
    );
    assert_eq!(artifacts.names("x/many").await.len(), 300);
    assert_eq!(artifacts.names("x/d/").await, ["a", "b/"]);
    assert_eq!(artifacts.names("").await, ["x/"]);
    assert_eq!(artifacts.names("x/d.txt").await, Vec::<String>::new(), "a file has no entries");
    assert_eq!(artifacts.names("none").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_path_that_is_written_again_gives_the_new_bytes_and_the_old_ones_go() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    artifacts.put("a/b", "old").await;
    artifacts.put("a/b", "newer").await;
    assert_eq!(artifacts.content("a/b").await, b"newer");
    artifacts.put("a/b", "newest").await;
    assert_eq!(artifacts.content("a/b").await, b"newest");
    assert_eq!(files_on_disk(&server.folder().join("artifacts")).len(), 1);
}

#[tokio::test]
async fn what_is_a_file_cannot_become_a_folder_nor_the_other_way_round() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    artifacts.put("a/b", "1").await;
    assert_eq!(artifacts.try_put("a/b/c", "2").await.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(
        artifacts.try_put("a/b/c/d/e/f/g/h/i/j/k/l", "2").await.refused(400),
        "INVALID_PARAMETER_VALUE"
    );
    assert_eq!(artifacts.try_put("a", "2").await.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(artifacts.get("a").await.refused(400), "INVALID_PARAMETER_VALUE");
    assert_eq!(artifacts.get("a/c").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(artifacts.get("a/b/c").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    artifacts.delete("a").await;
    artifacts.put("a", "now a file").await;
    assert_eq!(artifacts.content("a").await, b"now a file");
}

#[tokio::test]
async fn files_and_folders_are_deleted() {
    let server = TestServer::start().await;
    let artifacts = Artifacts::of(&server);
    for path in ["r/a", "r/b/c", "r/b/d", "r-other", "r.txt"] {
        artifacts.put(path, "1").await;
    }
    for number in 0..501 {
        artifacts.put(&format!("r/many/{number}"), "1").await;
    }
    assert_eq!(artifacts.delete("r/a").await.bytes, b"{}");
    assert_eq!(artifacts.names("r").await, ["b/", "many/"]);
    assert_eq!(artifacts.delete("r").await.bytes, b"{}");
    assert_eq!(artifacts.delete("r").await.bytes, b"{}", "what is not there is no error, as in MLflow");
    assert_eq!(artifacts.names("").await, ["r-other", "r.txt"]);
    assert_eq!(files_on_disk(&server.folder().join("artifacts")), ["r-other", "r.txt"]);
}

#[tokio::test]
async fn a_store_on_the_servers_disk_has_no_presigned_addresses() {
    let server = TestServer::start().await;
    let presigned = server.send(Method::GET, "/api/2.0/mlflow-artifacts/presigned/1/r/x", None).await;
    assert_eq!(presigned.refused(501), "NOT_IMPLEMENTED");
    let message = presigned.body["message"].as_str().unwrap();
    assert_eq!(message, "Multipart download is not supported for the current artifact repository");
}

#[tokio::test]
async fn artifacts_of_unknown_owners_are_not_found() {
    let server = TestServer::start().await;
    let get = async |path: &str| server.send(Method::GET, path, None).await;
    for path in [
        "/api/2.0/mlflow/artifacts/list?run_id=none",
        "/get-artifact?run_uuid=none&path=x",
        "/model-versions/get-artifact?name=none&version=1&path=x",
        "/api/2.0/mlflow/logged-models/m-none/artifacts/directories",
        "/ajax-api/2.0/mlflow/logged-models/m-none/artifacts/files?artifact_file_path=x",
    ] {
        assert_eq!(get(path).await.refused(404), "RESOURCE_DOES_NOT_EXIST", "{path}");
    }
    for path in [
        "/api/2.0/mlflow/artifacts/list",
        "/get-artifact?run_id=none",
        "/model-versions/get-artifact?name=none&path=x",
        "/ajax-api/2.0/mlflow/logged-models/m-none/artifacts/files",
    ] {
        assert_eq!(get(path).await.status.as_u16(), 400, "{path}");
    }
}
