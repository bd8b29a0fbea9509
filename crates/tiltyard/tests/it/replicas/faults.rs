//! The database is killed and comes back while replicas work: clear answers meanwhile, probes that tell load balancers, and
//! nobody is restarted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use tiltyard_cluster::Cluster;
use tiltyard_testkit::Http;
use tokio::task::JoinSet;

use super::{Replicas, journal, make_model};

/// Makes models until told to stop; gives the names that were acknowledged and the number of refusals.
async fn load(http: Http, client: usize, stop: Arc<AtomicBool>, refused: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let url = format!("{}/api/2.0/mlflow/registered-models/create", http.url);
    for count in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("{client}-{count}");
        let answer = http.client.post(&url).json(&json!({"name": name})).send().await.unwrap();
        match answer.status().as_u16() {
            200 => acknowledged.push(name),
            503 => {
                assert_eq!(answer.headers()["retry-after"], "1");
                refused.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            // A commit whose answer the database did not live to give may have happened; only this one is left open.
            409 => assert!(!answer.headers().contains_key("retry-after")),
            other => panic!("{other}: {}", answer.text().await.unwrap()),
        }
    }
    acknowledged
}

async fn until_ready(http: &Http, status: u16) {
    loop {
        let answer = http.client.get(format!("{}/ready", http.url)).send().await.unwrap();
        if answer.status() == status {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_outlive_their_database() {
    let _alone = super::alone().await;
    let cluster = Cluster::start();
    let replicas = Replicas::start(&cluster.database(), 2);
    let http = replicas.http();
    let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for client in 0..8 {
        clients.spawn(load(http[client % 2].clone(), client, Arc::clone(&stop), Arc::clone(&refused)));
    }
    until_ready(&http[0], 200).await;
    tokio::task::block_in_place(|| cluster.kill());
    until_ready(&http[0], 503).await;
    until_ready(&http[1], 503).await;
    while refused.load(Ordering::Relaxed) < 20 {
        tokio::task::yield_now().await;
    }
    tokio::task::block_in_place(|| cluster.revive());
    for http in &http {
        until_ready(http, 200).await;
    }
    // Word of changes comes through again as well.
    let (_, newest) = end_of_journal(&http[1]).await;
    let waiting = tokio::spawn({
        let http = http[1].clone();
        async move { journal(&http, newest, 30).await }
    });
    make_model(&http[0], "after").await;
    assert!(!waiting.await.unwrap().unwrap().0.is_empty());
    stop.store(true, Ordering::Relaxed);
    for name in clients.join_all().await.into_iter().flatten() {
        http[1].get(&format!("registered-models/get?name={name}")).await.ok();
    }
}

async fn end_of_journal(http: &Http) -> (usize, i64) {
    let (mut count, mut after) = (0, 0);
    loop {
        let (entries, next) = journal(http, after, 0).await.unwrap();
        if entries.is_empty() {
            return (count, after);
        }
        count += entries.len();
        after = next;
    }
}
