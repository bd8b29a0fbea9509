//! Faults are made, not mocked: a server that is killed, a pool that is used up, transactions that lock each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use tiltyard_cluster::Cluster;
use tiltyard_domain::entity::{Dataset, Tag};
use tiltyard_store::{Error, Read, Tx};
use tokio::task::JoinSet;

use super::{how_many_stores, open};
use crate::contract::{metric, new_run, permit, with_run, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_loses_nothing_and_is_used_again_when_it_is_back() {
    let cluster = Cluster::start();
    let store = open(&cluster.database(), 6).await;
    let run = with_run(&store).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..6_i64 {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        writers.spawn(async move {
            let (mut acknowledged, mut refused) = (Vec::new(), 0);
            for step in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let points = [metric(&format!("m{writer}"), step, 0, 1.0)];
                match store.log(&permit(), move |tx| tx.log_metrics(run, &points)).await {
                    Ok(()) => acknowledged.push(step),
                    Err(Error::Unavailable(_) | Error::Commit(_)) => {
                        refused += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    Err(other) => panic!("{other}"),
                }
            }
            (writer, acknowledged, refused)
        });
    }
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        tokio::task::block_in_place(|| {
            cluster.kill();
            std::thread::sleep(Duration::from_millis(300));
            cluster.revive();
        });
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    stop.store(true, Ordering::Relaxed);
    for (writer, acknowledged, refused) in writers.join_all().await {
        assert!(refused > 0, "the kills were noticed");
        let key = format!("m{writer}");
        let kept =
            store.read(&permit(), |read| read.metric_history("run", &key, None, 100_000)).await.unwrap();
        let kept: Vec<i64> = kept.iter().map(|point| point.step).collect();
        assert!(acknowledged.iter().all(|step| kept.contains(step)), "an acknowledged point is gone");
        assert!(acknowledged.len() > 20, "writing went on");
    }
    write(&store, |tx| tx.store_with_root("s3://after")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_all_connections_in_use_is_told_after_a_while() {
    let store = open(&Cluster::shared().database(), 1).await;
    let (began, end) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let holding = tokio::spawn({
        let (store, began, end) = (store.clone(), Arc::clone(&began), Arc::clone(&end));
        async move {
            let hold = |_: &mut Read<'_>| {
                began.wait();
                end.wait();
                Ok::<_, Error>(())
            };
            store.read(&permit(), hold).await
        }
    });
    tokio::task::block_in_place(|| began.wait());
    let asked = Instant::now();
    let answer = store.read(&permit(), how_many_stores).await;
    assert!(matches!(answer, Err(Error::Exhausted { connections: 1, .. })), "{answer:?}");
    assert!(asked.elapsed() < Duration::from_secs(15));
    tokio::task::block_in_place(|| end.wait());
    holding.await.unwrap().unwrap();
    assert!(store.read(&permit(), how_many_stores).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_lock_each_other_one_is_run_again() {
    let store = open(&Cluster::shared().database(), 4).await;
    let first = with_run(&store).await;
    let second = write(&store, move |tx| tx.insert_run(&new_run(1, "other"))).await;
    let meeting = Arc::new(Barrier::new(2));
    let mut writers = JoinSet::new();
    for (value, runs) in [("x", [first, second]), ("y", [second, first])] {
        let (store, meeting, met) = (store.clone(), Arc::clone(&meeting), AtomicBool::new(false));
        writers.spawn(async move {
            let tag = Tag { key: "a".to_owned(), value: value.to_owned() };
            let lock_both = move |tx: &mut Tx<'_>| {
                tx.set_run_tag(runs[0], &tag)?;
                if !met.swap(true, Ordering::SeqCst) {
                    meeting.wait();
                }
                tx.set_run_tag(runs[1], &tag)
            };
            store.log(&permit(), lock_both).await
        });
    }
    for result in writers.join_all().await {
        result.unwrap();
    }
    let value = |run: &'static str| {
        let store = store.clone();
        async move { store.read(&permit(), move |read| read.run(run)).await.unwrap().unwrap().tags }
    };
    assert_eq!(value("run").await, value("other").await);
}

/// Bodies look before they insert. Beside others, what they looked for may come up in between.
#[tokio::test(flavor = "multi_thread")]
async fn who_inserts_what_another_has_just_inserted_looks_again() {
    let store = open(&Cluster::shared().database(), 8).await;
    let run = with_run(&store).await;
    for round in 0..20 {
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let (store, dataset) = (store.clone(), dataset(round));
            writers.spawn(async move { store.log(&permit(), move |tx| tx.datasets(run, &[&dataset])).await });
        }
        let keys = writers.join_all().await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}

fn dataset(round: i32) -> Dataset {
    Dataset {
        name: "d".to_owned(),
        digest: round.to_string(),
        source_type: "local".to_owned(),
        source: "{}".to_owned(),
        schema: None,
        profile: None,
    }
}
