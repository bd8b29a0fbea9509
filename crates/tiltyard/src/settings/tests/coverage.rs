//! Nothing that the reference server takes is forgotten, and every row of the catalogue is true.
//! The golden lists: flags from the help pages of MLflow 3.17.2 and 2.22.5; variables from a search of their server
//! and store sources, which finds names written out there and no others.

use clap::CommandFactory;

use super::*;

const FLAGS: [&str; 2] = [
    include_str!("../golden/mlflow-2.22.5-server-flags.txt"),
    include_str!("../golden/mlflow-3.17.2-server-flags.txt"),
];
const VARIABLES: [&str; 2] = [
    include_str!("../golden/mlflow-2.22.5-server-variables.txt"),
    include_str!("../golden/mlflow-3.17.2-server-variables.txt"),
];

#[test]
fn every_flag_of_both_mlflow_lines_is_taken_and_in_the_catalogue() {
    let command = Line::command();
    for flag in FLAGS.iter().flat_map(|list| list.lines()) {
        let known = command.get_arguments().any(|argument| argument.get_long() == flag.strip_prefix("--"));
        assert!(known, "{flag} is not taken");
        let listed = catalogue::all().any(|setting| setting.flags.contains(&flag));
        assert!(listed || flag == "--help", "{flag} is not in the catalogue");
    }
}

#[test]
fn every_variable_that_an_mlflow_server_reads_is_in_the_catalogue() {
    for name in VARIABLES.iter().flat_map(|list| list.lines()) {
        assert!(
            catalogue::all().any(|setting| setting.variables.contains(&name)),
            "{name} is not in the catalogue"
        );
    }
}

#[test]
fn no_name_is_in_the_catalogue_twice() {
    let mut names: Vec<_> = catalogue::all().flat_map(|row| row.flags.iter().chain(row.variables)).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}

#[test]
fn every_flag_that_is_taken_is_in_the_catalogue() {
    for argument in Line::command().get_arguments() {
        let flag = format!("--{}", argument.get_long().unwrap_or_default());
        let listed = catalogue::all().any(|setting| setting.flags.contains(&flag.as_str()));
        assert!(listed || flag == "--help", "{flag} is not in the catalogue");
    }
}

#[test]
fn the_reference_page_is_up_to_date() {
    let committed = include_str!("../../../../../docs/settings.md");
    assert!(
        reference_page() == committed,
        "docs/settings.md is out of date; write it again: cargo run -p tiltyard -- settings-reference > docs/settings.md"
    );
}

#[test]
fn every_needless_setting_gives_one_notice_and_hides_its_value() {
    for row in rows(Treatment::Needless) {
        for flag in row.flags {
            let line = if *flag == "--dev" { (*flag).to_owned() } else { format!("{flag} hunter2") };
            let notices = resolve(&line, &[]).unwrap().notices;
            assert_eq!(notices, [format!("{flag} is not needed: {}", row.note)]);
        }
        for name in row.variables {
            let notices = resolve("", &[(name, "hunter2")]).unwrap().notices;
            assert_eq!(notices, [format!("{name} is not needed: {}", row.note)]);
        }
    }
}

#[test]
fn every_refused_setting_stops_the_start_and_hides_its_value() {
    for row in rows(Treatment::Refused) {
        for flag in row.flags {
            let expected = format!("{flag} is refused: {}", row.note);
            assert_eq!(resolve(&format!("{flag} hunter2"), &[]).unwrap_err(), expected);
        }
        for name in row.variables {
            let expected = format!("{name} is refused: {}", row.note);
            assert_eq!(resolve("", &[(name, "hunter2")]).unwrap_err(), expected);
        }
    }
}

#[test]
fn variables_for_clients_are_passed_over_in_silence() {
    for name in rows(Treatment::Shared).flat_map(|row| row.variables) {
        assert_eq!(resolve("", &[(name, "anything")]), resolve("", &[]), "{name}");
    }
    assert_eq!(resolve("", &[("MLFLOW_RUN_ID", "anything")]), resolve("", &[]));
}

#[test]
fn the_help_page_names_the_variables_of_the_catalogue() {
    let command = Line::command();
    for row in rows(Treatment::Honoured).filter(|row| !row.flags.is_empty()) {
        let name = row.flags[0].strip_prefix("--");
        let argument = command.get_arguments().find(|argument| argument.get_long() == name).unwrap();
        let help = argument.get_help().unwrap().to_string();
        assert!(help.contains(&format!("[env: {}]", row.variables.join(", "))), "{help}");
    }
}
