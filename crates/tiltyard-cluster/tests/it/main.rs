//! The throwaway servers themselves: what they promise to the tests that stand on them.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

#[test]
#[expect(clippy::disallowed_methods, reason = "the program under test is another process")]
fn the_program_says_where_it_is_and_ends_with_its_stdin() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tiltyard-s3"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be run");
    let stdin = child.stdin.take();
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("it speaks");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words.len(), 4, "{line}");
    let address = words[0].strip_prefix("http://").expect("an address");
    TcpStream::connect(address).expect("somebody listens");
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}
