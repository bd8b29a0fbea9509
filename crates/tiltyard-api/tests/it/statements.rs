//! How many SQL statements each endpoint runs: a fixed number, whatever the size of the page. The numbers are committed, so
//! that a change of them is seen.

use std::fmt::Write;

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_testkit::TestServer;

const SMALL: usize = 10;
const LARGE: usize = 200;

/// The endpoints looked at so far, a line each.
struct Report<'s> {
    server: &'s TestServer,
    lines: String,
}

impl Report<'_> {
    /// Statements of one call, which must succeed.
    async fn count(&self, method: Method, path: &str, body: Option<Value>) -> u64 {
        let before = self.server.store.statement_count();
        self.server.send(method, &format!("/api/2.0/mlflow/{path}"), body).await.ok();
        self.server.store.statement_count() - before
    }

    async fn one(&mut self, method: Method, path: &str, body: Option<Value>) {
        let statements = self.count(method.clone(), path, body).await;
        let path = path.split('?').next().unwrap_or_default();
        writeln!(self.lines, "{statements:>4}  {method} {path}").expect("a line fits");
    }

    /// A list that is asked for with `max_results` in its body.
    async fn search(&mut self, path: &str, mut body: Value) {
        let mut statements = [0; 2];
        for (place, size) in [SMALL, LARGE].into_iter().enumerate() {
            body["max_results"] = json!(size);
            statements[place] = self.count(Method::POST, path, Some(body.clone())).await;
        }
        self.same(&Method::POST, path, statements);
    }

    /// A list that is asked for with `max_results` in its query.
    async fn list(&mut self, path: &str) {
        let mut statements = [0; 2];
        for (place, size) in [SMALL, LARGE].into_iter().enumerate() {
            let mark = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{mark}max_results={size}");
            statements[place] = self.count(Method::GET, &path, None).await;
        }
        self.same(&Method::GET, path, statements);
    }

    fn same(&mut self, method: &Method, path: &str, [small, large]: [u64; 2]) {
        assert_eq!(small, large, "{path}: statements of a page of {SMALL} and of {LARGE}");
        let path = path.split('?').next().unwrap_or_default();
        writeln!(self.lines, "{small:>4}  {method} {path}, any page").expect("a line fits");
    }
}

/// Runs, models and versions, more of each than the largest page holds, each with something below it.
async fn fill(server: &TestServer) -> String {
    let mut run_id = String::new();
    for number in 0..LARGE + 5 {
        let made = server.post("runs/create", json!({"experiment_id": "0", "start_time": number})).await.ok();
        run_id = made["run"]["info"]["run_id"].as_str().expect("a run id").to_owned();
        server.post("runs/log-batch", batch(&run_id, 3)).await.ok();
        let name = format!("model-{number}");
        server
            .post("registered-models/create", json!({"name": name, "tags": [{"key": "a", "value": "b"}]}))
            .await
            .ok();
        for (name, source) in [(name.as_str(), "s3://elsewhere/a"), ("model-0", "s3://elsewhere/b")] {
            server
                .post("model-versions/create", json!({"name": name, "source": source, "run_id": run_id}))
                .await
                .ok();
        }
        server
            .post("registered-models/alias", json!({"name": name, "alias": "a", "version": "1"}))
            .await
            .ok();
        server.post("experiments/create", json!({"name": name})).await.ok();
        server.post("logged-models", json!({"experiment_id": "0", "name": "m"})).await.ok();
    }
    run_id
}

/// A batch of so many metrics, so many params and so many tags.
fn batch(run_id: &str, count: usize) -> Value {
    let items = |make: fn(String) -> Value| -> Vec<Value> {
        (0..count).map(|item| make(format!("k{item}"))).collect()
    };
    json!({
        "run_id": run_id,
        "metrics": items(|key| json!({"key": key, "value": 0.5, "timestamp": 1, "step": 1})),
        "params": items(|key| json!({"key": key, "value": "p"})),
        "tags": items(|key| json!({"key": key, "value": "t"})),
    })
}

#[tokio::test]
async fn the_statements_of_each_endpoint_are_few_and_do_not_grow_with_the_page() {
    let server = TestServer::start().await;
    let run_id = fill(&server).await;
    let mut report = Report { server: &server, lines: String::new() };
    for path in [
        "model-versions/get?name=model-0&version=1",
        "registered-models/alias?name=model-0&alias=a",
        "registered-models/get-latest-versions?name=model-0",
        "registered-models/get?name=model-0",
        "model-versions/get-download-uri?name=model-0&version=1",
        "experiments/get?experiment_id=0",
        &format!("runs/get?run_id={run_id}"),
    ] {
        report.one(Method::GET, path, None).await;
    }
    report.search("runs/search", json!({"experiment_ids": ["0"]})).await;
    let sorted = json!({"experiment_ids": ["0"], "filter": "metrics.k0 > 0.1 and params.k1 = 'p'", "order_by": ["metrics.k0 DESC"]});
    report.search("runs/search", sorted).await;
    report.search("experiments/search", json!({})).await;
    report.search("logged-models/search", json!({"experiment_ids": ["0"]})).await;
    report.list("registered-models/search").await;
    report.list("model-versions/search").await;
    report.list("model-versions/search?filter=name%3D%27model-0%27").await;
    report.list(&format!("metrics/get-history?run_id={run_id}&metric_key=k0")).await;
    writes(&mut report, &run_id).await;
    insta::assert_snapshot!(report.lines);
}

async fn writes(report: &mut Report<'_>, run_id: &str) {
    let version = json!({"name": "model-0", "version": "1"});
    let with = |key: &str, value: &str| {
        let mut body = version.clone();
        body[key] = json!(value);
        Some(body)
    };
    let metric = json!({"run_id": run_id, "key": "k0", "value": 1, "timestamp": 2, "step": 2});
    for (path, body) in [
        ("runs/create", Some(json!({"experiment_id": "0"}))),
        ("runs/log-metric", Some(metric)),
        ("runs/log-parameter", Some(json!({"run_id": run_id, "key": "k0", "value": "p"}))),
        ("runs/set-tag", Some(json!({"run_id": run_id, "key": "k0", "value": "x"}))),
        ("model-versions/create", Some(json!({"name": "model-0", "source": "s3://elsewhere/c"}))),
        ("model-versions/transition-stage", with("stage", "Production")),
        ("registered-models/alias", with("alias", "b")),
    ] {
        report.one(Method::POST, path, body).await;
    }
}

#[tokio::test]
async fn a_batch_costs_by_its_items_and_not_by_what_the_run_has_already() {
    let server = TestServer::start().await;
    let made = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
    let run_id = made["run"]["info"]["run_id"].as_str().expect("a run id").to_owned();
    let report = Report { server: &server, lines: String::new() };
    let cost = async |items| report.count(Method::POST, "runs/log-batch", Some(batch(&run_id, items))).await;
    // The first time a key is seen costs a little more.
    cost(100).await;
    let (ten, twenty, hundred) = (cost(10).await, cost(20).await, cost(100).await);
    let ten_items = twenty - ten;
    assert_eq!(hundred, ten + 9 * ten_items);
    assert!(ten_items <= 10 * 9, "thirty more metrics, params and tags cost {ten_items} statements");
    assert_eq!(cost(10).await, ten);
}
