//! Multipart uploads: any order in, one whole out, and no list but the right one is taken.

use std::time::{Duration, SystemTime};

use tiltyard_blobs::limits::OPEN_UPLOADS_MAX;
use tiltyard_blobs::{BlobError, BlobStore, PartNumber, PartTag, UploadId, UploadedPart};

use crate::support::{NO_LIMIT, Yard, content, key, pieces_of, sha256};

fn number(number: i64) -> PartNumber {
    PartNumber::new(number).expect("a part number")
}

fn tag(text: &str) -> PartTag {
    text.parse().expect("a tag")
}

fn list(parts: &[&UploadedPart]) -> Vec<UploadedPart> {
    parts.iter().map(|part| (*part).clone()).collect()
}

async fn send(yard: &Yard, upload: UploadId, position: i64, content: &[u8]) -> UploadedPart {
    let bytes = pieces_of(content, 70_000);
    yard.store.receive_part(upload, number(position), bytes, NO_LIMIT).await.expect("received")
}

/// Opens an upload and sends three parts.
async fn three_parts(yard: &Yard, fresh: u128) -> (UploadId, Vec<UploadedPart>) {
    let upload = yard.store.start_upload(fresh).await.expect("open");
    let mut parts = Vec::new();
    for (position, content) in [(1, "one"), (2, "two"), (3, "three")] {
        parts.push(send(yard, upload, position, content.as_bytes()).await);
    }
    (upload, parts)
}

#[tokio::test]
async fn parts_in_any_order_become_the_whole_with_its_own_digest() {
    let yard = Yard::new();
    let content = content(1_000_000);
    let pieces: Vec<&[u8]> = content.chunks(90_001).collect();
    for seed in 0..5_usize {
        // A step that shares no factor with the count visits every part, in an order that looks random.
        let order: Vec<usize> =
            (0..pieces.len()).map(|position| (position * 5 + seed * 7) % pieces.len()).collect();
        let upload = yard.store.start_upload(seed as u128).await.expect("open");
        let mut parts = Vec::new();
        for &position in &order {
            parts.push(
                send(&yard, upload, i64::try_from(position + 1).expect("small"), pieces[position]).await,
            );
        }
        let whole = yard.store.complete(upload, &parts, NO_LIMIT).await.expect("complete");
        assert_eq!((whole.size_bytes(), whole.sha256()), (1_000_000, sha256(&content)), "{order:?}");
        yard.store.place(whole, &key(&format!("whole/{seed}"))).await.expect("placed");
        yard.store.abort(upload).await.expect("closed");
        assert!(yard.get(&format!("whole/{seed}")).await.expect("there") == content);
    }
    assert_eq!(yard.names().len(), 5, "no parts are left: {:?}", yard.names());
}

#[tokio::test]
async fn wrong_lists_of_parts_are_refused_with_the_fault() {
    let yard = Yard::new();
    let (upload, parts) = three_parts(&yard, 1).await;
    let other = UploadedPart { tag: tag("other"), ..parts[1].clone() };
    let never_sent = UploadedPart { number: number(4), ..parts[0].clone() };
    for (list, fault) in [
        (vec![], "empty"),
        (list(&[&parts[0], &parts[2]]), "part 2 is missing"),
        (list(&[&parts[1], &parts[2]]), "part 1 is missing"),
        (list(&[&parts[0], &parts[1]]), "2 parts of the 3"),
        (list(&[&parts[0], &parts[1], &parts[1], &parts[2]]), "twice"),
        (list(&[&parts[0], &other, &parts[2]]), "part 2 has another tag"),
        (list(&[&parts[0], &parts[1], &parts[2], &never_sent]), "part 4 was not uploaded"),
    ] {
        let refused = yard.store.complete(upload, &list, NO_LIMIT).await.expect_err(fault);
        assert!(
            matches!(&refused, BlobError::WrongParts(said) if said.contains(fault)),
            "{fault}: {refused}"
        );
    }
    let too_large = yard.store.complete(upload, &parts, 10).await;
    assert!(matches!(too_large, Err(BlobError::TooLarge { size_bytes_max: 10 })), "{too_large:?}");
    let whole = yard.store.complete(upload, &parts, 11).await.expect("the right list still works");
    assert_eq!(whole.sha256(), sha256(b"onetwothree"));
}

