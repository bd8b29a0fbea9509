//! Pointers move only from where the decision saw them, and their history agrees with who holds them.

use tiltyard_domain::Timestamp;
use tiltyard_domain::pointer::{AliasName, Pointer, Stage};
use tiltyard_domain::promotion::{self, Cause, Cleared, MoveFacts, Movement};
use tiltyard_store::{Error, JournalEntry, MoveNote, Read, Store, Tx};
use tokio::task::JoinSet;

use super::models::{insert_model, insert_version};
use super::{permit, read, write};

/// A model called `m` with so many versions.
async fn with_versions(store: &Store, count: usize) -> i64 {
    let model = insert_model(store, "m").await.unwrap();
    for _ in 0..count {
        insert_version(store, model).await;
    }
    model
}

fn champion() -> AliasName {
    AliasName::parse("champion").unwrap()
}

fn cleared(model: i64, pointer_revision: i64, cause: Cause, movements: Vec<Movement>) -> Cleared {
    promotion::decide(&permit(), MoveFacts { model, pointer_revision, movements, cause }).unwrap()
}

fn note(journal: i64, now: i64) -> MoveNote {
    MoveNote { journal, now: Timestamp(now), reason: None }
}

fn entry(action: &str, now: i64) -> JournalEntry {
    JournalEntry {
        time: Timestamp(now),
        actor: "ada".to_owned(),
        action: action.to_owned(),
        model: "m".to_owned(),
        version: Some(1),
        detail: String::new(),
    }
}

/// Points `champion` at a version, as a use case does: load, decide, write.
fn set_champion(tx: &mut Tx<'_>, model: i64, to: i64, now: i64) -> Result<(), Error> {
    let revision = tx.bare_model("m")?.expect("the model is there").pointer_revision;
    let from = tx.alias_holder(model, "champion")?;
    let journal = tx.append_journal(&entry("alias.set", now))?;
    let movements = vec![Movement::AliasSet { alias: champion(), from, to }];
    tx.move_pointers(cleared(model, revision, Cause::Move, movements), &note(journal, now))
}

fn holds(store: &Store, model: i64, pointer: &Pointer) -> Vec<(i64, i64, Option<i64>, bool)> {
    let history = read(store, |read| read.pointer_history(model, pointer)).unwrap();
    history
        .iter()
        .map(|hold| (hold.version, hold.since.0, hold.until.map(|until| until.0), hold.rolled_back))
        .collect()
}

/// Points `champion` at a version.
pub(crate) async fn move_champion(store: &Store, model: i64, to: i64, now: i64) {
    write(store, move |tx| set_champion(tx, model, to, now)).await;
}

/// Who held `champion`, from when to when.
pub(crate) fn holds_of_champion(store: &Store, model: i64) -> Vec<(i64, i64, Option<i64>, bool)> {
    holds(store, model, &Pointer::Alias(champion()))
}

pub(crate) async fn a_move_decided_on_old_facts_changes_nothing(store: Store) {
    let model = with_versions(&store, 2).await;
    write(&store, move |tx| set_champion(tx, model, 1, 5)).await;
    let permit = permit();
    let late = store.write(&permit, move |tx| {
        let journal = tx.append_journal(&entry("late", 6))?;
        let movements = vec![Movement::AliasSet { alias: champion(), from: None, to: 2 }];
        tx.move_pointers(cleared(model, 0, Cause::Move, movements), &note(journal, 6))
    });
    assert!(matches!(late.await, Err(Error::Conflict)));
    let look =
        |read: &mut Read<'_>| Ok::<_, Error>((read.alias_holder(model, "champion")?, read.journal("m", 10)?));
    let (holder, journal) = store.read(&permit, look).await.unwrap();
    assert_eq!(holder, Some(1));
    assert!(journal.iter().all(|entry| entry.action != "late"));
    assert_eq!(holds(&store, model, &Pointer::Alias(champion())), [(1, 5, None, false)]);
}

