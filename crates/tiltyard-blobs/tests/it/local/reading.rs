//! Bytes going out: whole, in ranges, and when the file is not what it was.

use std::fs;

use futures_util::TryStreamExt;
use tiltyard_blobs::limits::READ_CHUNK_SIZE_BYTES;
use tiltyard_blobs::{BlobError, BlobStat, BlobStore};

use crate::support::{Yard, collect, content, key};

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
