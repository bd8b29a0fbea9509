//! Far more clients than connections to the database: each gets an answer, or is told to come again.

use std::collections::BTreeMap;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tiltyard_cluster::Cluster;
use tokio::task::JoinSet;

use super::{Replicas, make_model};
use crate::served::PATIENCE;

const CLIENTS: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_clients_share_a_few_connections() {
    let _alone = super::alone().await;
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let variables = [("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "4")];
    let replicas = Replicas::start_as(&Cluster::shared().database(), 1, &variables);
    let http = &replicas.http()[0];
    make_model(http, "m").await;
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for index in 0..CLIENTS {
        let (client, url) = (http.client.clone(), format!("{}/api/2.0/mlflow/", http.url));
        // All at once, so that each opens a connection of its own.
        clients.spawn(async move {
            let request = match index % 4 {
                0 => client
                    .post(url + "registered-models/set-tag")
                    .json(&json!({"name": "m", "key": "k", "value": "v"})),
                1 => client.get(url + "registered-models/search"),
                _ => client.get(url + "registered-models/get?name=m"),
            };
            let answer = request.send().await.unwrap();
            let told_when = answer.headers().contains_key("retry-after");
            (answer.status().as_u16(), told_when)
        });
    }
    let mut answers = BTreeMap::<_, usize>::new();
    for answer in clients.join_all().await {
        *answers.entry(answer).or_default() += 1;
    }
    println!("{CLIENTS} clients on 4 connections, in {:?}: {answers:?}", begun.elapsed());
    assert!(answers.keys().all(|answer| [(200, false), (503, true)].contains(answer)), "{answers:?}");
    assert!(answers.get(&(200, false)).is_some_and(|count| *count > CLIENTS / 10), "{answers:?}");
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(http.get("registered-models/get?name=m").await.status, 200);
}
