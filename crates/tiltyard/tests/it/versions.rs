//! Many clients at one model: numbers without gaps, never two in Production, and never a moment without a champion.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tiltyard_testkit::Http;
use tokio::task::JoinSet;

use crate::served::Served;

const CREATORS: i64 = 64;
const VERSIONS_PER_CREATOR: i64 = 5;
const MOVERS: i64 = 8;
const MOVES_PER_MOVER: i64 = 25;
const READERS: usize = 100;
const ROLLBACKS: usize = 40;

async fn create_version(http: &Http) -> i64 {
    let made =
        http.post("model-versions/create", json!({"name": "m", "source": "s3://elsewhere/m"})).await.ok();
    number(&made["model_version"]["version"])
}

async fn with_versions(http: &Http, count: i64) {
    http.post("registered-models/create", json!({"name": "m"})).await.ok();
    for _ in 0..count {
        create_version(http).await;
    }
}

async fn to_production(http: &Http, version: i64) {
    let asked = json!({"name": "m", "version": version.to_string(), "stage": "Production",
        "archive_existing_versions": true});
    http.post("model-versions/transition-stage", asked).await.ok();
}

async fn set_champion(http: &Http, version: i64) {
    let asked = json!({"name": "m", "alias": "champion", "version": version.to_string()});
    http.post("registered-models/alias", asked).await.ok();
}

async fn roll_back(http: &Http, pointer: Value) {
    let path = "/api/tiltyard/v1/models/m/rollback";
    http.send(Method::POST, path, Some(json!({"pointer": pointer, "reason": "proof"}))).await.ok();
}

async fn history(http: &Http) -> Vec<Value> {
    let shown = http.send(Method::GET, "/api/tiltyard/v1/models/m/history", None).await.ok();
    shown["entries"].as_array().unwrap().clone()
}

/// The versions that hold a pointer, as the history says.
async fn holders(http: &Http, pointer: &str) -> Vec<i64> {
    let holds = |entry: &&Value| entry["pointer"] == pointer && entry["until_ms"].is_null();
    history(http).await.iter().filter(holds).map(|entry| number(&entry["version"])).collect()
}

/// The versions that a search finds in Production.
async fn in_production(http: &Http) -> Vec<i64> {
    let found = http.get("model-versions/search?filter=name%3D%27m%27&max_results=1000").await.ok();
    let found = found["model_versions"].as_array().unwrap().clone();
    let standing = found.iter().filter(|version| version["current_stage"] == "Production");
    standing.map(|version| number(&version["version"])).collect()
}

fn number(text: &Value) -> i64 {
    text.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_get_exactly_the_numbers_from_one_on() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    with_versions(&server, 0).await;
    let mut creators = JoinSet::new();
    for _ in 0..CREATORS {
        let http = server.http();
        creators.spawn(async move {
            let mut numbers = Vec::new();
            for _ in 0..VERSIONS_PER_CREATOR {
                numbers.push(create_version(&http).await);
            }
            numbers
        });
    }
    let mut numbers: Vec<i64> = creators.join_all().await.into_iter().flatten().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=CREATORS * VERSIONS_PER_CREATOR).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_two_versions_are_in_production_when_each_archives_the_others() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    with_versions(&server, MOVERS).await;
    to_production(&server, 1).await;
    let mut movers = JoinSet::new();
    for mover in 1..=MOVERS {
        let http = server.http();
        movers.spawn(async move {
            for step in 0..MOVES_PER_MOVER {
                to_production(&http, 1 + (mover + step) % MOVERS).await;
            }
        });
    }
    let watcher = watch(server.http(), |http| async move {
        assert_eq!(in_production(&http).await.len(), 1);
        assert_eq!(holders(&http, "stage:Production").await.len(), 1);
    });
    movers.join_all().await;
    watcher.stop().await;
    assert_eq!(in_production(&server).await, holders(&server, "stage:Production").await);
    follows_on(&history(&server).await, "stage:Production");
}

/// The history of a pointer that one version holds at a time: each hold begins when the one before ended.
fn follows_on(history: &[Value], pointer: &str) {
    let holds: Vec<_> = history.iter().filter(|entry| entry["pointer"] == pointer).collect();
    for pair in holds.windows(2) {
        assert_eq!(pair[0]["until_ms"], pair[1]["time_ms"], "{pair:?}");
        assert_ne!(pair[0]["version"], pair[1]["version"], "{pair:?}");
    }
    assert!(holds.last().unwrap()["until_ms"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_readers_see_one_champion_at_every_moment_of_many_rollbacks() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    with_versions(&server, 3).await;
    for version in 1..=2 {
        to_production(&server, version).await;
        set_champion(&server, version).await;
    }
    let readers: Vec<_> = (0..READERS).map(|_| watch(server.http(), see_one_of_each)).collect();
    for round in 0..ROLLBACKS {
        roll_back(&server, json!({"stage": "Production"})).await;
        roll_back(&server, json!({"alias": "champion"})).await;
        let next = 2 + i64::try_from(round % 2).unwrap();
        to_production(&server, next).await;
        set_champion(&server, next).await;
    }
    for reader in readers {
        reader.stop().await;
    }
    follows_on(&history(&server).await, "stage:Production");
    follows_on(&history(&server).await, "alias:champion");
}

/// The champion is there, is one of ours, and knows that it is; so is the one version in Production.
async fn see_one_of_each(http: Http) {
    let champion = http.get("registered-models/alias?name=m&alias=champion").await.ok();
    let champion = &champion["model_version"];
    assert_eq!(champion["aliases"], json!(["champion"]), "{champion}");
    let latest = http.get("registered-models/get-latest-versions?name=m&stages=Production").await.ok();
    assert_eq!(latest["model_versions"].as_array().unwrap().len(), 1, "{latest}");
    assert_eq!(latest["model_versions"][0]["current_stage"], "Production");
    let shown = http.get("registered-models/get?name=m").await.ok();
    let shown = &shown["registered_model"];
    assert_eq!(shown["aliases"].as_array().unwrap().len(), 1, "{shown}");
    let mut stages = BTreeSet::new();
    for version in shown["latest_versions"].as_array().unwrap() {
        assert!(stages.insert(version["current_stage"].to_string()), "{shown}");
    }
    assert!(stages.contains("\"Production\""), "{shown}");
}

/// Something that is looked at again and again while other things happen.
struct Watcher {
    stopped: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<u64>,
}

fn watch<F>(http: Http, look: impl Fn(Http) -> F + Send + 'static) -> Watcher
where
    F: Future<Output = ()> + Send,
{
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    let task = tokio::spawn(async move {
        let mut looks = 0;
        while !flag.load(Ordering::Relaxed) {
            look(http.clone()).await;
            looks += 1;
        }
        looks
    });
    Watcher { stopped, task }
}

impl Watcher {
    /// Ends it, and fails if any look did.
    async fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        assert!(self.task.await.unwrap() > 0, "the watcher never looked");
    }
}
