//! The command line when something is wrong: exit codes, what people are told, and what programs can read.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::program::{Program, folder_with, unique};
use crate::served::Served;

/// A server that takes connections and never says a word; it lives as long as the listener.
fn deaf_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

/// A program with a server that has one model of one version.
fn with_version(start: &str) -> (Program, String) {
    let (program, name) = (Program::on_server(), unique(start));
    let folder = folder_with(&[("MLmodel", "flavors: {}")]);
    program.run(&["versions", "register", &name, "--folder", &folder, "--yes"]).succeeds();
    (program, name)
}

#[test]
fn a_silent_server_is_given_up_early_with_advice_that_fits() {
    let ((_listener, deaf), program) = (deaf_server(), Program::alone());
    let begun = Instant::now();
    let read = program.run(&["models", "list", "--server", &deaf, "--timeout", "1"]);
    read.fails(4).says("has not answered for 1 seconds").says("--timeout SECONDS; nothing was changed");
    let write = program.run(&["models", "create", "m", "--server", &deaf, "--timeout", "1"]);
    write.fails(4).says("look whether it was done all the same");
    assert!(begun.elapsed() < Duration::from_secs(20));
    program.run(&["models", "list", "--timeout", "0"]).fails(2).says("--timeout");
    program.run(&["models", "list", "--help"]).succeeds().says("[default: 30").says("TILTYARD_TIMEOUT");
}

#[test]
fn an_address_that_is_not_the_registrys_is_called_that() {
    let (folder, program) = (TempDir::new().unwrap(), Program::alone());
    let served = Served::start_with(folder.path(), &["--static-prefix", "/models"]);
    let (plain, tls) = (served.url.clone(), format!("https://{}", served.address()));
    let at = |server: &str, arguments: &[&str]| program.run(&[arguments, &["--server", server]].concat());
    at(&format!("{plain}/models"), &["models", "list"]).succeeds();
    let wrong = format!("{plain}/elsewhere");
    for arguments in [&["models", "list"][..], &["history", "m"], &["rollback", "m", "--yes"]] {
        at(&wrong, arguments).fails(4).says("not the address of a registry").says("--static-prefix");
    }
    at(&tls, &["models", "list"]).fails(4).says("does not speak TLS").says("write http://");
}

#[test]
fn every_command_that_changes_something_takes_a_yes() {
    let (program, name) = with_version("yes");
    for arguments in [
        &["promote", &name, "1"][..],
        &["alias", "set", &name, "champion", "1"],
        &["alias", "delete", &name, "champion"],
        &["versions", "stage", &name, "1", "Staging"],
        &["versions", "tag", &name, "1", "a=b"],
        &["versions", "untag", &name, "1", "a"],
        &["versions", "describe", &name, "1", "good"],
        &["versions", "delete", &name, "1"],
        &["models", "rename", &name, "other"],
        &["models", "create", &name],
        &["models", "delete", &name],
    ] {
        program.run(&[arguments, &["--yes"]].concat()).succeeds();
    }
    let runs = program.run(&["runs", "list", "--json"]).json();
    let run_id = runs[0]["info"]["run_id"].as_str().unwrap();
    program.run(&["runs", "delete", run_id, "-y"]).succeeds();
    program.run(&["runs", "restore", run_id, "-y"]).succeeds();
}

#[test]
fn exit_codes_are_those_of_the_help_and_programs_read_them_with_a_reason() {
    let (_listener, deaf) = deaf_server();
    let (program, name) = with_version("codes");
    let absent = "http://127.0.0.1:1";
    for (exit_code, error_code, arguments) in [
        (1, "RESOURCE_ALREADY_EXISTS", &["models", "create", &name][..]),
        (1, "INVALID_PARAMETER_VALUE", &["models", "list", "--filter", "nonsense"]),
        (1, "INVALID_PARAMETER_VALUE", &["promote", &name, "1", "--to", "Nowhere"]),
        (1, "FAILED", &["versions", "register", &name, "--folder", "/nowhere"]),
        (2, "USAGE", &["models", "show"]),
        (2, "USAGE", &["models", "list", "--limit", "many"]),
        (2, "USAGE", &["models", "list", "--server", "sqlite:///x.db"]),
        (2, "USAGE", &["models", "delete", &name]),
        (2, "USAGE", &["versions", "delete", &name, "1"]),
        (2, "USAGE", &["runs", "delete", "r"]),
        (2, "USAGE", &["rollback", &name]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["models", "show", "nobody"]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["versions", "show", &name, "9"]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["versions", "show", &name, "Production"]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["alias", "get", &name, "nobody"]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["promote", "nobody", "1"]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["history", "nobody"]),
        (3, "RESOURCE_DOES_NOT_EXIST", &["runs", "show", "nobody"]),
        (4, "UNREACHABLE", &["models", "list", "--server", absent]),
        (4, "UNREACHABLE", &["promote", &name, "1", "--server", absent]),
        (4, "UNREACHABLE", &["models", "list", "--server", &deaf, "--timeout", "1"]),
    ] {
        program.run(arguments).fails(exit_code).says("error: ");
        let failure = program.run(&[arguments, &["--json"]].concat());
        let failure = failure.fails(exit_code).failure();
        assert_eq!(failure["error_code"], error_code, "{arguments:?}: {failure}");
        assert_eq!(failure["exit_code"], exit_code, "{arguments:?}: {failure}");
        assert!(failure["message"].as_str().is_some_and(|message| !message.is_empty()), "{failure}");
        assert!(failure.get("next").is_some(), "{failure}");
    }
    program.run(&["models", "list", "--json"]).succeeds();
}

#[tokio::test]
async fn names_neither_command_a_terminal_nor_turn_its_text() {
    let folder = TempDir::new().unwrap();
    let served = Served::start(folder.path());
    let (turned, long) = ("safe\u{202e}live\u{1b}[2J", "n".repeat(200));
    for name in [turned, &long] {
        let tags = json!([{"key": "k", "value": turned}]);
        let model = json!({"name": name, "description": turned, "tags": tags});
        served.post("registered-models/create", model).await.ok();
    }
    let alias = json!({"name": turned, "source": "s3://elsewhere/m", "description": turned});
    served.post("model-versions/create", alias).await.ok();
    let program = Program::alone();
    let at = |arguments: &[&str]| program.run(&[arguments, &["--server", &served.url]].concat());
    let escaped = "safe\\u{202e}live\\u{1b}[2J";
    for arguments in [
        &["models", "list"][..],
        &["models", "show", turned],
        &["versions", "list", turned],
        &["versions", "show", turned, "1"],
        &["promote", turned, "1"],
        &["models", "delete", turned, "--yes"],
    ] {
        let shown = at(arguments);
        shown.succeeds().says(escaped);
        assert!(!shown.printed().contains(['\u{202e}', '\u{1b}']), "{arguments:?}: {}", shown.printed());
    }
    at(&["models", "list"]).succeeds().says(&long);
    at(&["models", "list", "--json"]).succeeds().says(&long);
}
