//! Many clients at once, each changing things of its own and writing down what was acknowledged.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_testkit::Http;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::ledger::{Content, Ledger};
use super::numbers::Numbers;
use crate::served::Served;

/// Models, each with several clients that register versions and one that moves pointers.
const MODELS: u64 = 3;
const REGISTRARS_PER_MODEL: u64 = 2;
const LOGGERS: u64 = 4;
const UPLOADERS: u64 = 3;
/// Metrics, params and tags, each, in one batch.
pub(super) const ITEMS_PER_BATCH: u64 = 4;
const UPLOAD_BYTES: std::ops::Range<u64> = 0..200_000;

pub(super) fn model(index: u64) -> String {
    format!("model-{index}")
}

/// Makes the models, each with a version.
pub(super) async fn prepare(http: &Http, ledger: &mut Ledger) {
    for model in (0..MODELS).map(model) {
        http.post("registered-models/create", json!({"name": model})).await.ok();
        let source = format!("s3://elsewhere/{model}");
        let made = http.post("model-versions/create", new_version(&model, &source)).await.ok();
        ledger.versions.insert((model, number(&made["model_version"]["version"])), source);
    }
}

/// Loads the server until it has given so many answers, then kills it while more is under way.
pub(super) async fn until_killed(server: Served, ledger: &mut Ledger, round: u64, answers: u64, seed: u64) {
    let client = Client {
        http: server.http(),
        ledger: Arc::new(Mutex::new(std::mem::take(ledger))),
        answers: Arc::default(),
        answers_wanted: answers,
        enough: Arc::default(),
        round,
    };
    let mut numbers = Numbers::new(seed);
    let mut clients = JoinSet::new();
    for index in 0..MODELS * REGISTRARS_PER_MODEL {
        clients.spawn(client.clone().register(model(index % MODELS), index));
    }
    for index in 0..MODELS {
        clients.spawn(client.clone().promote(model(index), Numbers::new(numbers.next())));
    }
    for _ in 0..LOGGERS {
        clients.spawn(client.clone().log());
    }
    for index in 0..UPLOADERS {
        clients.spawn(client.clone().upload(index, Numbers::new(numbers.next())));
    }
    client.enough.notified().await;
    let log = tokio::task::spawn_blocking(|| server.kill()).await.unwrap();
    clients.join_all().await;
    assert!(!log.contains("ERROR"), "{log}");
    *ledger = std::mem::take(&mut client.book());
}

/// The server went away while it was asked.
struct Gone;

#[derive(Clone)]
struct Client {
    http: Http,
    ledger: Arc<Mutex<Ledger>>,
    answers: Arc<AtomicU64>,
    answers_wanted: u64,
    enough: Arc<Notify>,
    round: u64,
}

impl Client {
    fn book(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Gone> {
        let path = format!("/api/2.0/mlflow/{path}");
        let answer = self.http.try_send(Method::POST, &path, Some(body)).await.map_err(|_| Gone)?;
        let body = answer.ok();
        self.count();
        Ok(body)
    }

    fn count(&self) {
        if self.answers.fetch_add(1, Ordering::Relaxed) + 1 == self.answers_wanted {
            self.enough.notify_one();
        }
    }

    async fn register(self, model: String, index: u64) {
        for count in 0_u64.. {
            let source = format!("s3://elsewhere/{index}/{}/{count}", self.round);
            let Ok(made) = self.post("model-versions/create", new_version(&model, &source)).await else {
                return;
            };
            let number = number(&made["model_version"]["version"]);
            self.book().versions.insert((model.clone(), number), source);
        }
    }

    async fn promote(self, model: String, mut numbers: Numbers) {
        loop {
            let version = self.some_version(&model, &mut numbers);
            let gone = match numbers.within(0..2) {
                0 => self.set_alias(&model, version).await,
                _ => self.transition(&model, version).await,
            };
            if gone.is_err() {
                return;
            }
        }
    }

    /// One of the versions that are known to be there.
    fn some_version(&self, model: &str, numbers: &mut Numbers) -> i64 {
        let book = self.book();
        let newest = book.versions.keys().filter(|(name, _)| name == model).map(|(_, number)| *number).max();
        let behind_newest = u64::try_from(newest.unwrap()).unwrap() + 1;
        i64::try_from(numbers.within(1..behind_newest)).unwrap()
    }

    async fn set_alias(&self, model: &str, version: i64) -> Result<(), Gone> {
        self.ask(model, "champion", version);
        let asked = json!({"name": model, "alias": "champion", "version": version.to_string()});
        self.post("registered-models/alias", asked).await?;
        self.acknowledge(model, "champion", version);
        Ok(())
    }

    async fn transition(&self, model: &str, version: i64) -> Result<(), Gone> {
        self.ask(model, "Production", version);
        let asked = json!({"name": model, "version": version.to_string(), "stage": "production",
            "archive_existing_versions": true});
        self.post("model-versions/transition-stage", asked).await?;
        self.acknowledge(model, "Production", version);
        Ok(())
    }

    fn ask(&self, model: &str, pointer: &'static str, version: i64) {
        self.book().pointers.entry((model.to_owned(), pointer)).or_default().asked = Some(version);
    }

    fn acknowledge(&self, model: &str, pointer: &'static str, version: i64) {
        let mut book = self.book();
        let holder = book.pointers.entry((model.to_owned(), pointer)).or_default();
        (holder.acknowledged, holder.asked) = (Some(version), None);
    }

    async fn log(self) {
        let Ok(made) = self.post("runs/create", json!({"experiment_id": "0"})).await else { return };
        let run_id = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        self.book().batches.insert(run_id.clone(), std::collections::BTreeSet::new());
        for batch in 0.. {
            if self.post("runs/log-batch", batch_of(&run_id, batch)).await.is_err() {
                return;
            }
            self.book().batches.get_mut(&run_id).unwrap().insert(batch);
        }
    }

    async fn upload(self, index: u64, mut numbers: Numbers) {
        for count in 0_u64.. {
            let path = format!("crash/{index}/{}/{count}.bin", self.round);
            let content = Content { seed: numbers.next(), size_bytes: numbers.within(UPLOAD_BYTES) };
            let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", self.http.url);
            let bytes = content.bytes();
            self.book().uploads.insert(path.clone(), content);
            let Ok(answer) = self.http.client.put(url).body(bytes).send().await else { return };
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            self.count();
            let mut book = self.book();
            book.uploads.remove(&path);
            book.artifacts.insert(path, content);
        }
    }
}

fn batch_of(run_id: &str, batch: u64) -> Value {
    let items = |make: fn(String) -> Value| -> Vec<Value> {
        (0..ITEMS_PER_BATCH).map(|item| make(format!("{batch}.{item}"))).collect()
    };
    json!({
        "run_id": run_id,
        "metrics": items(|key| json!({"key": key, "value": 0.5, "timestamp": 1, "step": 1})),
        "params": items(|key| json!({"key": key, "value": "p"})),
        "tags": items(|key| json!({"key": key, "value": "t"})),
    })
}

fn new_version(model: &str, source: &str) -> Value {
    json!({"name": model, "source": source, "tags": [{"key": "of", "value": source}]})
}

fn number(text: &Value) -> i64 {
    text.as_str().unwrap().parse().unwrap()
}