pub(crate) async fn the_history_keeps_every_holder(store: Store) {
    let model = with_versions(&store, 2).await;
    write(&store, move |tx| set_champion(tx, model, 1, 5)).await;
    write(&store, move |tx| set_champion(tx, model, 2, 7)).await;
    write(&store, move |tx| {
        let revision = tx.bare_model("m")?.expect("the model is there").pointer_revision;
        let back = vec![Movement::AliasSet { alias: champion(), from: Some(2), to: 1 }];
        let journal = tx.append_journal(&entry("back", 9))?;
        tx.move_pointers(cleared(model, revision, Cause::Rollback, back), &note(journal, 9))
    })
    .await;
    let expected = [(1, 5, Some(7), false), (2, 7, Some(9), true), (1, 9, None, false)];
    assert_eq!(holds(&store, model, &Pointer::Alias(champion())), expected);
    let by_alias = read(&store, |read| read.version_by_alias("m", "champion")).unwrap().unwrap();
    assert_eq!((by_alias.number, by_alias.aliases), (1, vec!["champion".to_owned()]));
}

pub(crate) async fn several_pointers_move_together(store: Store) {
    let model = with_versions(&store, 2).await;
    let swap = |version, from, to| Movement::Stage { version, from, to };
    let first = vec![swap(1, Stage::None, Stage::Production)];
    let second = vec![swap(1, Stage::Production, Stage::Archived), swap(2, Stage::None, Stage::Production)];
    for (revision, movements) in [(0, first), (1, second)] {
        write(&store, move |tx| {
            let journal = tx.append_journal(&entry("staged", revision))?;
            tx.move_pointers(
                cleared(model, revision, Cause::Move, movements.clone()),
                &note(journal, revision),
            )
        })
        .await;
    }
    let standing = read(&store, |read| read.versions_in_stage(model, Stage::Production)).unwrap();
    assert_eq!(standing, [2]);
    let production = holds(&store, model, &Pointer::Stage(Stage::Production));
    assert_eq!(production, [(1, 0, Some(1), false), (2, 1, None, false)]);
    assert_eq!(holds(&store, model, &Pointer::Stage(Stage::Archived)), [(1, 1, None, false)]);
    assert!(holds(&store, model, &Pointer::Stage(Stage::None)).is_empty());
}

pub(crate) async fn an_alias_that_is_removed_ends_its_hold(store: Store) {
    let model = with_versions(&store, 1).await;
    write(&store, move |tx| set_champion(tx, model, 1, 5)).await;
    write(&store, move |tx| {
        let movements = vec![Movement::AliasRemoved { alias: champion(), from: 1 }];
        let journal = tx.append_journal(&entry("alias.removed", 6))?;
        tx.move_pointers(cleared(model, 1, Cause::Move, movements), &note(journal, 6))
    })
    .await;
    assert_eq!(read(&store, |read| read.alias_holder(model, "champion")).unwrap(), None);
    assert_eq!(holds(&store, model, &Pointer::Alias(champion())), [(1, 5, Some(6), false)]);
}

pub(crate) async fn movers_at_once_leave_one_holder_and_a_history_without_overlap(store: Store) {
    let model = with_versions(&store, 8).await;
    let mut movers = JoinSet::new();
    for version in 1..=8 {
        let store = store.clone();
        movers.spawn(async move { write(&store, move |tx| set_champion(tx, model, version, version)).await });
    }
    movers.join_all().await;
    let holds = holds(&store, model, &Pointer::Alias(champion()));
    assert_eq!(holds.len(), 8);
    assert!(holds.windows(2).all(|pair| pair[0].2 == Some(pair[1].1)), "{holds:?}");
    let holder = read(&store, |read| read.alias_holder(model, "champion")).unwrap();
    assert_eq!(holder, holds.last().map(|hold| hold.0));
}

pub(crate) async fn the_journal_is_not_written_beside_others(store: Store) {
    let refused = store.log(&permit(), |tx| tx.append_journal(&entry("a", 1))).await;
    assert!(matches!(refused, Err(Error::Unordered)));
}

pub(crate) async fn the_journal_keeps_its_order(store: Store) {
    for action in ["a", "b", "c"] {
        let entry = entry(action, 1);
        write(&store, move |tx| tx.append_journal(&entry)).await;
    }
    let newest = read(&store, |read| read.journal("m", 2)).unwrap();
    assert_eq!(newest, [entry("b", 1), entry("c", 1)]);
    assert!(read(&store, |read| read.journal("other", 2)).unwrap().is_empty());
}