#[tokio::test]
async fn an_aborted_upload_is_gone_with_its_parts() {
    let yard = Yard::new();
    let (upload, parts) = three_parts(&yard, 1).await;
    yard.store.abort(upload).await.expect("aborted");
    assert_eq!(yard.names(), Vec::<String>::new());
    let gone = |error: BlobError| matches!(error, BlobError::UnknownUpload(id) if id == upload);
    assert!(gone(yard.store.abort(upload).await.expect_err("gone")));
    assert!(gone(yard.store.complete(upload, &parts, NO_LIMIT).await.expect_err("gone")));
    let late = yard.store.receive_part(upload, number(1), pieces_of(b"late", 1), NO_LIMIT).await;
    assert!(gone(late.expect_err("gone")));
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn a_part_beyond_its_limit_is_refused() {
    let yard = Yard::new();
    let upload = yard.store.start_upload(1).await.expect("open");
    let refused = yard.store.receive_part(upload, number(1), pieces_of(&[0; 11], 3), 10).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { size_bytes_max: 10 })), "{refused:?}");
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn a_damaged_part_is_noticed() {
    let yard = Yard::new();
    let (upload, parts) = three_parts(&yard, 1).await;
    let part = yard.root().join(format!(".tiltyard/uploads/{upload}/00002"));
    std::fs::write(part, "short").expect("damaged");
    assert!(matches!(yard.store.complete(upload, &parts, NO_LIMIT).await, Err(BlobError::WrongParts(_))));
}

#[tokio::test]
async fn uploads_outlive_a_restart_and_are_swept_by_age() {
    let yard = Yard::new();
    let (old, _) = three_parts(&yard, 1).await;
    let (young, parts) = three_parts(&yard, 2).await;
    let folder = std::fs::File::open(yard.root().join(format!(".tiltyard/uploads/{old}"))).expect("a folder");
    folder.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1000)).expect("aged");
    let next = crate::open(&yard.root()).expect("the next start");
    assert_eq!(
        next.sweep_uploads(SystemTime::UNIX_EPOCH + Duration::from_secs(1000)).await.expect("swept"),
        0
    );
    assert_eq!(
        next.sweep_uploads(SystemTime::UNIX_EPOCH + Duration::from_secs(1001)).await.expect("swept"),
        1
    );
    assert!(matches!(next.abort(old).await, Err(BlobError::UnknownUpload(_))));
    assert!(next.complete(young, &parts, NO_LIMIT).await.is_ok());
}

#[tokio::test]
async fn the_number_of_uploads_with_parts_is_bounded_and_those_without_make_room() {
    let yard = Yard::new();
    let mut uploads = Vec::new();
    for fresh in 0..OPEN_UPLOADS_MAX as u128 {
        uploads.push(yard.store.start_upload(fresh).await.expect("open"));
    }
    send(&yard, uploads[0], 1, b"one").await;
    let next = yard.store.start_upload(u128::MAX).await.expect("one without parts makes room");
    let refused = yard.store.abort(uploads[1]).await;
    assert!(matches!(refused, Err(BlobError::UnknownUpload(_))), "the oldest without parts: {refused:?}");
    for upload in uploads[2..].iter().chain([&next]) {
        std::fs::write(yard.root().join(format!(".tiltyard/uploads/{upload}/00001")), "").expect("a part");
    }
    let refused = yard.store.start_upload(u128::MAX - 1).await;
    assert!(matches!(refused, Err(BlobError::TooManyUploads(_))), "{refused:?}");
}
