//! A server whose artifacts are sealed: clients notice nothing, the disk gives nothing away, and the wrong key opens nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::Method;
use tempfile::TempDir;

use crate::served::{Served, refusal};

const MARKER: &str = "weights that nobody may find on the disk";

/// A key file in the folder, of one key.
fn key_file(folder: &Path, name: &str, digit: char) -> String {
    let path = folder.join(name);
    fs::write(&path, String::from(digit).repeat(64)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Whether any file below the folder holds the marker.
fn is_found(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_found(&path);
        }
        fs::read(&path).unwrap().windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
    })
}

#[tokio::test]
async fn a_server_seals_its_artifacts_and_starts_with_the_right_key_alone() {
    let folder = TempDir::new().unwrap();
    let (right, wrong) = (key_file(folder.path(), "right", 'a'), key_file(folder.path(), "wrong", 'b'));
    let sealed = ["--artifacts-seal-key-file", &right];
    let server = Served::start_with(folder.path(), &sealed);
    let path = "/api/2.0/mlflow-artifacts/artifacts/model/weights";
    let content = MARKER.repeat(10_000);
    let put = server.client.put(format!("{}{path}", server.url)).body(content.clone()).send().await.unwrap();
    assert!(put.status().is_success());
    assert!(!is_found(folder.path()), "plain bytes are on the disk");
    server.kill();

    let server = Served::start_with(folder.path(), &sealed);
    let whole =
        server.client.get(format!("{}{path}", server.url)).send().await.unwrap().bytes().await.unwrap();
    assert!(whole == content.as_bytes());
    let part = server.client.get(format!("{}{path}", server.url)).header("range", "bytes=65530-65545");
    let part = part.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(part, content.as_bytes()[65_530..=65_545]);
    let listed = server.send(Method::GET, "/api/2.0/mlflow-artifacts/artifacts?path=model", None).await.ok();
    assert_eq!(listed["files"][0]["file_size"], content.len());
    server.kill();

    let without = refusal(folder.path(), &[], &[]);
    assert!(without.0 == 1 && without.1.contains("--artifacts-seal-key-file"), "{without:?}");
    let other = refusal(folder.path(), &[], &[("TILTYARD_ARTIFACTS_SEAL_KEY_FILE", &wrong)]);
    assert!(other.0 == 1 && other.1.contains("which the key file does not hold"), "{other:?}");
    fs::set_permissions(&right, fs::Permissions::from_mode(0o644)).unwrap();
    let open = refusal(folder.path(), &sealed, &[]);
    assert!(open.0 == 1 && open.1.contains("chmod"), "{open:?}");
    let nothing = refusal(folder.path(), &["--artifacts-seal-key-file", &right, "--no-serve-artifacts"], &[]);
    assert!(nothing.0 == 2 && nothing.1.contains("there is none"), "{nothing:?}");
}
