//! A folder goes up as a version and comes down again, as a pipeline does it: nobody watches, and programs read along.

use std::fs;

use serde_json::Value;

use crate::program::{Program, folder_with, read, unique};

/// More than the client and the server hold at once.
const LARGE: usize = 3_000_000;

#[test]
fn every_file_comes_back_byte_for_byte_and_nothing_is_drawn_where_no_terminal_is() {
    let (program, name) = (Program::on_server(), unique("transfer"));
    let large = "joust ".repeat(LARGE / 6);
    let description = "flavors:\n  python_function:\n    loader_module: joust\n";
    let files = [("MLmodel", description), ("empty", ""), ("data/deep er/ünï.txt", "ä"), ("large", &large)];
    let folder = folder_with(&files);
    let up = program.run(&["versions", "register", &name, "--folder", &folder, "--tag", "by=hand"]);
    up.succeeds().says(&format!("Registered {name} 1 from mlflow-artifacts:/"));
    let copy = format!("{folder}-copy");
    let down = program.run(&["versions", "download", &name, "1", "--to", &copy]);
    down.succeeds().says(&format!("Downloaded 4 files of {name} 1 to {copy}."));
    for (path, content) in files {
        assert!(read(&format!("{copy}/{path}")) == content, "{path} came back changed");
    }
    for ended in [up, down] {
        assert_eq!(ended.remarks(), "", "a progress bar was drawn where nobody can see it");
    }
    let sheet = program.run(&["versions", "show", &name, "1", "--json"]).json();
    assert_eq!(sheet["tags"][0]["value"], "hand");
    assert_eq!(sheet["status_message"], Value::Null, "its bytes are verified");
}

#[test]
fn programs_are_told_which_files_came_and_what_was_registered() {
    let (program, name) = (Program::on_server(), unique("told"));
    let folder = folder_with(&[("MLmodel", "flavors: {}"), ("a/b", "c")]);
    let made = program.run(&["versions", "register", &name, "--folder", &folder, "--json"]).json();
    assert_eq!((&made["name"], &made["version"]), (&Value::from(name.as_str()), &Value::from("1")));
    let copy = format!("{folder}-copy");
    let came = program.run(&["versions", "download", &name, "1", "--to", &copy, "--json"]).json();
    assert_eq!(came, serde_json::json!([format!("{copy}/MLmodel"), format!("{copy}/a/b")]));
}

#[test]
fn what_cannot_be_sent_or_fetched_leaves_nothing_half_done() {
    let (program, name) = (Program::on_server(), unique("half"));
    let folder = folder_with(&[("MLmodel", "flavors: {}")]);
    let absent = format!("{folder}/absent");
    program.run(&["versions", "register", &name, "--folder", &absent]).fails(1).says(&absent);
    program.run(&["models", "show", &name]).fails(3);
    program.run(&["versions", "register", &name]).fails(2);
    let elsewhere = ["versions", "register", &name, "--source", "s3://bucket/model"];
    program.run(&elsewhere).succeeds();
    let copy = format!("{folder}-copy");
    let download = ["versions", "download", &name, "1", "--to", &copy];
    program.run(&download).fails(1).says("s3://bucket/model");
    assert!(fs::metadata(&copy).is_err(), "a folder was made for nothing");
}
