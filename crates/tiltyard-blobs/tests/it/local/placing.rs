//! Keys: given once, to one, and never changed.

use std::os::unix::fs::PermissionsExt;

use tiltyard_blobs::{BlobStore, PlaceError};

use crate::support::{Yard, key};

#[tokio::test]
async fn placed_bytes_are_found_under_their_key_and_nowhere_else() {
    let yard = Yard::new();
    yard.put("1/run/artifacts/héllo wörld/MLmodel", b"flavors:").await;
    assert_eq!(yard.names(), ["1/run/artifacts/héllo wörld/MLmodel"]);
    assert_eq!(yard.get("1/run/artifacts/héllo wörld/MLmodel").await.expect("there"), b"flavors:");
    let file = yard.root().join("1/run/artifacts/héllo wörld/MLmodel").metadata().expect("a file");
    assert_eq!(file.permissions().mode() & 0o111, 0, "an artifact cannot be run");
}

#[tokio::test]
async fn a_file_or_folder_in_the_way_counts_as_taken() {
    let yard = Yard::new();
    yard.put("a/b/c", b"file").await;
    for path in ["a", "a/b", "a/b/c/d", "a/b/c/d/e"] {
        let placed = yard.store.place(yard.receive(b"x").await, &key(path)).await;
        assert!(matches!(placed, Err(PlaceError::Taken(_))), "{path}: {placed:?}");
    }
    assert_eq!(yard.get("a/b/c").await.expect("there"), b"file");
    drop(yard.receive(b"").await);
}
