//! Many writers at once: nobody waits in vain, and nobody is harmed by another's refusal.

use tiltyard_store::{Error, Store};
use tokio::task::JoinSet;

use super::{metric, permit, read, run, with_run, write};

pub(crate) async fn fifty_writers_at_once_all_succeed(store: Store) {
    let row = with_run(&store).await;
    let mut writers = JoinSet::new();
    for writer in 0..50 {
        let store = store.clone();
        writers.spawn(async move {
            for step in 0..20 {
                let points = [metric("loss", step, writer, 0.5)];
                store.write(&permit(), move |tx| tx.log_metrics(row, &points)).await?;
            }
            Ok::<_, Error>(())
        });
    }
    for result in writers.join_all().await {
        result.unwrap();
    }
    let history = read(&store, |read| read.metric_history("run", "loss", None, 10_000)).unwrap();
    assert_eq!(history.len(), 1_000);
    let latest = run(&store).metrics.remove(0);
    assert_eq!((latest.step, latest.timestamp.0), (19, 49));
}

pub(crate) async fn a_refused_write_leaves_nothing_and_harms_no_other(store: Store) {
    let row = with_run(&store).await;
    let mut writers = JoinSet::new();
    for writer in 0..60_i64 {
        let store = store.clone();
        writers.spawn(async move {
            let refused = writer % 3 == 0;
            let apply = move |tx: &mut tiltyard_store::Tx<'_>| {
                tx.log_metrics(row, &[metric(&format!("m{writer}"), 0, 0, 1.0)])?;
                if refused { Err(Error::Conflict) } else { Ok(()) }
            };
            (refused, store.write(&permit(), apply).await)
        });
    }
    for (refused, result) in writers.join_all().await {
        assert_eq!(result.is_err(), refused);
    }
    let mut kept: Vec<String> = run(&store).metrics.into_iter().map(|metric| metric.key).collect();
    let mut expected: Vec<String> =
        (0..60).filter(|writer| writer % 3 != 0).map(|writer| format!("m{writer}")).collect();
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
}

pub(crate) async fn a_panic_is_contained_and_undone(store: Store) {
    let row = with_run(&store).await;
    let permit = permit();
    let panicking = store.write(&permit, move |tx| -> Result<(), Error> {
        tx.log_metrics(row, &[metric("half", 0, 0, 1.0)])?;
        panic!("in the middle of a write")
    });
    assert!(panicking.await.is_err());
    assert!(run(&store).metrics.is_empty());
    write(&store, move |tx| tx.log_metrics(row, &[metric("whole", 0, 0, 1.0)])).await;
    assert_eq!(run(&store).metrics.len(), 1);
}

pub(crate) async fn a_store_that_closes_finishes_what_waits_and_takes_nothing_more(store: Store) {
    let row = with_run(&store).await;
    let mut writers = JoinSet::new();
    for writer in 0..20 {
        let store = store.clone();
        writers.spawn(async move {
            store.write(&permit(), move |tx| tx.log_metrics(row, &[metric("m", writer, 0, 1.0)])).await
        });
    }
    store.close(std::time::Duration::from_secs(30)).await.unwrap();
    let kept = writers.join_all().await.iter().filter(|result| result.is_ok()).count();
    let history = read(&store, |read| read.metric_history("run", "m", None, 100)).unwrap();
    assert_eq!(history.len(), kept);
    let late = store.write(&permit(), move |tx| tx.log_metrics(row, &[metric("late", 0, 0, 1.0)])).await;
    assert!(matches!(late, Err(Error::Closed)));
}
