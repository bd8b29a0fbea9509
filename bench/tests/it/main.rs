//! The benchmark runs from start to report. What it measures is not judged here.

use std::process::{Command, Output};

#[expect(clippy::disallowed_methods, reason = "the program itself is under test")]
fn bench(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_tiltyard-bench")).args(arguments).output()
}

#[test]
fn a_smoke_run_of_the_bare_server_reports_every_suite() {
    let output = bench(&["--quick", "--without", "mlflow", "--without", "tiltyard"]).unwrap();
    let (report, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    for section in ["get version by alias", "log metric", "artifact proxy", "Start and memory"] {
        assert!(report.contains(section), "{section} is missing in:\n{report}");
    }
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let output = bench(&["--quick", "--mlflow", "/nowhere/mlflow"]).unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/mlflow"));
}

/// The server is built beside this program wherever all tests are run, and nothing else is measured here.
#[test]
fn rows_that_are_copied_in_are_those_that_the_server_writes() {
    let output =
        bench(&["scale", "--quick", "--without", "mlflow", "--without", "postgres", "--only", "get"])
            .unwrap();
    let (report, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    for section in ["Tiltyard, SQLite, large", "get the large model", "most resident memory"] {
        assert!(report.contains(section), "{section} is missing in:\n{report}");
    }
}
