//! `tiltyard gc`, `fsck` and `store`: the server does the work, the command follows it, and the exit code tells.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::fs;

use tempfile::TempDir;

use crate::program::{Program, folder_with};
use crate::served::Served;

#[test]
fn the_server_is_asked_to_collect_and_check() {
    let program = Program::on_server();
    let store = program.data().join("mlartifacts");
    let model = folder_with(&[("MLmodel", "flavors: {python_function: {}}\n")]);
    program.run(&["versions", "register", "m", "--folder", &model, "--yes"]).succeeds();
    fs::create_dir_all(store.join("0")).unwrap();
    fs::write(store.join("0/left"), "by a crash").unwrap();
    program.run(&["gc"]).fails(2).says("--yes");
    program.run(&["gc", "--grace", "soon"]).fails(2);
    program.run(&["gc", "--dry-run"]).succeeds().says("young");
    let dry = program.run(&["gc", "--dry-run", "--grace", "0s", "--json"]).json();
    assert_eq!(dry["findings"][0]["key"], "0/left");
    assert_eq!((&dry["job"]["state"], &dry["job"]["counts"]["orphan_bytes"]), (&"done".into(), &10.into()));
    assert!(store.join("0/left").exists());
    program.run(&["fsck", "--grace", "0s"]).succeeds().says("0/left").says("tiltyard gc");
    program.run(&["gc", "--yes", "--grace", "0s"]).succeeds().says("removed");
    assert!(!store.join("0/left").exists());
    program.run(&["fsck", "--deep"]).succeeds().says("files_checked");
    let found = find(&store, "MLmodel");
    fs::write(&found, "flavors: {python_function: []}\n").unwrap();
    program.run(&["fsck"]).succeeds();
    program.run(&["fsck", "--deep"]).fails(1).says("altered").says("1 files are not as they were written");
    fs::remove_file(found).unwrap();
    program.run(&["fsck"]).fails(1).says("missing");
    program.run(&["store", "jobs"]).succeeds().says("fsck").says("done");
}

#[test]
fn what_was_deleted_is_purged_when_it_is_old_enough() {
    let program = Program::on_server();
    program.run(&["purge"]).fails(2).says("--yes");
    program.run(&["purge", "--older-than", "soon"]).fails(2);
    program.run(&["purge", "--dry-run"]).succeeds().says("runs");
    let done = program.run(&["purge", "--older-than", "0s", "--yes", "--json"]).json();
    assert_eq!((&done["job"]["name"], &done["job"]["counts"]["runs"]), (&"purge".into(), &0.into()));
}

#[test]
fn bytes_are_moved_to_where_the_server_keeps_new_ones_and_nowhere_else() {
    let program = Program::on_server();
    let model = folder_with(&[("MLmodel", "flavors: {python_function: {}}\n")]);
    program.run(&["versions", "register", "m", "--folder", &model, "--yes"]).succeeds();
    program.run(&["store", "relocate", "--to", "/etc"]).fails(1).says("--artifacts-destination");
    let here = program.data().canonicalize().unwrap().join("mlartifacts");
    let moved = program.run(&["store", "relocate", "--to", here.to_str().unwrap(), "--json"]).json();
    assert_eq!(moved["job"]["state"], "done", "there was nothing to move: {moved}");
}

#[test]
fn a_move_is_noted_once_the_bytes_are_there() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().canonicalize().unwrap().join(name).to_str().unwrap().to_owned();
    let database = format!("sqlite:///{}", at("tiltyard.db"));
    let model = folder_with(&[("MLmodel", "flavors: {python_function: {}}\n")]);
    let program = Program::alone();
    let server = Served::start(folder.path());
    let register = ["versions", "register", "m", "--folder", &model, "--yes", "--server", &server.url];
    program.run(&register).succeeds();
    server.kill();
    let note =
        |from: &str, to: &str| program.run(&["moved", "--backend-store-uri", &database, &at(from), &at(to)]);
    note("mlartifacts", "new").fails(1).says("there is no folder").says("bring the bytes there first");
    fs::create_dir(at("new")).unwrap();
    note("elsewhere", "new").fails(1).says("The database knows of").says("mlartifacts");
    fs::remove_dir(at("new")).unwrap();
    fs::rename(at("mlartifacts"), at("new")).unwrap();
    note("mlartifacts", "new").succeeds().says("looked for in");
    let server = Served::start_with(folder.path(), &["--artifacts-destination", &at("new")]);
    program.run(&["fsck", "--deep", "--server", &server.url]).succeeds().says("files_checked");
}

/// The only file of that name.
fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(each) = folders.pop() {
        for entry in fs::read_dir(each).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with(name) {
                return path;
            }
        }
    }
    panic!("there is no {name}");
}
