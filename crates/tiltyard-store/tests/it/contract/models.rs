//! Models and versions: names, numbers without gaps, tags, deletion.

use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::{Tag, Version};
use tiltyard_domain::search::{PROMPT_MARKER_TAG, parse_version_filter, parse_version_order};
use tiltyard_store::{Cut, NewModel, NewVersion, Store, VersionSearch};
use tokio::task::JoinSet;

use super::{permit, read, write};

pub(crate) async fn insert_model(store: &Store, name: &str) -> Option<i64> {
    let new = NewModel { name: name.to_owned(), description: None, is_prompt: false };
    write(store, move |tx| tx.insert_model(&new, Timestamp(1))).await
}

/// Makes a version and gives its key and number.
pub(crate) async fn insert_version(store: &Store, model: i64) -> (i64, i64) {
    write(store, move |tx| tx.insert_version(model, &new_version(), Timestamp(1))).await
}

fn new_version() -> NewVersion {
    NewVersion {
        user_id: None,
        description: None,
        source: "s3://elsewhere/m".to_owned(),
        storage_location: None,
        run_id: None,
        run_link: None,
        logged_model_id: None,
        unverified_reason: None,
    }
}

pub(crate) async fn a_model_leaves_its_name_when_it_is_deleted(store: Store) {
    let first = insert_model(&store, "m").await.unwrap();
    assert_eq!(insert_model(&store, "m").await, None);
    insert_version(&store, first).await;
    write(&store, move |tx| tx.delete_model(first, Timestamp(2))).await;
    assert!(read(&store, |read| read.model("m")).unwrap().is_none());
    let second = insert_model(&store, "m").await.unwrap();
    assert_eq!(insert_version(&store, second).await.1, 1);
    let shown = read(&store, |read| read.model("m")).unwrap().unwrap();
    assert_eq!((shown.id, shown.last_version, shown.latest_versions.len()), (second, 1, 1));
}

pub(crate) async fn a_model_is_renamed_to_a_free_name_only(store: Store) {
    let (first, _) = (insert_model(&store, "a").await.unwrap(), insert_model(&store, "b").await.unwrap());
    assert!(!write(&store, move |tx| tx.rename_model(first, "b", Timestamp(2))).await);
    assert!(write(&store, move |tx| tx.rename_model(first, "a", Timestamp(2))).await);
    assert!(write(&store, move |tx| tx.rename_model(first, "c", Timestamp(2))).await);
    assert!(read(&store, |read| read.bare_model("a")).unwrap().is_none());
    assert_eq!(read(&store, |read| read.bare_model("c")).unwrap().unwrap().id, first);
}

pub(crate) async fn many_creators_get_numbers_without_gaps(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let mut creators = JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        creators.spawn(async move { insert_version(&store, model).await.1 });
    }
    let mut numbers = creators.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
}

pub(crate) async fn a_number_is_not_given_again(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    insert_version(&store, model).await;
    let (second, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.delete_version(second, Timestamp(2))).await;
    assert_eq!(insert_version(&store, model).await.1, 3);
    assert!(read(&store, |read| read.version("m", 2)).unwrap().is_none());
}

pub(crate) async fn a_refused_version_leaves_its_number_to_the_next(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let permit = permit();
    let refused = store.write(&permit, move |tx| {
        assert_eq!(tx.insert_version(model, &new_version(), Timestamp(1))?.1, 1);
        Err::<(), _>(tiltyard_store::Error::Conflict)
    });
    assert!(refused.await.is_err());
    assert_eq!(insert_version(&store, model).await.1, 1);
}

pub(crate) async fn tags_of_models_and_versions_are_set_over_and_deleted(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    let tag = |value: &str| Tag { key: "k".to_owned(), value: value.to_owned() };
    let (first, second) = (tag("1"), tag("2"));
    write(&store, move |tx| {
        for tag in [&first, &second] {
            tx.set_model_tag(model, tag)?;
            tx.set_version_tag(version, tag)?;
        }
        Ok(())
    })
    .await;
    let shown = read(&store, |read| read.model("m")).unwrap().unwrap();
    assert_eq!((shown.tags, shown.latest_versions[0].tags.clone()), (vec![tag("2")], vec![tag("2")]));
    write(&store, move |tx| {
        tx.delete_model_tag(model, "k")?;
        tx.delete_version_tag(version, "k")
    })
    .await;
    assert!(read(&store, |read| read.version("m", 1)).unwrap().unwrap().tags.is_empty());
}

/// All versions that pass a filter, by model and number.
fn found(store: &Store, filter: &str) -> Vec<Version> {
    let search = VersionSearch {
        filter: parse_version_filter(filter).unwrap(),
        order: parse_version_order(&["name".to_owned(), "version_number ASC".to_owned()]).unwrap(),
        cut: Cut { size: 100, after: None },
    };
    read(store, |read| read.search_versions(&search)).unwrap().items
}

pub(crate) async fn versions_beside_a_marked_one_are_those_of_a_prompt(store: Store) {
    let model = insert_model(&store, "m").await.unwrap();
    let ((first, _), (second, _)) =
        (insert_version(&store, model).await, insert_version(&store, model).await);
    let mark = async |version: i64, value: &str| {
        let tag = Tag { key: PROMPT_MARKER_TAG.to_owned(), value: value.to_owned() };
        write(&store, move |tx| tx.set_version_tag(version, &tag)).await;
        found(&store, "").len()
    };
    assert_eq!(mark(first, "True").await, 2);
    assert_eq!(mark(first, "true").await, 0);
    assert_eq!(mark(second, "true").await, 0);
    assert_eq!(mark(first, "false").await, 0);
    write(&store, move |tx| tx.delete_version(second, Timestamp(2))).await;
    assert_eq!(found(&store, "name = 'm'").len(), 0, "a deleted version still counts");
    write(&store, move |tx| tx.delete_version_tag(second, PROMPT_MARKER_TAG)).await;
    assert_eq!(found(&store, "name = 'm'").len(), 1);
}

pub(crate) async fn every_version_of_a_page_has_its_tags(store: Store) {
    for name in ["a", "b"] {
        let model = insert_model(&store, name).await.unwrap();
        for number in 1..=6 {
            let (version, _) = insert_version(&store, model).await;
            let own = Tag { key: "own".to_owned(), value: format!("{name} {number}") };
            let end = Tag { key: "end".to_owned(), value: (number == 1 || number == 6).to_string() };
            write(&store, move |tx| {
                tx.set_version_tag(version, &own)?;
                tx.set_version_tag(version, &end)
            })
            .await;
        }
    }
    for (filter, count) in [
        ("", 12),
        ("name = 'a'", 6),
        ("name = 'a' AND tags.end = 'true'", 2),
        ("version_number = 6", 2),
        ("name = 'b' AND version_number = 2", 1),
    ] {
        let found = found(&store, filter);
        assert_eq!(found.len(), count, "{filter}");
        for version in found {
            let tag = |key: &str, value: String| Tag { key: key.to_owned(), value };
            let end = version.number == 1 || version.number == 6;
            let own = format!("{} {}", version.model, version.number);
            assert_eq!(version.tags, [tag("end", end.to_string()), tag("own", own)], "{filter}");
        }
    }
}
