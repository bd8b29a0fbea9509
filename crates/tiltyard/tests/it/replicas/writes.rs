//! All replicas write at once, and one is killed in the middle: numbers without gaps, one version in production, the latest of
//! the latest, a journal that only grows at its end, and nothing acknowledged lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_cluster::Cluster;
use tiltyard_testkit::Http;
use tokio::task::JoinSet;

use super::{Replicas, journal, make_model, numbers, whole_journal};

const ROUNDS: u64 = 40;

/// What one client was told.
#[derive(Default)]
struct Acknowledged {
    versions: BTreeSet<u64>,
    steps: BTreeSet<u64>,
}

/// Registers, promotes and logs by one replica, until the rounds are over or nobody answers.
async fn work(http: Http, replica: u64, run: Arc<str>, done: Arc<AtomicU64>) -> Acknowledged {
    let mut told = Acknowledged::default();
    for round in 0..ROUNDS {
        let step = round * 3 + replica;
        let source = json!({"name": "m", "source": format!("s3://elsewhere/{replica}/{round}")});
        let Some(made) = send(&http, "model-versions/create", source).await else { break };
        let version = made["model_version"]["version"].as_str().unwrap().to_owned();
        told.versions.insert(version.parse().unwrap());
        let promotion = json!({"name": "m", "version": version, "stage": "Production", "archive_existing_versions": true});
        let point = json!({"run_id": &*run, "key": "k", "value": step, "timestamp": 1, "step": step});
        if send(&http, "model-versions/transition-stage", promotion).await.is_none()
            || send(&http, "runs/log-metric", point).await.is_none()
        {
            break;
        }
        told.steps.insert(step);
        done.fetch_add(1, Ordering::Relaxed);
    }
    told
}

/// The body of a success; nothing when the server is gone.
async fn send(http: &Http, path: &str, body: Value) -> Option<Value> {
    let answer = http.try_send(Method::POST, &format!("/api/2.0/mlflow/{path}"), Some(body)).await.ok()?;
    Some(answer.ok())
}

/// Follows the journal until it has seen the last entry that there will be.
async fn followed(http: Http) -> Vec<Value> {
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let (entries, next) = journal(&http, after, 30).await.unwrap();
        after = next;
        seen.extend(entries);
        if seen.last().is_some_and(|entry| entry["model"] == "the end") {
            return seen;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_write_at_once_and_one_is_killed() {
    let _alone = super::alone().await;
    let database = Cluster::shared().database();
    let mut replicas = Replicas::start(&database, 3);
    let history = "SELECT count(*) FROM refinery_schema_history";
    assert_eq!(Cluster::shared().run(&database, history), "1", "the schema was made once");
    let http = replicas.http();
    make_model(&http[0], "m").await;
    let run = http[0].post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run: Arc<str> = run["run"]["info"]["run_id"].as_str().unwrap().into();
    let following = tokio::spawn(followed(http[1].clone()));
    let done = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for (replica, http) in (0..).zip(&http) {
        clients.spawn(work(http.clone(), replica, Arc::clone(&run), Arc::clone(&done)));
    }
    while done.load(Ordering::Relaxed) < ROUNDS {
        tokio::task::yield_now().await;
    }
    replicas.servers.remove(0).kill();
    let told = clients.join_all().await;
    let (versions, steps): (Vec<_>, Vec<_>) =
        told.into_iter().map(|told| (told.versions, told.steps)).unzip();
    let survivor = &http[2];
    let kept = numbers(survivor, "m").await;
    assert!(
        versions.iter().flatten().all(|version| kept.contains(version)),
        "an acknowledged version is gone"
    );
    assert_eq!(
        versions.iter().map(BTreeSet::len).sum::<usize>(),
        versions.iter().flatten().collect::<BTreeSet<_>>().len()
    );
    assert_eq!(kept, (1..=kept.len() as u64).collect(), "numbers have no gaps");
    in_production(survivor).await;
    latest(survivor, &run, steps.iter().flatten().max().copied().unwrap()).await;
    make_model(survivor, "the end").await;
    let (seen, all) = (following.await.unwrap(), whole_journal(survivor).await);
    assert_eq!(seen, all, "who followed saw every entry, in the order that everybody sees");
    let created = all.iter().filter(|entry| entry["action"] == "version.created").count();
    assert_eq!(created, kept.len());
}

async fn in_production(http: &Http) {
    let found = http
        .post("registered-models/get-latest-versions", json!({"name": "m", "stages": ["Production"]}))
        .await
        .ok();
    assert_eq!(found["model_versions"].as_array().unwrap().len(), 1, "{found}");
    let all = http.get("registered-models/get?name=m").await.ok();
    let stages = all["registered_model"]["latest_versions"].as_array().unwrap();
    assert_eq!(stages.iter().filter(|version| version["current_stage"] == "Production").count(), 1, "{all}");
}

/// The latest point is that of the highest step, as if one client had logged them all in any order.
async fn latest(http: &Http, run: &str, acknowledged: u64) {
    let history =
        http.get(&format!("metrics/get-history?run_id={run}&metric_key=k&max_results=1000")).await.ok();
    let points = history["metrics"].as_array().unwrap();
    let reference = points.iter().map(|point| number(&point["step"])).max().unwrap();
    let shown = http.get(&format!("runs/get?run_id={run}")).await.ok();
    let shown = &shown["run"]["data"]["metrics"][0];
    assert_eq!(number(&shown["step"]), reference, "{shown}");
    assert!(reference >= acknowledged);
}

/// A number that travels as such or as text.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}
