//! Experiments and their tags.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{StoreId, Tag};
use tiltyard_store::{NewLocation, Store};

use super::{new_run, read, run, with_run, write};

async fn insert(store: &Store, id: Option<i64>, name: &'static str) -> Option<i64> {
    write(store, move |tx| tx.insert_experiment(id, name, &NewLocation::Under(StoreId(1)), Timestamp(1)))
        .await
}

pub(crate) async fn an_experiment_is_found_by_id_and_by_name(store: Store) {
    let id = insert(&store, None, "a").await.unwrap();
    let by_id = read(&store, |read| read.experiment(id)).unwrap().unwrap();
    let by_name = read(&store, |read| read.experiment_by_name("a")).unwrap().unwrap();
    assert_eq!(by_id, by_name);
    assert_eq!(by_id.location.uri(), "mlflow-artifacts:/".to_owned() + &id.to_string());
    assert!(read(&store, |read| read.experiment(id + 1)).unwrap().is_none());
    assert!(read(&store, |read| read.experiment_by_name("A")).unwrap().is_none());
}

pub(crate) async fn a_taken_name_is_told_and_no_error(store: Store) {
    let id = insert(&store, None, "a").await.unwrap();
    assert_eq!(insert(&store, None, "a").await, None);
    write(&store, move |tx| tx.set_experiment_deleted(id, true, Timestamp(2))).await;
    assert_eq!(insert(&store, None, "a").await, None);
    let other = insert(&store, None, "b").await.unwrap();
    assert!(!write(&store, move |tx| tx.rename_experiment(other, "a", Timestamp(3))).await);
    assert!(write(&store, move |tx| tx.rename_experiment(other, "c", Timestamp(3))).await);
}

pub(crate) async fn an_id_may_be_asked_for_once(store: Store) {
    assert_eq!(insert(&store, Some(0), "Default").await, Some(0));
    assert!(insert(&store, None, "next").await.unwrap() > 0);
}

pub(crate) async fn tags_of_an_experiment_are_set_over_and_deleted(store: Store) {
    let id = insert(&store, None, "a").await.unwrap();
    let tag = |value: &str| Tag { key: "k".to_owned(), value: value.to_owned() };
    let (first, second) = (tag("1"), tag("2"));
    write(&store, move |tx| {
        tx.set_experiment_tag(id, &first)?;
        tx.set_experiment_tag(id, &second)
    })
    .await;
    assert_eq!(read(&store, |read| read.experiment(id)).unwrap().unwrap().tags, [tag("2")]);
    let gone =
        write(&store, move |tx| Ok((tx.delete_experiment_tag(id, "k")?, tx.delete_experiment_tag(id, "k")?)));
    assert_eq!(gone.await, (true, false));
}

pub(crate) async fn runs_follow_their_experiment_in_portions(store: Store) {
    with_run(&store).await;
    write(&store, |tx| {
        (0..3).try_for_each(|number| tx.insert_run(&new_run(1, &format!("run-{number}"))).map(drop))
    })
    .await;
    for deleted in [true, false] {
        let portion = || write(&store, move |tx| tx.set_runs_deleted(1, deleted, Timestamp(3), 3));
        assert_eq!((portion().await, portion().await), (false, true), "four runs in portions of three");
        assert_eq!(run(&store).deleted, deleted);
    }
}
