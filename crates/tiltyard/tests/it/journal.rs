//! The journal on the command line: the whole of it, from somewhere on, and as it grows.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the program should stop there")]

use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::program::Program;

fn lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_journal_is_printed_for_people_and_as_an_object_a_line() {
    let program = Program::on_server();
    program.run(&["journal"]).succeeds().says("ACTION");
    for name in ["a", "b"] {
        program.run(&["models", "create", name]).succeeds();
    }
    program.run(&["journal"]).succeeds().says("model.created");
    let all = lines(&program.run(&["journal", "--json"]).succeeds().printed());
    assert_eq!(all.len(), 2);
    let first = all[0]["id"].to_string();
    let rest = lines(&program.run(&["journal", "--json", "--after", &first]).succeeds().printed());
    assert_eq!(rest, all[1..]);
    program.run(&["journal", "--after=-1"]).fails(2);
}

#[test]
fn who_follows_sees_each_entry_as_it_comes() {
    let program = Program::on_server();
    program.run(&["models", "create", "before"]).succeeds();
    let mut following = program.spawn(&["journal", "--follow", "--json"]);
    let mut printed = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&printed.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["model"], "before");
    for name in ["a", "b"] {
        program.run(&["models", "create", name]).succeeds();
        assert_eq!(next()["model"], name);
    }
    following.kill().unwrap();
    following.wait().unwrap();
}
