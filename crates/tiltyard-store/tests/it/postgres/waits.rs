//! How often the most frequent reads and changes wait for the server: each wait wakes two processes, which is most of what
//! a short statement costs.

use std::sync::atomic::{AtomicU64, Ordering};

use tiltyard_cluster::Cluster;
use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Dataset, DatasetInput, Metric, ModelOutput, Param, Tag};
use tiltyard_store::{Error, RunRow, Store, Tx};

use super::open;
use crate::contract::models::insert_model;
use crate::contract::pointers::move_champion;
use crate::contract::{metric, new_run, permit, with_run, write};
use crate::every::{logged_model as new_logged_model, new_version, tag};

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

/// Waits of saying what a run read and made, all of it new.
async fn lineage(store: &Store, run: RunRow, count: usize) -> u64 {
    let work = waits(store, async |round| {
        let named = |number| format!("{count}-{round}-{number}");
        let models: Vec<String> = (0..count).map(named).collect();
        let inputs: Vec<DatasetInput> = models.iter().map(|name| dataset_input(name)).collect();
        let outputs: Vec<ModelOutput> =
            models.iter().map(|id| ModelOutput { model_id: id.clone(), step: 0 }).collect();
        let points: Vec<Metric> = (0..count)
            .map(|step| Metric {
                model_id: Some("measured".to_owned()),
                ..metric("k0", i64::try_from(step).unwrap(), round, 1.0)
            })
            .collect();
        let log = move |tx: &mut Tx<'_>| {
            assert!(tx.log_datasets(run, &inputs)?.is_none());
            tx.insert_run_model_inputs(run, &models.iter().map(String::as_str).collect::<Vec<_>>())?;
            assert!(tx.insert_run_model_outputs(run, &outputs)?.is_none());
            tx.log_model_metrics(run, &points).map(|unknown| assert_eq!(unknown, None))
        };
        store.write(&permit(), log).await.unwrap();
    });
    work.await
}

fn dataset_input(name: &str) -> DatasetInput {
    let dataset = Dataset {
        name: name.to_owned(),
        digest: "1".to_owned(),
        source_type: "local".to_owned(),
        source: "{}".to_owned(),
        schema: None,
        profile: None,
    };
    DatasetInput { dataset, tags: vec![tag("mlflow.data.context", "train")] }
}

/// Waits of making a logged model with params and tags.
async fn logged_model(store: &Store, count: usize) -> u64 {
    let work = waits(store, async |round| {
        let params: Vec<Param> =
            (0..count).map(|key| Param { key: format!("k{key}"), value: "p".to_owned() }).collect();
        let tags: Vec<Tag> = (0..count).map(|key| tag(&format!("k{key}"), "t")).collect();
        let new = new_logged_model(1, &format!("m-{count}-{round}"), "run");
        let make = move |tx: &mut Tx<'_>| {
            let model = tx.insert_logged_model(&new)?;
            assert!(tx.insert_logged_model_tags(model, &tags)?.is_none());
            tx.insert_logged_model_params(model, &params).map(|known| assert_eq!(known, None))
        };
        store.write(&permit(), make).await.unwrap();
    });
    work.await
}

/// Waits of keeping what was seen of a version's files.
async fn observed(store: &Store, model: i64, count: usize) -> u64 {
    let work = waits(store, async |_| {
        let version = write(store, move |tx| {
            let (version, _) = tx.insert_version(model, &new_version("run"), Timestamp(1))?;
            tx.insert_observation(version, "s3://bucket/m")?;
            Ok(version)
        });
        let version = version.await;
        let before = store.wait_count();
        let (seen, files) = super::network::seen_files(count);
        write(store, move |tx| {
            tx.record_observation(version, &seen, &files)?;
            let marks: Vec<_> = files.iter().map(|(path, _)| (path.clone(), "2".to_owned())).collect();
            tx.record_marks(version, &marks)
        })
        .await;
        LOOKED.store(store.wait_count() - before, Ordering::Relaxed);
    });
    work.await;
    LOOKED.load(Ordering::Relaxed)
}

/// What the last look waited, without what went before.
static LOOKED: AtomicU64 = AtomicU64::new(0);

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_seldom_waited_for() {
    let store = &open(&Cluster::shared().database(), 1).await;
    let run = with_run(store).await;
    let model = insert_model(store, "m").await.expect("a free name");
    write(store, |tx| tx.insert_logged_model(&new_logged_model(1, "measured", "run"))).await;
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
    let reader = write(store, |tx| tx.insert_run(&new_run(1, "reader"))).await;
    for count in [1, 50, 500] {
        let beside = lineage(store, reader, count).await;
        // Data sets: those that are there, the new ones, what the run read before. Outputs: those that are there. The models
        // that are measured; the commit.
        assert_eq!(beside, 6, "{count} data sets, models and points about them");
        let logged_model = logged_model(store, count).await;
        assert_eq!(
            logged_model, 4,
            "the row, tags and params that are there, the commit, for {count} of each"
        );
        let observed = observed(store, model, count).await;
        assert_eq!(observed, 2, "whether it is the first time, and the commit, for {count} files");
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
