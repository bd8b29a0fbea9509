//! The journal on the command line: the whole of it, from somewhere on, and as it grows.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the program should stop there")]

use std::io::{BufRead, BufReader, copy};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::Program;
use crate::served::Served;

/// An address that stays while servers come and go behind it.
struct Relay {
    url: String,
    server: Arc<Mutex<String>>,
}

impl Relay {
    fn to(server: &Served) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let relay = Self { url, server: Arc::new(Mutex::new(server.address().to_string())) };
        let server = Arc::clone(&relay.server);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Where nothing is behind it, it hangs up.
                let Ok(server) = TcpStream::connect(server.lock().unwrap().as_str()) else { continue };
                carry(client.try_clone().unwrap(), server.try_clone().unwrap());
                carry(server, client);
            }
        });
        relay
    }

    fn turn_to(&self, server: &Served) {
        *self.server.lock().unwrap() = server.address().to_string();
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        drop(copy(&mut from, &mut to));
        drop(to.shutdown(std::net::Shutdown::Both));
    });
}

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
    // What deceives a reader is shown to people, and left to programs as it is.
    program.run(&["models", "create", "c\u{200b}d"]).succeeds();
    program.run(&["journal"]).succeeds().says("c\\u{200b}d");
    let last = lines(&program.run(&["journal", "--json"]).succeeds().printed()).pop().unwrap();
    assert_eq!(last["model"], "c\u{200b}d");
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

#[test]
fn who_follows_goes_on_when_the_server_is_started_again() {
    let (folder, program) = (TempDir::new().unwrap(), Program::alone());
    let server = Served::start(folder.path());
    let relay = Relay::to(&server);
    let mut following = program.spawn(&["journal", "--follow", "--json", "--server", &relay.url]);
    let mut printed = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&printed.next().unwrap().unwrap()).unwrap() };
    program.run(&["models", "create", "before", "--server", &server.url]).succeeds();
    assert_eq!(next()["model"], "before");
    server.kill();
    let server = Served::start(folder.path());
    program.run(&["models", "create", "meanwhile", "--server", &server.url]).succeeds();
    relay.turn_to(&server);
    assert_eq!(next()["model"], "meanwhile");
    following.kill().unwrap();
    following.wait().unwrap();
}
