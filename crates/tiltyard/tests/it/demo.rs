//! The demo as a newcomer runs it: no server, no network, and nothing left behind.

#![expect(
    clippy::disallowed_methods,
    reason = "running the program from outside is what these tests are for"
)]

use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a reader must find, in this order.
const TIMELINE: [&str; 13] = [
    "1. A version that goes by the average",
    "delivery-time version 1",
    "version 1 is in Production",
    "2. A version that goes by distance",
    "version 2 is in Production",
    "3. A version that goes by distance and items",
    "version 3 is in Production",
    "Production is back at version 2; it was at 3",
    "@champion is back at version 2; it was at 3",
    "version 2; 10 items over 4 km take it 30 minutes",
    "POINTER",
    "stage:Production",
    "nothing of it is left",
];

#[test]
fn the_demo_tells_its_story_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_tiltyard"))
        .arg("demo")
        .current_dir(&folder)
        .env("TMPDIR", folder.path())
        // A proxy that is not there: whatever went by it would fail.
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let told = String::from_utf8(ended.stdout).unwrap();
    let mut rest = told.as_str();
    for line in TIMELINE {
        let (_, after) = rest.split_once(line).unwrap_or_else(|| panic!("{line} is missing in:\n{told}"));
        rest = after;
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the demo left something in its folder");
}
