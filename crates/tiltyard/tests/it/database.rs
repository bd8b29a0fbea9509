//! Databases that cannot be used, when the server starts and while it runs: it says which file, and what to do.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::served::{Served, refusal};

const ADDRESS: [&str; 2] = ["--backend-store-uri", "sqlite:///x.db"];
/// Where a database's header says which programs may write it.
const WRITE_VERSION: usize = 18;
const PAGE_BYTES: usize = 4096;

/// A database of ours that nobody uses, with nothing left beside it.
fn database() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    Served::start_with(folder.path(), &ADDRESS).kill();
    let path = folder.path().join("x.db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    (folder, path)
}

/// The server does not start, and says two lines: what is wrong with which file, and what to do.
#[track_caller]
fn does_not_start(folder: &Path, address: &[&str], parts: &[&str]) {
    let (code, said) = refusal(folder, address, &[]);
    assert_eq!(code, 1, "{said}");
    let lines: Vec<_> = said.lines().filter(|line| !line.contains("ERROR")).collect();
    let [error, next] = lines[..] else { panic!("{said}") };
    assert!(error.starts_with("error: ") && next.starts_with("  next: "), "{said}");
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn a_database_that_may_not_be_written_is_named_with_a_way_out() {
    let (folder, path) = database();
    let mut bytes = fs::read(&path).unwrap();
    bytes[WRITE_VERSION] = 3;
    fs::write(&path, bytes).unwrap();
    does_not_start(
        folder.path(),
        &ADDRESS,
        &["/x.db: ", "readonly", "let the user that runs the server write"],
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_named_with_a_way_out() {
    let folder = TempDir::new().unwrap();
    let address = ["--backend-store-uri", "sqlite:////proc/x.db"];
    does_not_start(folder.path(), &address, &["/proc/x.db", "let the user that runs the server write"]);
}

#[test]
fn a_damaged_database_is_named_with_a_way_out() {
    let (folder, path) = database();
    let mut bytes = fs::read(&path).unwrap();
    bytes[PAGE_BYTES..].fill(0xaa);
    fs::write(&path, bytes).unwrap();
    does_not_start(folder.path(), &ADDRESS, &["/x.db: ", "malformed", "put back a backup", ".recover"]);
}

#[test]
fn a_database_that_another_program_holds_is_named_with_a_way_out() {
    let (folder, path) = database();
    let holder = Connection::open(&path).unwrap();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; PRAGMA user_version = 1;")
        .unwrap();
    does_not_start(
        folder.path(),
        &ADDRESS,
        &["/x.db: ", "locked", "end the program that holds the database"],
    );
}

#[tokio::test]
async fn a_database_that_is_taken_away_from_a_running_server_is_named_in_its_log() {
    let folder = TempDir::new().unwrap();
    let served = Served::start_with(folder.path(), &ADDRESS);
    let holder = Connection::open(folder.path().join("x.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = served.post("experiments/create", json!({"name": "late"})).await;
    answer.refused(500);
    let log = served.kill();
    assert!(log.contains("/x.db: database is locked") && log.contains("fuser FILE"), "{log}");
}
