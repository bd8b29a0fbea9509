//! Bytes going out: whole and in ranges.

use tiltyard_blobs::limits::READ_CHUNK_SIZE_BYTES;
use tiltyard_blobs::{BlobError, BlobStat};

use crate::ground::Ground;
use crate::support::{collect, content, key};

pub(crate) async fn any_range_gives_just_that_range(ground: Ground) {
    let content = content(READ_CHUNK_SIZE_BYTES * 2 + 17);
    ground.put("file", &content).await;
    let (size, chunk) = (content.len() as u64, READ_CHUNK_SIZE_BYTES as u64);
    for range in [
        0..0,
        0..1,
        5..5,
        7..1000,
        0..chunk,
        0..chunk + 1,
        chunk - 1..chunk * 2 + 1,
        size - 1..size,
        size..size,
        0..size,
    ] {
        let blob = ground.store.read(&key("file"), Some(range.clone())).await.expect("in range");
        assert_eq!(blob.size_bytes, size);
        let bytes = collect(blob.bytes).await.expect("readable");
        let (start, end) =
            (usize::try_from(range.start).expect("small"), usize::try_from(range.end).expect("small"));
        assert!(bytes == content[start..end], "{range:?}");
    }
}

pub(crate) async fn a_range_beyond_the_end_is_refused_and_tells_the_size(ground: Ground) {
    ground.put("file", b"12345").await;
    let backwards = std::ops::Range { start: 3, end: 2 };
    for range in [0..6, 5..6, 6..6, 9..1_000_000_000_000, backwards] {
        let refused = ground.store.read(&key("file"), Some(range)).await;
        assert!(matches!(refused, Err(BlobError::OutOfRange { size_bytes: 5 })), "{refused:?}");
    }
}

pub(crate) async fn what_is_not_there_is_not_found(ground: Ground) {
    ground.put("a/file", b"x").await;
    for path in ["b", "a/x", "x/y/z"] {
        let looked = ground.get(&key(path)).await;
        assert!(matches!(looked, Err(BlobError::NotFound(_))), "{path}: {looked:?}");
        let some = ground.store.read(&key(path), Some(0..1)).await;
        assert!(matches!(some, Err(BlobError::NotFound(_))), "{path}: {some:?}");
        assert_eq!(ground.store.stat(&key(path)).await.expect("looked"), None, "{path}");
    }
    let found = ground.store.stat(&key("a/file")).await.expect("looked");
    assert_eq!(found, Some(BlobStat { size_bytes: 1 }));
}

pub(crate) async fn a_store_that_works_says_so(ground: Ground) {
    ground.store.check().await.expect("it works");
}
