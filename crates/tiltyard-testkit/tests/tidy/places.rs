//! What may stand in which file: SQL in the store, bounds in one file a crate, a heading in every module.

use crate::none;
use crate::sources::{Source, made_up, rust};

/// The longest file, in lines. Longer ones have more than one subject.
const LINES_MAX: usize = 400;
/// How SQL statements begin.
const STATEMENTS: &[&str] =
    &["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE ", "DROP TABLE ", "PRAGMA "];

/// How names of bounds end.
const BOUNDS: &[&str] = &["_MAX", "PATIENCE", "DEADLINE", "TIMEOUT"];
/// A file and a folder whose constants are shapes and thresholds of statements, and bound nothing that comes from outside.
const NO_BOUNDS: &[&str] = &["crates/tiltyard-store/src/many.rs", "crates/tiltyard-store/src/search/"];

#[test]
fn sql_stands_in_the_store_alone() {
    none(rust().iter().flat_map(sql_elsewhere));
    for statement in ["let a = \"SELECT 1\";", "    UPDATE runs SET x = 1", "\"DELETE FROM runs\""] {
        assert_eq!(
            sql_elsewhere(&made_up("crates/tiltyard-api/src/a.rs", statement)).len(),
            1,
            "{statement}"
        );
    }
}

#[test]
fn bounds_stand_in_one_file_of_each_crate() {
    none(rust().iter().flat_map(scattered_bounds));
    for bound in ["const BODY_BYTES_MAX: usize = 1;", "pub(crate) const DEADLINE: u8 = 1;"] {
        assert_eq!(scattered_bounds(&made_up("crates/tiltyard-api/src/a.rs", bound)).len(), 1, "{bound}");
        assert!(scattered_bounds(&made_up("crates/tiltyard-api/src/limits.rs", bound)).is_empty());
    }
}

#[test]
fn every_module_says_what_its_room_is_for() {
    none(rust().iter().filter_map(without_a_heading));
    assert!(without_a_heading(&made_up("crates/a/src/a.rs", "use b;")).is_some());
}

#[test]
fn files_are_short() {
    none(rust().iter().filter_map(too_long));
    assert!(too_long(&made_up("crates/a/src/a.rs", &"\n".repeat(LINES_MAX + 1))).is_some());
}

fn sql_elsewhere(source: &Source) -> Vec<String> {
    let is_store = source.member() == "tiltyard-store" || source.member() == "bench";
    if is_store || !source.is_product() {
        return Vec::new();
    }
    let found = source.lines().filter(|(_, line)| is_sql(line));
    found.map(|(number, _)| source.at(number, "SQL belongs into tiltyard-store")).collect()
}

/// Whether a statement begins at the start of the line or of a string in it.
fn is_sql(line: &str) -> bool {
    line.split('"').any(|part| {
        let part = part.trim_start();
        let is_update = part.starts_with("UPDATE ") && part.contains(" SET ");
        is_update || STATEMENTS.iter().any(|statement| part.starts_with(statement))
    })
}

fn scattered_bounds(source: &Source) -> Vec<String> {
    let is_no_bound = NO_BOUNDS.iter().any(|place| source.path.starts_with(place));
    if is_no_bound
        || !source.is_product()
        || source.path.ends_with("/limits.rs")
        || source.member() == "bench"
    {
        return Vec::new();
    }
    let found = source.lines().filter(|(_, line)| is_bound(line));
    found.map(|(number, _)| source.at(number, "bounds stand in the crate's limits.rs")).collect()
}

/// Whether a line declares a constant of the whole module that is named as a bound.
fn is_bound(line: &str) -> bool {
    let declared = line.strip_prefix("const ").or_else(|| line.split_once(" const ").map(|(_, rest)| rest));
    let is_indented = line.starts_with(' ');
    let name = declared.and_then(|rest| rest.split(':').next()).unwrap_or_default();
    !is_indented && BOUNDS.iter().any(|ending| name.ends_with(ending))
}

fn without_a_heading(source: &Source) -> Option<String> {
    let missing = !source.text.starts_with("//! ");
    missing
        .then(|| source.at(1, "say in two or three lines what this module is for, and what does not belong"))
}

fn too_long(source: &Source) -> Option<String> {
    let count = source.text.lines().count();
    (count > LINES_MAX).then(|| source.at(count, &format!("a file has at most {LINES_MAX} lines; split it")))
}
