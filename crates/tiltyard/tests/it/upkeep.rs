//! `tiltyard gc`, `fsck` and `store`: the server does the work, the command follows it, and the exit code tells.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::fs;

use crate::program::{Program, folder_with};

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
