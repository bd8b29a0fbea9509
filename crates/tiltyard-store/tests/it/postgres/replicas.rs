//! Three replicas that write at once: numbers without gaps, one holder of a pointer, a journal that only grows at its end.

use tiltyard_cluster::Cluster;
use tiltyard_domain::Timestamp;
use tiltyard_store::{JournalEntry, Store};
use tokio::task::JoinSet;

use super::open;
use crate::contract::models::{insert_model, insert_version};
use crate::contract::pointers::{holds_of_champion, move_champion};
use crate::contract::{metric, permit, with_run, write};

/// Three stores with connections of their own on one database.
async fn three() -> [Store; 3] {
    let uri = Cluster::shared().database();
    [open(&uri, 4).await, open(&uri, 4).await, open(&uri, 4).await]
}

fn entry(detail: String) -> JournalEntry {
    JournalEntry {
        time: Timestamp(1),
        actor: "ada".to_owned(),
        action: "test".to_owned(),
        model: "m".to_owned(),
        version: None,
        detail,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_versions_have_no_gaps() {
    let replicas = three().await;
    let model = insert_model(&replicas[0], "m").await.unwrap();
    let mut creators = JoinSet::new();
    for index in 0..90 {
        let store = replicas[index % 3].clone();
        creators.spawn(async move { insert_version(&store, model).await.1 });
    }
    let mut numbers = creators.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=90).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_moves_from_hold_to_hold() {
    let replicas = three().await;
    let model = insert_model(&replicas[0], "m").await.unwrap();
    for _ in 0..12 {
        insert_version(&replicas[0], model).await;
    }
    let mut movers = JoinSet::new();
    for version in 1..=12 {
        let store = replicas[usize::try_from(version).unwrap() % 3].clone();
        movers.spawn(async move { move_champion(&store, model, version, version).await });
    }
    movers.join_all().await;
    let holds = holds_of_champion(&replicas[1], model);
    assert_eq!(holds.len(), 12);
    assert!(holds.windows(2).all(|pair| pair[0].2 == Some(pair[1].1)), "{holds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_the_journal_misses_nothing() {
    let replicas = three().await;
    let mut writers = JoinSet::new();
    for (index, store) in replicas.iter().cloned().enumerate() {
        writers.spawn(async move {
            for round in 0..60 {
                let entry = entry(format!("{index} {round}"));
                write(&store, move |tx| tx.append_journal(&entry)).await;
            }
        });
    }
    let mut seen: Vec<JournalEntry> = Vec::new();
    while seen.len() < 180 {
        let now = replicas[0].read(&permit(), |read| read.journal("m", 1_000)).await.unwrap();
        assert_eq!(now[..seen.len()], seen, "an entry came up between those that were seen");
        seen = now;
    }
    writers.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_point_is_the_latest_whoever_logged_it() {
    let replicas = three().await;
    let run = with_run(&replicas[0]).await;
    let mut writers = JoinSet::new();
    for index in 0..60_usize {
        let store = replicas[index % 3].clone();
        let step = i64::try_from(index * 7 % 60).unwrap();
        // In opposite orders, so that they meet.
        let mut points = vec![metric("a", step, 0, 1.0), metric("b", step, 0, 1.0)];
        if index % 2 == 0 {
            points.reverse();
        }
        writers.spawn(async move { store.log(&permit(), move |tx| tx.log_metrics(run, &points)).await });
    }
    assert!(writers.join_all().await.into_iter().all(|logged| logged.is_ok()));
    let shown = replicas[2].read(&permit(), |read| read.run("run")).await.unwrap().unwrap();
    assert_eq!(shown.metrics.iter().map(|metric| metric.step).collect::<Vec<_>>(), [59, 59]);
}
