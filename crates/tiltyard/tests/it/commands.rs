//! The program's commands as people and pipelines run them, against a real server.

use crate::program::{Program, folder_with, read, unique};

#[test]
fn without_arguments_the_usage_is_wrong_and_help_tells_the_exit_codes() {
    let program = Program::alone();
    program.run(&["promote"]).fails(2).says("Usage: tiltyard promote");
    program.run(&["--help"]).succeeds().says("4  the server cannot be reached");
    program.run(&["completions", "bash"]).succeeds().says("_tiltyard");
}

#[test]
fn a_server_that_is_not_there_says_how_to_name_one() {
    let program = Program::alone();
    let absent = ["--server", "http://127.0.0.1:1"];
    program.run(&[&["models", "list"][..], &absent].concat()).fails(4).says("MLFLOW_TRACKING_URI");
    program.run(&["models", "list", "--server", "sqlite:///mlflow.db"]).fails(2).says("http://");
}

#[test]
fn a_model_lives_from_creation_to_deletion() {
    let (program, name) = (Program::on_server(), unique("life"));
    program.run(&["models", "create", &name, "--tag", "team=risk"]).succeeds().says("Created model");
    program.run(&["models", "create", &name]).fails(1).says("already exists");
    program.run(&["models", "show", &name]).succeeds().says("risk");
    let renamed = format!("{name}-2");
    program.run(&["models", "rename", &name, &renamed]).succeeds();
    program.run(&["models", "show", &name]).fails(3).says("tiltyard models list");
    program.run(&["models", "delete", &renamed]).fails(2).says("--yes");
    program.run(&["models", "delete", &renamed, "--yes"]).succeeds();
    program.run(&["models", "delete", &renamed, "--yes"]).fails(3);
}

#[test]
fn a_folder_becomes_a_version_and_comes_back_unchanged() {
    let (program, name) = (Program::on_server(), unique("folder"));
    let folder = folder_with(&[("MLmodel", "flavors: {}"), ("code/a b.py", "print()")]);
    program.run(&["versions", "register", &name, "--folder", &folder]).succeeds().says("Registered");
    let copy = format!("{folder}-copy");
    program.run(&["versions", "download", &name, "latest", "--to", &copy]).succeeds().says("2 files");
    program.run(&["versions", "download", &name, "latest", "--to", &copy]).fails(1).says("--to");
    assert_eq!(read(&format!("{copy}/code/a b.py")), "print()");
    assert_eq!(read(&format!("{copy}/MLmodel")), "flavors: {}");
}

#[test]
fn promoting_says_what_it_replaced() {
    let (program, name) = (Program::on_server(), unique("promote"));
    let folder = folder_with(&[("MLmodel", "flavors: {}")]);
    for _ in 0..2 {
        program.run(&["versions", "register", &name, "--folder", &folder]).succeeds();
    }
    program.run(&["promote", &name, "1"]).succeeds().says("1 is now in Production.");
    program.run(&["promote", &name, "latest"]).succeeds().says("2 is now in Production, in place of 1.");
    program.run(&["versions", "show", &name, "Production", "--json"]).succeeds().says(r#""version": "2""#);
    program.run(&["promote", &name, "Production", "--to", "@champion"]).succeeds();
    program.run(&["alias", "get", &name, "champion"]).succeeds().says("2");
    program.run(&["versions", "list", &name]).succeeds().says("@champion");
    program.run(&["promote", &name, "9"]).fails(3);
}

/// A model with versions that are nothing but numbers.
fn with_versions(program: &Program, start: &str, count: usize) -> String {
    let name = unique(start);
    for _ in 0..count {
        program.run(&["versions", "register", &name, "--source", "s3://bucket/model"]).succeeds();
    }
    name
}

#[test]
fn a_rollback_among_several_holders_takes_out_the_newest() {
    let program = Program::on_server();
    let name = with_versions(&program, "several", 3);
    for version in ["1", "2", "3"] {
        program.run(&["promote", &name, version, "--keep-existing"]).succeeds();
    }
    let stages = "Production 3, Production 2, Production 1";
    program.run(&["models", "show", &name]).succeeds().says(stages);
    program.run(&["rollback", &name]).fails(2).says("Production of").says("is held by versions 3, 2, 1.");
    let back = program.run(&["rollback", &name, "--yes"]);
    back.succeeds().says(&format!("Production of {name} is back at 2; 3 left it."));
    program.run(&["models", "show", &name]).succeeds().says("Archived 3, Production 2, Production 1");
    program.run(&["rollback", &name, "--yes"]).succeeds().says("is back at 1; 2 left it.");
    program.run(&["rollback", &name, "--yes"]).fails(1).says("No earlier version");
    program.run(&["versions", "show", &name, "Production", "--json"]).succeeds().says(r#""version": "1""#);
}

#[test]
fn an_alias_that_nobody_holds_any_more_is_rolled_back_too() {
    let program = Program::on_server();
    let name = with_versions(&program, "alias", 2);
    let back = ["rollback", &name, "--alias", "champion", "--yes"];
    program.run(&back).fails(1).says("No earlier version");
    for version in ["1", "2"] {
        program.run(&["alias", "set", &name, "champion", version]).succeeds();
    }
    program.run(&["versions", "delete", &name, "2", "--yes"]).succeeds();
    program.run(&["alias", "get", &name, "champion"]).fails(3).says("tiltyard alias list");
    program.run(&["versions", "show", &name, "@champion"]).fails(3);
    let said = format!("@champion of {name} is back at 1; nobody held it.");
    program.run(&back).succeeds().says(&said);
    program.run(&["alias", "delete", &name, "champion"]).succeeds();
    program.run(&back).succeeds().says(&said);
    program.run(&["alias", "get", "nobody", "champion"]).fails(3);
}

#[test]
fn what_does_not_exist_is_told_apart_from_what_is_refused() {
    let (program, name) = (Program::on_server(), unique("nowhere"));
    program.run(&["versions", "list", &name]).fails(3);
    program.run(&["alias", "list", &name]).fails(3);
    program.run(&["runs", "show", &name]).fails(3);
    program.run(&["rollback", &name, "--yes"]).fails(3);
    program.run(&["models", "list", "--filter", "nonsense"]).fails(1);
}
