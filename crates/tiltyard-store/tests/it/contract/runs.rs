//! Runs, their params and tags.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Param, RunStatus, Tag};
use tiltyard_store::{RunChange, Store};

use super::{metric, new_run, read, run, with_run, write};

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

pub(crate) async fn a_run_comes_back_as_it_was_made(store: Store) {
    let row = with_run(&store).await;
    let made = run(&store);
    assert_eq!(made, new_run(made.experiment_id, "run"));
    let change = RunChange {
        status: Some(RunStatus::Failed),
        ended: Some(Timestamp(9)),
        name: Some("renamed".to_owned()),
    };
    write(&store, move |tx| {
        tx.change_run(row, &change)?;
        tx.change_run(row, &RunChange::default())?;
        tx.set_run_deleted(row, Some(Timestamp(10)))
    })
    .await;
    let changed = run(&store);
    assert_eq!(
        (changed.status, changed.ended, changed.deleted),
        (RunStatus::Failed, Some(Timestamp(9)), true)
    );
    assert_eq!(changed.name, "renamed");
    assert!(read(&store, |read| read.run_row("run")).unwrap().is_some_and(|row| row.deleted));
    assert!(read(&store, |read| read.run("none")).unwrap().is_none());
}

pub(crate) async fn a_param_never_changes(store: Store) {
    let row = with_run(&store).await;
    let log = async |value: &str| {
        let param = Param { key: "depth".to_owned(), value: value.to_owned() };
        write(&store, move |tx| tx.log_param(row, &param)).await
    };
    assert_eq!(log("3").await, None);
    assert_eq!(log("3").await, None);
    assert_eq!(log("5").await, Some("3".to_owned()));
    assert_eq!(run(&store).params, [Param { key: "depth".to_owned(), value: "3".to_owned() }]);
}

pub(crate) async fn tags_are_set_over_and_deleted(store: Store) {
    let row = with_run(&store).await;
    let gone = write(&store, move |tx| {
        tx.set_run_tag(row, &tag("b", "1"))?;
        tx.set_run_tag(row, &tag("b", "2"))?;
        Ok((tx.delete_run_tag(row, "a")?, tx.delete_run_tag(row, "a")?, tx.delete_run_tag(row, "never")?))
    });
    assert_eq!(gone.await, (true, false, false));
    assert_eq!(run(&store).tags, [tag("b", "2")]);
}

pub(crate) async fn a_run_is_read_and_logged_to_in_few_statements(store: Store) {
    let row = with_run(&store).await;
    let points: Vec<_> = (0..100).map(|index| metric(&format!("m{index}"), 0, 0, 1.0)).collect();
    let again = points.clone();
    write(&store, move |tx| tx.log_metrics(row, &again)).await;
    let before = store.statement_count();
    write(&store, move |tx| tx.log_metrics(row, &points)).await;
    // One for all keys, and for each point two where statements are cheap, else two for all.
    assert!(store.statement_count() - before <= 201);
    let before = store.statement_count();
    assert_eq!(run(&store).metrics.len(), 100);
    assert_eq!(store.statement_count() - before, 6);
}
