//! Histories of metrics that are longer than anybody would want to hold in memory: every way to read one is bounded.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::served::Served;

/// Points of one metric of one run.
const POINTS: i64 = 1_000_000;
/// What reading pages and samples of them may add to the server's memory: its page cache, and the largest answer.
const GROWTH_KIB_MAX: u64 = 64 * 1024;
/// What one answer to a client that knows no pages may add to it.
const UNPAGED_GROWTH_KIB_MAX: u64 = 192 * 1024;

/// A server on a run with a long history. The first point goes through the server; the others are put beside it, since it is
/// reading that is looked at.
async fn with_history(folder: &TempDir) -> (Served, String) {
    let server = Served::start(folder.path());
    let made = server.post("runs/create", json!({"experiment_id": "0", "start_time": 0})).await.ok();
    let run = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let first = json!({"run_id": run, "key": "loss", "value": 0, "timestamp": 0, "step": 0});
    server.post("runs/log-metric", first).await.ok();
    server.kill();
    let database = Connection::open(folder.path().join("tiltyard.db")).unwrap();
    let more = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1 - 1)
                INSERT INTO metrics (run, key, step, time_ms, value, is_nan)
                SELECT first.run, first.key, n, n, n * 0.5, 0 FROM number, (SELECT run, key FROM metrics LIMIT 1) AS first";
    database.execute(more, [POINTS]).unwrap();
    drop(database);
    (Served::start(folder.path()), run)
}

/// The most that the server ever held, in KiB, without pages of the database's file: those the system takes back as it likes.
fn held_kib(server: &Served) -> u64 {
    server.memory_kib("VmHWM") - server.memory_kib("RssFile")
}

fn steps(answer: &Value) -> Vec<i64> {
    answer["metrics"].as_array().unwrap().iter().map(|point| point["step"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn every_way_to_read_a_long_history_is_bounded_and_its_ends_are_exact() {
    let folder = TempDir::new().unwrap();
    let (server, run) = with_history(&folder).await;
    let sample = format!("metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results");
    // Reads the whole history once, so that from here on the file's pages stay as they are.
    server.get(&format!("{sample}=2")).await.ok();
    let before = held_kib(&server);
    let page = format!("metrics/get-history?run_id={run}&metric_key=loss&max_results");
    let first = server.get(&format!("{page}=1000")).await.ok();
    assert_eq!(steps(&first), (0..1000).collect::<Vec<_>>());
    let token = first["next_page_token"].as_str().unwrap();
    let second = server.get(&format!("{page}=1000&page_token={token}")).await.ok();
    assert_eq!(steps(&second), (1000..2000).collect::<Vec<_>>());
    assert_eq!(
        steps(&server.get(&format!("{page}=2147483647")).await.ok()).len(),
        25_000,
        "the largest page"
    );

    for wanted in [2, 320, 2500] {
        let found = steps(&server.get(&format!("{sample}={wanted}")).await.ok());
        assert!(found.len() <= wanted && found.len() > wanted / 2, "{} of {wanted}", found.len());
        assert_eq!((found.first(), found.last()), (Some(&0), Some(&(POINTS - 1))), "{wanted}");
        assert!(found.is_sorted());
    }
    let part = server.get(&format!("{sample}=10&start_step=500&end_step=700000")).await.ok();
    assert_eq!((steps(&part).first(), steps(&part).last()), (Some(&500), Some(&700_000)));
    let bulk =
        format!("/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id={run}&metric_key=loss&max_results=100");
    let bulk = server.send(reqwest::Method::GET, &bulk, None).await.ok();
    assert_eq!(steps(&bulk), (0..100).collect::<Vec<_>>());
    let growth = held_kib(&server).saturating_sub(before);
    assert!(growth < GROWTH_KIB_MAX, "{growth} KiB");

    let whole = server.get(&format!("metrics/get-history?run_id={run}&metric_key=loss")).await.ok();
    assert_eq!(steps(&whole).len(), 250_000, "as many as one answer holds");
    let growth = held_kib(&server).saturating_sub(before);
    assert!(growth < UNPAGED_GROWTH_KIB_MAX, "{growth} KiB");
}
