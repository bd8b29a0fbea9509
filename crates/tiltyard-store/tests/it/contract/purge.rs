//! What was deleted goes for good, with all that hangs on it; what a version came from stays.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{ArtifactLocation, StoreId};
use tiltyard_store::{NewLocation, NewVersion, Purgeable, Purged, Remains, Store, Tx};

use super::models::insert_model;
use super::{metric, new_run, read, run, with_run, write};
use crate::every::{new_version, tag};

const DELETED: Timestamp = Timestamp(10);
/// More than one portion of those that are cleared at once.
const POINTS: i64 = 25;
const PORTION: usize = 10;

async fn deleted_run(store: &Store) -> i64 {
    let row = with_run(store).await;
    write(store, move |tx| {
        let points: Vec<_> = (0..POINTS).map(|step| metric("a", step, step, 1.0)).collect();
        tx.log_metrics(row, &points)?;
        tx.set_run_tag(row, &tag("t", "1"))?;
        tx.set_run_deleted(row, Some(DELETED))
    })
    .await;
    last_deleted(store)
}

/// The key of the run that was made last, of those that are deleted.
fn last_deleted(store: &Store) -> i64 {
    let found = read(store, |read| read.purgeable(Purged::Run, DELETED, 0, 10)).unwrap();
    found.last().unwrap().key
}

async fn purge(store: &Store, what: Purged, key: i64) -> bool {
    write(store, move |tx| tx.purge(what, key, DELETED)).await
}

/// Something of which there are remains.
fn first_remains(store: &Store) -> Option<Remains> {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is not general enough")]
    read(store, |read| read.remains()).unwrap()
}

/// Clears what remains of one thing; says in how many portions.
async fn clear(store: &Store, remains: Remains) -> usize {
    let clear = move |tx: &mut Tx<'_>| {
        let mut portions = 1;
        while !tx.clear(&remains, PORTION)? {
            portions += 1;
        }
        Ok(portions)
    };
    write(store, clear).await
}

pub(crate) async fn what_was_deleted_goes_with_all_that_hangs_on_it(store: Store) {
    let key = deleted_run(&store).await;
    let run_id = run(&store).run_id;
    let experiment = run(&store).experiment_id;
    let found = |before| read(&store, move |read| read.purgeable(Purged::Run, before, 0, 10)).unwrap();
    assert_eq!(found(Timestamp(9)), []);
    assert_eq!(found(DELETED), [Purgeable { key, is_kept: false }]);
    write(&store, move |tx| tx.set_experiment_deleted(experiment, true, DELETED)).await;
    let empty = || read(&store, |read| read.purgeable_experiments(DELETED, 0, 10)).unwrap();
    assert_eq!(empty(), Vec::<i64>::new(), "it holds a run");
    assert!(purge(&store, Purged::Run, key).await);
    assert!(!purge(&store, Purged::Run, key).await, "it is gone");
    assert_eq!(read(&store, |read| read.run(&run_id)).unwrap(), None);
    let remains = first_remains(&store).unwrap();
    let ArtifactLocation::Stored { key: folder, .. } = &remains.location else { panic!("{remains:?}") };
    assert_eq!((remains.key, folder), (key, &format!("{experiment}/{run_id}")));
    assert_eq!(clear(&store, remains).await, 3);
    assert_eq!(first_remains(&store), None);
    assert_eq!(empty(), [experiment]);
    write(&store, move |tx| tx.purge_experiment(experiment)).await;
    assert!(read(&store, |read| read.experiment(experiment)).unwrap().is_none());
}

/// What is cleared later is found by its key, which a new run must never get.
pub(crate) async fn keys_of_what_is_gone_are_not_given_again(store: Store) {
    let key = deleted_run(&store).await;
    let experiment = run(&store).experiment_id;
    assert!(purge(&store, Purged::Run, key).await);
    write(&store, move |tx| {
        let row = tx.insert_run(&new_run(experiment, "run"))?;
        tx.set_run_tag(row, &tag("new", "1"))?;
        tx.set_run_deleted(row, Some(DELETED))
    })
    .await;
    let next = last_deleted(&store);
    assert!(next > key, "{next}");
    let remains = first_remains(&store).unwrap();
    clear(&store, remains).await;
    assert!(run(&store).tags.contains(&tag("new", "1")));
    let place = NewLocation::Under(StoreId(1));
    let make = move |tx: &mut Tx<'_>| tx.insert_experiment(None, "empty", &place, Timestamp(1));
    let first = write(&store, make.clone()).await.unwrap();
    write(&store, move |tx| tx.purge_experiment(first)).await;
    let second = write(&store, make).await.unwrap();
    assert!(second > first, "its folder may not be another's: {second}");
}

pub(crate) async fn what_a_version_came_from_stays(store: Store) {
    let key = deleted_run(&store).await;
    let model = insert_model(&store, "m").await.unwrap();
    let new: NewVersion = new_version("run");
    let (version, _) = write(&store, move |tx| tx.insert_version(model, &new, Timestamp(1))).await;
    let found = || read(&store, |read| read.purgeable(Purged::Run, DELETED, 0, 10)).unwrap();
    assert_eq!(found(), [Purgeable { key, is_kept: true }]);
    assert!(!purge(&store, Purged::Run, key).await);
    write(&store, move |tx| tx.delete_version(version, Timestamp(2))).await;
    assert_eq!(found(), [Purgeable { key, is_kept: false }]);
    assert!(purge(&store, Purged::Run, key).await);
}
