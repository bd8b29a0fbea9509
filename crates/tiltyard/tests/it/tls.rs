//! A server that speaks HTTPS: how it is told to, what becomes of renewed and of broken certificates, and of those who speak
//! plain HTTP to it or nothing at all.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use reqwest::{Certificate, Client};
use tempfile::TempDir;
use tiltyard_cluster::make_certificates;

use crate::served::{Served, refusal, wait_until};

const NAMES: [&str; 2] = ["DNS:localhost", "IP:127.0.0.1"];

/// A folder with certificates, and a server that uses them.
struct Encrypted {
    server: Served,
    folder: TempDir,
}

impl Encrypted {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        make_certificates(folder.path(), &NAMES);
        let server = Served::start_with(
            folder.path(),
            &["--tls-certificate", "server.pem", "--tls-key", "server.key"],
        );
        Self { server, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether a new connection is answered where only this authority is trusted.
    async fn answers(&self, authority: &Path) -> bool {
        let trusted = Certificate::from_pem(&fs::read(authority).unwrap()).unwrap();
        let client = Client::builder().tls_certs_only([trusted]).build().unwrap();
        let answer = client.get(format!("{}/version", self.server.url)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_certificate_speaks_https() {
    let encrypted = Encrypted::start();
    assert!(encrypted.server.url.starts_with("https://"), "{}", encrypted.server.url);
    assert!(encrypted.answers(&encrypted.file("ca.pem")).await);
    let mut plain = encrypted.server.connect();
    plain.write_all(b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut said = String::new();
    plain.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("https://"), "{said}");
    let mut nonsense = encrypted.server.connect();
    nonsense.write_all(b"\x16\x03\x01\x00\x05nonsense").unwrap();
    drop(nonsense.read_to_end(&mut Vec::new()));
    // Those who say nothing hold nobody up, and do not keep the server from its end.
    let silent: Vec<_> = (0..50).map(|_| encrypted.server.connect()).collect();
    assert!(encrypted.answers(&encrypted.file("ca.pem")).await);
    encrypted.server.signal("TERM");
    assert_eq!(encrypted.server.ended().code(), Some(0));
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let encrypted = Encrypted::start();
    let authority = encrypted.file("ca.pem");
    let old = encrypted.file("old.pem");
    fs::copy(&authority, &old).unwrap();
    fs::write(encrypted.file("server.key"), "no key").unwrap();
    encrypted.server.signal("HUP");
    wait_until("the broken key to be noticed", || {
        encrypted.server.log().contains("holds no key that can be used")
    });
    assert!(encrypted.answers(&old).await, "the one from before is in use");
    fs::copy(encrypted.file("self.key"), encrypted.file("server.key")).unwrap();
    encrypted.server.signal("HUP");
    wait_until("the wrong key to be noticed", || {
        encrypted.server.log().contains("is not the key of the certificate")
    });
    assert!(encrypted.answers(&old).await);
    fs::remove_file(&authority).unwrap();
    make_certificates(encrypted.folder.path(), &NAMES);
    // Nobody tells it; it looks by itself.
    wait_until("the renewed certificate", || {
        encrypted.server.log().contains("renewed certificate is in use")
    });
    assert!(encrypted.answers(&authority).await && !encrypted.answers(&old).await);
}

#[test]
fn what_cannot_be_used_stops_the_start_and_is_named() {
    let folder = TempDir::new().unwrap();
    make_certificates(folder.path(), &NAMES);
    for (flags, part) in [
        (
            &["--tls-certificate", "server.pem", "--tls-key", "self.key"][..],
            "is not the key of the certificate",
        ),
        (&["--tls-certificate", "none.pem", "--tls-key", "server.key"], "none.pem: No such file"),
        (&["--tls-certificate", "server.key", "--tls-key", "server.key"], "holds no certificate"),
        (&["--tls-certificate", "server.pem", "--tls-key", "server.pem"], "holds no key that can be used"),
    ] {
        let (code, said) = refusal(folder.path(), flags, &[]);
        assert!(code == 1 && said.contains(part) && said.contains("next: "), "{flags:?}: {said}");
    }
    let (code, said) = refusal(folder.path(), &["--tls-certificate", "server.pem"], &[]);
    assert!(code == 2 && said.contains("--tls-key"), "{said}");
}

#[test]
fn the_habits_of_mlflow_work() {
    let folder = TempDir::new().unwrap();
    make_certificates(folder.path(), &NAMES);
    for flags in [
        ["--uvicorn-opts", "--ssl-keyfile server.key --ssl-certfile=server.pem"],
        ["--gunicorn-opts", "--keyfile=server.key --certfile server.pem --workers 2"],
    ] {
        assert!(Served::start_with(folder.path(), &flags).url.starts_with("https://"), "{flags:?}");
    }
    let variables = [("TILTYARD_TLS_CERTIFICATE", "server.pem"), ("TILTYARD_TLS_KEY", "server.key")];
    assert!(Served::start_as(folder.path(), &[], &variables).url.starts_with("https://"));
}
