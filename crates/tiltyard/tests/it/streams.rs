//! Large artifacts pass through the server without being held: its memory is looked at from outside.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot run the program should stop there")]
#![expect(clippy::disallowed_methods, reason = "the server runs as a process of its own")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const SIZE_BYTES: usize = 64 * 1024 * 1024;
/// What buffers of one upload and one download may add; a quarter of the file.
const GROWTH_KIB_MAX: u64 = 16 * 1024;

/// A server in a folder of its own; it ends with the test.
struct Server {
    process: Child,
    address: String,
    folder: String,
}

impl Server {
    fn start() -> Self {
        let folder = crate::program::folder_with(&[("marker", "")]);
        let mut process = Command::new(env!("CARGO_BIN_EXE_tiltyard"))
            .args(["server", "--port", "0"])
            .current_dir(&folder)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let line = lines.find(|line| line.contains("listens on http://")).unwrap();
        let address = line.split_once("http://").unwrap().1.trim().to_owned();
        Self { process, address, folder }
    }

    /// The most memory that it ever used.
    fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn send(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let address = &self.address;
        write!(stream, "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n").unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn memory_stays_flat_while_a_large_artifact_goes_up_and_comes_down() {
    let server = Server::start();
    let path = "/api/2.0/mlflow-artifacts/artifacts";
    put(&server, &format!("{path}/small"), 1000);
    let before = server.peak_kib();
    put(&server, &format!("{path}/large"), SIZE_BYTES);
    let mut stream = server.send(&format!("GET {path}/large"));
    stream.write_all(b"\r\n").unwrap();
    let received = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!(received > SIZE_BYTES as u64, "{received}");
    let growth = server.peak_kib() - before;
    assert!(growth < GROWTH_KIB_MAX, "the server's memory grew by {growth} KiB");
}

fn put(server: &Server, path: &str, size_bytes: usize) {
    let mut stream = server.send(&format!("PUT {path}"));
    write!(stream, "Content-Length: {size_bytes}\r\n\r\n").unwrap();
    let piece = vec![7; size_bytes.min(1024 * 1024)];
    for _ in 0..size_bytes / piece.len() {
        stream.write_all(&piece).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
