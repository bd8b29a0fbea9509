//! A process that dies leaves nothing behind that anybody sees, and the next start cleans up after it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tiltyard_blobs::BlobStore;

use crate::support::{NO_LIMIT, Yard, broken_after, content, fresh, key, pieces_of};

/// The process that dies, in a folder that the test below prepares for it; anywhere else it has nothing to do.
#[tokio::test]
async fn the_process_that_dies() {
    if !Path::new("die-here").exists() {
        return;
    }
    let store = crate::open(Path::new("root")).expect("a store");
    let placed = store.receive(pieces_of(b"acknowledged", 3), NO_LIMIT, fresh()).await.expect("received");
    store.place(placed, &key("model/placed")).await.expect("placed");
    let _received =
        store.receive(pieces_of(&content(100_000), 1000), NO_LIMIT, fresh()).await.expect("received");
    std::process::abort();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a crash needs a process to crash")]
async fn dying_between_receive_and_place_leaves_nothing_and_loses_nothing_acknowledged() {
    let yard = Yard::new();
    fs::write(yard.folder.path().join("die-here"), "").expect("a marker");
    let survivor = yard.receive(b"of a living process").await;
    let me = std::env::current_exe().expect("the test binary");
    let mut process = Command::new(me);
    process.args(["--exact", "local::crashes::the_process_that_dies"]).current_dir(yard.folder.path());
    let died = process.output().expect("it ran");
    assert!(!died.status.success(), "it was to die");

    let left: Vec<_> = yard.names().into_iter().filter(|name| !name.starts_with(".tiltyard/")).collect();
    assert_eq!(left, ["model/placed"], "nothing half-done is in sight");
    assert_eq!(yard.names().len(), 3, "the dead and the living process have a file each on the way");

    let next = crate::open(&yard.root()).expect("the next start");
    assert_eq!(yard.names().len(), 2, "the leftover is swept, the living process's file is not");
    yard.store.place(survivor, &key("model/survivor")).await.expect("placed");
    assert_eq!(yard.get("model/placed").await.expect("there"), b"acknowledged");
    assert!(next.stat(&key("model/survivor")).await.expect("looked").is_some());
}

#[tokio::test]
async fn a_store_opened_again_finds_what_was_placed() {
    let yard = Yard::new();
    yard.put("a/b/c", b"kept").await;
    let Yard { folder, store } = yard;
    drop(store);
    let store = crate::open(&folder.path().join("root")).expect("opened again");
    let yard = Yard { folder, store };
    assert_eq!(yard.get("a/b/c").await.expect("there"), b"kept");
    yard.put("a/b/d", b"more").await;
    assert_eq!(yard.names(), ["a/b/c", "a/b/d"]);
}

#[tokio::test]
async fn an_interrupted_part_leaves_the_upload_as_it_was() {
    let yard = Yard::new();
    let upload = yard.store.start_upload(1).await.expect("open");
    let number = tiltyard_blobs::PartNumber::new(1).expect("a number");
    let part =
        yard.store.receive_part(upload, number, pieces_of(b"whole", 2), NO_LIMIT).await.expect("received");
    let broken = yard.store.receive_part(upload, number, broken_after(&content(5000)), NO_LIMIT).await;
    assert!(broken.is_err());
    let whole = yard.store.complete(upload, &[part], NO_LIMIT).await.expect("the first part still stands");
    assert_eq!(whole.size_bytes(), 5);
}
