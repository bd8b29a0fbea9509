//! The tree of artifacts, and the files that versions pin.

use tiltyard_domain::Timestamp;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_store::{Detached, Span, Store, StoredFile};

use super::models::{insert_model, insert_version};
use super::{read, write};

fn path(text: &str) -> ArtifactPath {
    ArtifactPath::parse(text).unwrap()
}

/// A file whose bytes lie under that key.
pub(crate) fn file(key: &str) -> StoredFile {
    StoredFile { key: key.to_owned(), size_bytes: 3, sha256: Sha256Digest::from_bytes([7; 32]) }
}

async fn put(store: &Store, at: &str, key: &str) -> Option<Detached> {
    let (at, file) = (path(at), file(key));
    write(store, move |tx| tx.put_artifact(&at, &file, Timestamp(1))).await
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
    let detached = |key: &str| Some(Detached { key: key.to_owned(), is_needed: false });
    assert_eq!(put(&store, "1/a", "second").await, detached("first"));
    assert_eq!(read(&store, |read| read.artifact(&path("1/a"))).unwrap(), Some(file("second")));
    assert_eq!(write(&store, |tx| tx.take_artifact(&path("1/a"))).await, detached("second"));
    assert_eq!(write(&store, |tx| tx.take_artifact(&path("1/a"))).await, None);
}

pub(crate) async fn pinned_files_stay_whatever_happens_to_their_path(store: Store) {
    put(&store, "1/model/MLmodel", "first").await;
    let model = insert_model(&store, "m").await.unwrap();
    let (version, _) = insert_version(&store, model).await;
    write(&store, move |tx| tx.pin_folder(version, &path("1/model"))).await;
    let still_needed = Some(Detached { key: "first".to_owned(), is_needed: true });
    assert_eq!(put(&store, "1/model/MLmodel", "second").await, still_needed);
    write(&store, |tx| tx.take_artifact(&path("1/model/MLmodel"))).await;
    let pinned = read(&store, |read| read.pinned_file(version, &path("MLmodel"))).unwrap();
    assert_eq!(pinned, Some(file("first")));
}
