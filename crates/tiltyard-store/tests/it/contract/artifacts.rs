//! The tree of artifacts, and the files that versions pin.

use tiltyard_domain::Timestamp;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_store::{Detached, Span, Store, StoredFile, Tx};

use super::models::{insert_model, insert_version};
use super::{read, write};

fn path(text: &str) -> ArtifactPath {
    ArtifactPath::parse(text).unwrap()
}

/// The place that everything is in unless a test is about places.
const HERE: BlobStoreId = BlobStoreId(1);

/// A file whose bytes lie there under that key.
pub(crate) fn file(store: BlobStoreId, key: &str) -> StoredFile {
    StoredFile { store, key: key.to_owned(), size_bytes: 3, sha256: Sha256Digest::from_bytes([7; 32]) }
}

async fn put(store: &Store, at: &str, key: &str) -> Option<Detached> {
    put_in(store, "/srv/bytes", at, key).await
}

async fn put_in(store: &Store, destination: &'static str, at: &str, key: &str) -> Option<Detached> {
    let (at, key) = (path(at), key.to_owned());
    let apply = move |tx: &mut Tx<'_>| {
        let place = tx.blob_store_at(destination)?;
        tx.put_artifact(&at, &file(place, &key), Timestamp(1))
    };
    write(store, apply).await
}

pub(crate) async fn a_folder_lists_what_is_inside_it_and_nothing_beside_it(store: Store) {
    for at in ["1/a", "1/b/c", "1-b/d", "10/a", "1/b.txt", "2/a"] {
        assert_eq!(put(&store, at, at).await, None);
    }
    let inside = |folder: Option<&str>, limit| {
        let span = Span::inside(folder.map(path).as_ref());
        let found = read(&store, |read| read.artifacts_in(&span, limit)).unwrap();
        found.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    };
    assert_eq!(inside(Some("1"), 10), ["1/a", "1/b.txt", "1/b/c"]);
    assert_eq!(inside(Some("1"), 2), ["1/a", "1/b.txt"]);
    assert_eq!(inside(Some("1/b"), 10), ["1/b/c"]);
    assert_eq!(inside(None, 10).len(), 6);
    let is_folder = |folder| read(&store, |read| read.is_artifact_folder(&path(folder))).unwrap();
    assert!(is_folder("1/b") && !is_folder("1/a") && !is_folder("3"));
}

pub(crate) async fn a_file_in_the_place_of_a_folder_is_found(store: Store) {
    put(&store, "1/a", "k").await;
    let above = |at: &str| read(&store, |read| read.artifact_above(&path(at))).unwrap();
    assert_eq!(above("1/a/b/c"), Some("1/a".to_owned()));
    assert_eq!(above(&format!("1/a{}", "/x".repeat(40))), Some("1/a".to_owned()));
    assert_eq!(above("1/b/c"), None);
    assert_eq!(above("1/a"), None);
}

pub(crate) async fn what_a_path_held_before_is_told_so_that_its_bytes_can_go(store: Store) {
    put(&store, "1/a", "first").await;
    let detached = |key: &str| Some(Detached { store: HERE, key: key.to_owned(), is_needed: false });
    assert_eq!(put(&store, "1/a", "second").await, detached("first"));
    assert_eq!(read(&store, |read| read.artifact(&path("1/a"))).unwrap(), Some(file(HERE, "second")));
    assert_eq!(write(&store, |tx| tx.take_artifact(&path("1/a"))).await, detached("second"));
    assert_eq!(write(&store, |tx| tx.take_artifact(&path("1/a"))).await, None);
}

pub(crate) async fn pinned_files_stay_whatever_happens_to_their_path(store: Store) {
    put(&store, "1/model/MLmodel", "first").await;
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.pin_folder(version, &path("1/model"))).await;
    let still_needed = Some(Detached { store: HERE, key: "first".to_owned(), is_needed: true });
    assert_eq!(put(&store, "1/model/MLmodel", "second").await, still_needed);
    write(&store, |tx| tx.take_artifact(&path("1/model/MLmodel"))).await;
    let pinned = read(&store, |read| read.pinned_file(version, &path("MLmodel"))).unwrap();
    assert_eq!(pinned, Some(file(HERE, "first")));
}

pub(crate) async fn a_key_means_something_only_together_with_its_place(store: Store) {
    put_in(&store, "/srv/bytes", "1/model/MLmodel", "k").await;
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.pin_folder(version, &path("1/model"))).await;
    // The same key in another place: neither needs the other's bytes.
    let pinned = Detached { store: HERE, key: "k".to_owned(), is_needed: true };
    assert_eq!(put_in(&store, "s3://bucket", "1/model/MLmodel", "k").await, Some(pinned));
    let unpinned = Detached { store: BlobStoreId(2), key: "k".to_owned(), is_needed: false };
    assert_eq!(put_in(&store, "/srv/bytes", "1/model/MLmodel", "other").await, Some(unpinned));
    put_in(&store, "s3://bucket", "2/a", "k").await;
    let alone = Detached { store: HERE, key: "k".to_owned(), is_needed: false };
    assert_eq!(write(&store, move |tx| tx.unpin(version, 10)).await, [alone]);
    let places = read(&store, |read| read.blob_stores().map(|places| places.len()));
    assert_eq!(places.unwrap(), 2);
}
