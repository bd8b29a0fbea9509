//! A machine without a network: everything works, and nothing ever tries to reach beyond it.
//!
//! Tests of this file's neighbours run once more, in a network namespace that has a loopback and no route. The kernel counts there what
//! was refused for want of a route, and datagrams, which questions for names would be.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]
#![expect(clippy::disallowed_methods, reason = "the tests run in a process of their own")]

use std::process::Command;

/// The neighbours that make the tour: releases, files up and down, bundles, sources that name other hosts, the demo.
const TOUR: &[&str] = &["commands::", "pointers::", "transfers::", "bundles::", "demo::"];
/// Runs the tour, then prints what the kernel counted.
const SCRIPT: &str =
    "ip link set lo up && \"$0\" \"$@\" && echo COUNTED && cat /proc/net/snmp /proc/net/snmp6";

/// A counter out of what `/proc/net/snmp` says: a line of names and a line of numbers for each protocol.
fn counted(text: &str, protocol: &str, name: &str) -> u64 {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(protocol)?.strip_prefix(':'));
    let (names, numbers) = (lines.next().unwrap(), lines.next().unwrap());
    let place = names.split_whitespace().position(|found| found == name).unwrap();
    numbers.split_whitespace().nth(place).unwrap().parse().unwrap()
}

#[test]
fn without_a_network_everything_works_and_nobody_looks_for_one() {
    let tests = std::env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", SCRIPT]).arg(tests).args(TOUR);
    let ended = command.output().expect("unshare, of util-linux, makes the namespace");
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    let (tour, counts) = said.split_once("COUNTED").unwrap();
    assert!(tour.contains("0 failed") && !tour.contains(" 0 passed"), "{tour}");
    assert!(counted(counts, "Tcp", "ActiveOpens") > 100, "the tour spoke to servers on the loopback");
    assert_eq!(counted(counts, "Ip", "OutNoRoutes"), 0, "something looked for another machine");
    assert_eq!(counted(counts, "Udp", "OutDatagrams"), 0, "something asked for a name");
    let beyond = counts.lines().find_map(|line| line.strip_prefix("Ip6OutNoRoutes")).unwrap();
    assert_eq!(beyond.trim(), "0", "something looked for another machine");
}
