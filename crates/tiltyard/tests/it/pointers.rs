//! Promotion, rollback and history from the command line: what people read, and what pipelines depend on.

use serde_json::{Value, json};

use crate::program::{Program, folder_with, unique};

/// A model with so many versions, on a server of its own.
fn model_with(versions: usize) -> (Program, String) {
    let (program, name) = (Program::on_server(), unique("pointers"));
    let folder = folder_with(&[("MLmodel", "flavors: {}")]);
    for _ in 0..versions {
        program.run(&["versions", "register", &name, "--folder", &folder]).succeeds();
    }
    (program, name)
}

/// The same, each version promoted in turn.
fn promoted(versions: usize, to: &str) -> (Program, String) {
    let (program, name) = model_with(versions);
    for version in 1..=versions {
        program.run(&["promote", &name, &version.to_string(), "--to", to]).succeeds();
    }
    (program, name)
}

/// The version that a name stands for.
fn version_at(program: &Program, name: &str, place: &str) -> Value {
    program.run(&["versions", "show", name, place, "--json"]).json()["version"].clone()
}

#[test]
fn a_rollback_gives_production_back_and_the_history_says_why() {
    let (program, name) = promoted(3, "Production");
    let rollback = ["rollback", &name, "--yes", "--reason", "the error grew"];
    program.run(&rollback).succeeds().says(&format!("Production of {name} is back at 2; 3 left it."));
    assert_eq!(version_at(&program, &name, "Production"), "2");
    let gone = program.run(&["versions", "show", &name, "3", "--json"]).json();
    assert_eq!(gone["current_stage"], "Archived");
    let history = program.run(&["history", &name]);
    let last = history.succeeds().printed().lines().last().unwrap_or_default().to_owned();
    for part in ["stage:Production", "2", "now", "the error grew"] {
        assert!(last.contains(part), "{part} is missing in: {last}");
    }
}

#[test]
fn a_second_rollback_goes_further_back_and_the_third_has_nowhere_to_go() {
    let (program, name) = promoted(3, "Production");
    let rollback = ["rollback", &name, "--yes"];
    program.run(&rollback).succeeds().says("is back at 2; 3 left it.");
    program.run(&rollback).succeeds().says("is back at 1; 2 left it.");
    program.run(&rollback).fails(1).says("No earlier version");
    assert_eq!(version_at(&program, &name, "Production"), "1");
    // Who was rolled back from and promoted again is somebody to come back to.
    program.run(&["promote", &name, "3"]).succeeds();
    program.run(&["promote", &name, "2"]).succeeds();
    program.run(&rollback).succeeds().says("is back at 3; 2 left it.");
}

#[test]
fn an_alias_is_rolled_back_in_either_spelling_and_also_when_nobody_holds_it() {
    let (program, name) = promoted(3, "@champion");
    program.run(&["rollback", &name, "--alias", "champion", "--yes"]).succeeds().says("@champion of");
    assert_eq!(version_at(&program, &name, "@champion"), "2");
    program.run(&["rollback", &name, "--alias", "@champion", "--yes"]).succeeds().says("is back at 1");
    program.run(&["alias", "set", &name, "champion", "3"]).succeeds();
    program.run(&["alias", "delete", &name, "champion"]).succeeds();
    program.run(&["rollback", &name, "--alias", "champion", "--yes"]).succeeds().says("nobody held it");
    program.run(&["rollback", &name, "--alias", "challenger", "--yes"]).fails(1).says("No earlier version");
    // Production was never touched.
    program.run(&["rollback", &name, "--yes"]).fails(1);
    program.run(&["versions", "show", &name, "Production"]).fails(3);
}

#[test]
fn pipelines_read_a_rollback_and_the_history_as_json() {
    let (program, name) = promoted(2, "Staging");
    let rolled_back = ["rollback", &name, "--stage", "staging", "--yes", "--reason", "slow", "--json"];
    let done = program.run(&rolled_back).json();
    assert_eq!(done, json!({"pointer": {"stage": "Staging"}, "from": ["2"], "to": "1"}));
    let entries = program.run(&["history", &name, "--json"]).json();
    let held = |entry: &Value| format!("{} {}", entry["pointer"], entry["version"]).replace('"', "");
    let entries: Vec<Value> = entries.as_array().cloned().unwrap_or_default();
    let in_staging: Vec<_> = entries.iter().filter(|entry| entry["pointer"] == "stage:Staging").collect();
    assert_eq!(
        in_staging.iter().map(|entry| held(entry)).collect::<Vec<_>>(),
        ["stage:Staging 1", "stage:Staging 2", "stage:Staging 1"]
    );
    assert!(in_staging.iter().filter(|entry| entry["until_ms"].is_null()).count() == 1, "{entries:?}");
    assert_eq!(in_staging[2]["reason"], "slow");
    assert!(in_staging[1]["until_ms"] == in_staging[2]["time_ms"], "{entries:?}");
}

#[test]
fn a_rollback_that_cannot_be_done_says_why_in_its_exit_code() {
    let (program, name) = model_with(1);
    let rollback = |more: &[&str]| program.run(&[&["rollback", &name], more].concat());
    rollback(&["--yes"]).fails(1).says("No earlier version");
    rollback(&[]).fails(2).says("--yes");
    rollback(&["--yes", "--alias", "champion", "--stage", "Staging"]).fails(2);
    rollback(&["--yes", "--stage", "Archived"]).fails(1).says("cannot be rolled back");
    rollback(&["--yes", "--stage", "Nowhere"]).fails(1).says("Nowhere");
    rollback(&["--yes", "--server", "http://127.0.0.1:1"]).fails(4);
    program.run(&["rollback", "nobody", "--yes"]).fails(3);
    program.run(&["history", "nobody"]).fails(3);
    assert_eq!(program.run(&["history", &name, "--json"]).json(), json!([]));
}

#[test]
fn promotions_say_beside_whom_and_are_refused_for_what_is_not_there() {
    let (program, name) = model_with(2);
    program.run(&["promote", &name, "1", "--to", "staging"]).succeeds().says("1 is now in Staging.");
    program.run(&["promote", &name, "2", "--to", "Staging", "--keep-existing"]).says("beside 1.");
    let moved = program.run(&["promote", &name, "latest", "--json"]).json();
    assert_eq!((&moved["version"], &moved["current_stage"]), (&json!("2"), &json!("Production")));
    program.run(&["promote", &name, "1", "--to", "Nowhere"]).fails(1).says("Nowhere");
    program.run(&["promote", &name, "9"]).fails(3);
    program.run(&["promote", &name, "@nobody"]).fails(3).says("tiltyard alias list");
    program.run(&["alias", "get", &name, "nobody"]).fails(3);
    program.run(&["promote", "nobody", "1"]).fails(3);
    program.run(&["promote", &name, "1", "--to", "@latest"]).fails(1).says("reserved");
    assert_eq!(version_at(&program, &name, "Production"), "2");
}
