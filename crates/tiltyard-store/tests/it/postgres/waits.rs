//! How often the most frequent reads and changes wait for the server: each wait wakes two processes, which is most of what
//! a short statement costs.

use tiltyard_cluster::Cluster;
use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Metric, Param};
use tiltyard_store::{Error, Store, Tx};

use super::open;
use crate::contract::models::insert_model;
use crate::contract::pointers::move_champion;
use crate::contract::{metric, new_run, permit, with_run};
use crate::every::{new_version, tag};

/// Waits of what `work` does the third time, when its statements are prepared and its keys are known.
async fn waits(store: &Store, work: impl AsyncFn(i64)) -> u64 {
    work(1).await;
    work(2).await;
    let before = store.wait_count();
    work(3).await;
    store.wait_count() - before
}

fn log(tx: &mut Tx<'_>, round: i64, count: usize) -> Result<(), Error> {
    let run = tx.run_row("run")?.expect("the run is there");
    let keys = || (0..count).map(|key| format!("k{key}"));
    let points: Vec<Metric> = keys().map(|key| metric(&key, round, 0, 1.0)).collect();
    let params: Vec<Param> = keys().map(|key| Param { key, value: "p".to_owned() }).collect();
    assert!(tx.log_params(run, &params)?.is_empty());
    tx.log_metrics(run, &points)?;
    tx.set_run_tags(run, &keys().map(|key| tag(&key, "t")).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_seldom_waited_for() {
    let store = &open(&Cluster::shared().database(), 1).await;
    let run = with_run(store).await;
    let model = insert_model(store, "m").await.expect("a free name");
    let one_point = waits(store, async |step| {
        let points = [metric("k0", step, 0, 1.0)];
        store.log(&permit(), move |tx| tx.log_metrics(run, &points)).await.unwrap();
    });
    assert_eq!(one_point.await, 1, "its rows go out with the commit");
    for count in [1, 100, 500] {
        let batch =
            waits(store, async |round| store.log(&permit(), move |tx| log(tx, round, count)).await.unwrap());
        // The run; the params, and those that stand already; metrics and tags with the commit.
        assert_eq!(batch.await, 4, "a batch of {count} metrics, params and tags");
    }
    let new_run = waits(store, async |round| {
        let made = new_run(1, &format!("run-{round}"));
        store.write(&permit(), move |tx| tx.insert_run(&made)).await.unwrap();
    });
    assert_eq!(new_run.await, 2, "the run's row, and its tags with the commit");
    let new_version = waits(store, async |_| {
        store
            .write(&permit(), move |tx| tx.insert_version(model, &new_version("run"), Timestamp(1)))
            .await
            .unwrap();
    });
    assert_eq!(new_version.await, 3, "the number, the row, the commit");
    let moved = waits(store, async |round| move_champion(store, model, round, round).await);
    assert_eq!(moved.await, 5, "two questions, the journal, the moves, the commit");
    let version = waits(store, async |_| {
        store.look(&permit(), |read| read.version("m", 1)).await.unwrap().expect("a version");
    });
    assert_eq!(version.await, 1);
    let whole_run = waits(store, async |_| {
        store.read(&permit(), |read| read.run("run")).await.unwrap().expect("a run");
    });
    assert_eq!(whole_run.await, 2, "the run, and all that hangs below it");
}
