//! Whatever a store does with bytes, none of them is found on disk.

use std::fs;
use std::path::Path;

use futures_util::{StreamExt, stream};
use tiltyard_blobs::{BlobStore, PartNumber};

use crate::support::{NO_LIMIT, Yard, fresh, key, pieces_of};

const MARKER: &[u8] = b"nobody may find these words";

/// More than one batch of markers, and more than one segment.
fn marked() -> Vec<u8> {
    MARKER.iter().copied().cycle().take(1_400_000).collect()
}

/// How many files there are below a folder, none of which may hold a marker.
fn unmarked(folder: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            count += unmarked(&path);
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        assert!(!bytes.windows(MARKER.len()).any(|window| window == MARKER), "{}", path.display());
        count += 1;
    }
    count
}

#[tokio::test]
async fn plain_bytes_are_never_on_disk() {
    let yard = Yard::new();
    let before = unmarked(&yard.root());
    yard.put("small", MARKER).await;
    yard.put("large", &marked()).await;
    let waiting = yard.receive(&marked()).await;
    let upload = yard.store.start_upload(1).await.expect("open");
    let number = PartNumber::new(1).expect("a number");
    let part = yard
        .store
        .receive_part(upload, number, pieces_of(&marked(), 9000), NO_LIMIT)
        .await
        .expect("received");
    let whole = yard.store.complete(upload, &[part], NO_LIMIT).await.expect("complete");
    assert_eq!(unmarked(&yard.root()), before + 5, "two placed, one waiting, one part, one whole");
    assert_eq!(yard.get("large").await.expect("there"), marked());
    drop((waiting, whole));
}

#[tokio::test]
async fn nor_while_they_are_on_their_way() {
    let yard = Yard::new();
    let before = unmarked(&yard.root());
    let stalled = pieces_of(&marked(), 1000).chain(stream::pending()).boxed();
    let store = yard.store.clone();
    let task = tokio::spawn(async move { store.receive(stalled, NO_LIMIT, fresh()).await.map(drop) });
    // A batch is half a mebibyte; once one has been written there is something to look at.
    let size = |yard: &Yard| {
        let path = yard.names().first().map(|name| yard.root().join(name));
        path.and_then(|path| fs::metadata(path).ok()).map_or(0, |known| known.len())
    };
    while size(&yard) < 400_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(unmarked(&yard.root()), before + 1);
    task.abort();
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn the_size_is_that_of_the_bytes_and_equal_files_do_not_look_equal() {
    let yard = Yard::new();
    for size in [0, 1, 65_535, 65_536, 65_537, 131_072] {
        let (one, other) = (format!("one/{size}"), format!("other/{size}"));
        let content = vec![7; size];
        yard.put(&one, &content).await;
        yard.put(&other, &content).await;
        let stat = yard.store.stat(&key(&one)).await.expect("looked").expect("there");
        assert_eq!(stat.size_bytes, size as u64);
        assert!(yard.get(&one).await.expect("there") == content, "{size}");
        let on_disk = |path: &str| fs::read(yard.root().join(path)).expect("a file");
        assert!(on_disk(&one) != on_disk(&other), "{size}");
    }
}
