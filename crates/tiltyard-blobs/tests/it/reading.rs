//! Bytes going out: whole, in ranges, and when the file is not what it was.

use std::fs;

use futures_util::TryStreamExt;
use tiltyard_blobs::limits::READ_CHUNK_SIZE_BYTES;
use tiltyard_blobs::{BlobError, BlobStat, BlobStore};

use crate::support::{Yard, collect, content, key};

#[tokio::test]
async fn any_range_gives_just_that_range() {
    let yard = Yard::new();
    let content = content(READ_CHUNK_SIZE_BYTES * 2 + 17);
    yard.put("file", &content).await;
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
        let blob = yard.store.read(&key("file"), Some(range.clone())).await.expect("in range");
        assert_eq!(blob.size_bytes, size);
        let bytes = collect(blob.bytes).await.expect("readable");
        let (start, end) =
            (usize::try_from(range.start).expect("small"), usize::try_from(range.end).expect("small"));
        assert!(bytes == content[start..end], "{range:?}");
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_refused_and_tells_the_size() {
    let yard = Yard::new();
    yard.put("file", b"12345").await;
    let backwards = std::ops::Range { start: 3, end: 2 };
    for range in [0..6, 5..6, 6..6, 9..u64::MAX, backwards] {
        let refused = yard.store.read(&key("file"), Some(range)).await;
        assert!(matches!(refused, Err(BlobError::OutOfRange { size_bytes: 5 })), "{refused:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let yard = Yard::new();
    yard.put("a/file", b"x").await;
    for path in ["b", "a", "a/file/x", "a/x", "x/y/z"] {
        assert!(matches!(yard.get(path).await, Err(BlobError::NotFound(_))), "{path}");
        assert_eq!(yard.store.stat(&key(path)).await.expect("looked"), None, "{path}");
    }
    assert_eq!(yard.store.stat(&key("a/file")).await.expect("looked"), Some(BlobStat { size_bytes: 1 }));
}

#[tokio::test]
async fn a_file_cut_short_while_it_is_read_is_an_error_not_a_short_answer() {
    let yard = Yard::new();
    yard.put("file", &content(READ_CHUNK_SIZE_BYTES * 3)).await;
    let blob = yard.store.read(&key("file"), None).await.expect("there");
    let file = fs::OpenOptions::new().write(true).open(yard.root().join("file")).expect("a file");
    file.set_len(10).expect("cut");
    let error = collect(blob.bytes).await.expect_err("too short");
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_file_is_read_chunk_by_chunk_as_the_reader_asks() {
    let yard = Yard::new();
    yard.put("file", &content(READ_CHUNK_SIZE_BYTES * 3 + 1)).await;
    let blob = yard.store.read(&key("file"), None).await.expect("there");
    let chunks: Vec<usize> = blob.bytes.map_ok(|chunk| chunk.len()).try_collect().await.expect("readable");
    assert_eq!(chunks, [READ_CHUNK_SIZE_BYTES, READ_CHUNK_SIZE_BYTES, READ_CHUNK_SIZE_BYTES, 1]);
}

#[tokio::test]
async fn eight_mebibytes_come_back_as_they_went_in() {
    let yard = Yard::new();
    let content = content(8 << 20);
    yard.put("1/run/artifacts/model/model.bin", &content).await;
    assert!(yard.get("1/run/artifacts/model/model.bin").await.expect("there") == content);
}
