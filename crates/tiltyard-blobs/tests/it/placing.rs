//! Keys: given once, to one, and never changed.

use std::os::unix::fs::PermissionsExt;

use futures_util::future::join_all;
use tiltyard_blobs::{BlobKey, BlobStore, PlaceError};

use crate::support::{Yard, collect, content, key};

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
async fn a_key_that_is_taken_stays_as_it_is_and_the_bytes_come_back_for_another() {
    let yard = Yard::new();
    yard.put("model/data", b"first").await;
    let Err(PlaceError::Taken(received)) =
        yard.store.place(yard.receive(b"second").await, &key("model/data")).await
    else {
        panic!("the key was taken");
    };
    assert_eq!(yard.get("model/data").await.expect("there"), b"first");
    let other = BlobKey::minted(0xfeed);
    yard.store.place(received, &other).await.expect("a minted key is free");
    let blob = yard.store.read(&other, None).await.expect("there");
    assert_eq!(collect(blob.bytes).await.expect("readable"), b"second");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_writers_exactly_one_gets_the_key() {
    let yard = Yard::new();
    let second = crate::open(&yard.root()).expect("another process may share the root");
    for round in 0..20 {
        let path = format!("race/{round}/deep/file");
        let writers = (0..8_u8).map(|writer| {
            let store = if writer % 2 == 0 { yard.store.clone() } else { second.clone() };
            let (key, path) = (key(&path), path.clone());
            tokio::spawn(async move {
                let bytes = crate::support::pieces_of(&[writer; 3000], 1000);
                let received = store.receive(bytes, 3000).await.expect("received");
                match store.place(received, &key).await {
                    Ok(()) => Some(writer),
                    Err(PlaceError::Taken(_)) => None,
                    Err(error) => panic!("{path}: {error}"),
                }
            })
        });
        let winners: Vec<u8> =
            join_all(writers).await.into_iter().filter_map(|won| won.expect("no panic")).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(yard.get(&path).await.expect("there"), [winners[0]; 3000]);
    }
}

#[tokio::test]
async fn removed_bytes_are_gone_and_their_key_is_free_again() {
    let yard = Yard::new();
    yard.put("a/b", b"old").await;
    assert!(yard.store.stat(&key("a/b")).await.expect("looked").is_some());
    let reading = yard.store.read(&key("a/b"), None).await.expect("there");
    assert!(yard.store.remove(&key("a/b")).await.expect("removed"));
    assert!(!yard.store.remove(&key("a/b")).await.expect("nothing to remove"));
    assert!(!yard.store.remove(&key("a")).await.expect("folders are not bytes"));
    assert_eq!(yard.store.stat(&key("a/b")).await.expect("looked"), None);
    assert_eq!(collect(reading.bytes).await.expect("a reader reads on"), b"old");
    yard.put("a/b", b"new").await;
    assert_eq!(yard.get("a/b").await.expect("there"), b"new");
}

#[tokio::test]
async fn many_small_files_keep_their_own_content() {
    let yard = Yard::new();
    join_all((0..200_usize).map(|number| {
        let yard = &yard;
        async move { yard.put(&format!("{}/{number}", number % 7), &content(number)).await }
    }))
    .await;
    for number in 0..200_usize {
        assert_eq!(yard.get(&format!("{}/{number}", number % 7)).await.expect("there"), content(number));
    }
}
