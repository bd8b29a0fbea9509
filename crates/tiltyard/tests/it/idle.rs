//! A server that does nothing costs next to nothing, and is there as soon as it is wanted.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::served::Served;

/// What a server may hold while nobody asks it anything.
const IDLE_KIB_MAX: u64 = 64 * 1024;
/// How long it may take from nothing to the first answer.
const START_MAX: Duration = Duration::from_secs(1);
/// Other things run on this machine; the quickest of several starts is what the server itself takes.
const STARTS: usize = 5;

#[tokio::test]
async fn from_nothing_to_the_first_answer_in_less_than_a_second() {
    let mut quickest = Duration::MAX;
    for _ in 0..STARTS {
        let folder = TempDir::new().unwrap();
        let begun = Instant::now();
        let server = Served::start(folder.path());
        let answer = server.client.get(format!("{}/health", server.url)).send().await.unwrap();
        quickest = quickest.min(begun.elapsed());
        assert!(answer.status().is_success());
    }
    assert!(quickest < START_MAX, "{quickest:?}");
}

#[tokio::test]
async fn an_idle_server_holds_little_memory() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    let fresh = server.memory_kib("VmRSS");
    for page in ["/health", "/metrics", "/api/2.0/mlflow/registered-models/search"] {
        assert!(
            server.client.get(format!("{}{page}", server.url)).send().await.unwrap().status().is_success()
        );
    }
    let used = server.memory_kib("VmRSS");
    assert!(fresh.max(used) < IDLE_KIB_MAX, "{fresh} KiB at first, {used} KiB after its first answers");
}
