//! Three servers in processes of their own on one PostgreSQL: what they do together, and what becomes of it when one of them,
//! or the database, is killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

mod crowd;
mod faults;
mod latency;
mod writes;

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tiltyard_testkit::Http;
use tokio::sync::{Mutex, MutexGuard};

use crate::served::Served;

/// Those who measure, and those who take the machine for themselves, take turns.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// Servers on one database and one folder of artifacts.
struct Replicas {
    servers: Vec<Served>,
    _folder: TempDir,
}

impl Replicas {
    /// Starts them all at once.
    fn start(database: &str, count: usize) -> Self {
        Self::start_as(database, count, &[])
    }

    fn start_as(database: &str, count: usize, variables: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let place: &Path = folder.path();
        let start = || Served::start_as(place, &["--backend-store-uri", database], variables);
        let servers = thread::scope(|scope| {
            let starting: Vec<_> = (0..count).map(|_| scope.spawn(start)).collect();
            starting.into_iter().map(|started| started.join().unwrap()).collect()
        });
        Self { servers, _folder: folder }
    }

    /// Ways to them.
    fn http(&self) -> Vec<Http> {
        self.servers.iter().map(Served::http).collect()
    }
}

async fn make_model(http: &Http, name: &str) {
    http.post("registered-models/create", json!({"name": name})).await.ok();
}

/// The entries behind one that is known, and what to ask for next.
async fn journal(http: &Http, after: i64, wait: i64) -> Option<(Vec<Value>, i64)> {
    let path = format!("/api/tiltyard/v1/journal?after={after}&wait={wait}");
    let answer = http.try_send(Method::GET, &path, None).await.ok()?;
    if !answer.status.is_success() {
        return None;
    }
    let entries = answer.body["entries"].as_array().cloned().unwrap_or_default();
    Some((entries, answer.body["next"].as_i64().unwrap()))
}

/// The whole journal.
async fn whole_journal(http: &Http) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let (entries, next) = journal(http, after, 0).await.unwrap();
        if entries.is_empty() {
            return all;
        }
        all.extend(entries);
        after = next;
    }
}

/// The numbers of a model's versions.
async fn numbers(http: &Http, model: &str) -> BTreeSet<u64> {
    let (mut numbers, mut token) = (BTreeSet::new(), String::new());
    loop {
        let path =
            format!("model-versions/search?filter=name%3D%27{model}%27&max_results=200&page_token={token}");
        let page = http.get(&path).await.ok();
        for version in page["model_versions"].as_array().into_iter().flatten() {
            numbers.insert(version["version"].as_str().unwrap().parse().unwrap());
        }
        page["next_page_token"].as_str().unwrap_or_default().clone_into(&mut token);
        if token.is_empty() {
            return numbers;
        }
    }
}
