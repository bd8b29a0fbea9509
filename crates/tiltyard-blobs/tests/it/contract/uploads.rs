//! Multipart uploads: any order in, one whole out, and no list but the right one is taken; the next call may come to another
//! process.

use tiltyard_blobs::{BlobError, PartNumber, PartTag, UploadId, UploadedPart};

use crate::ground::{BEFORE, Ground, long_after};
use crate::support::{NO_LIMIT, content, fresh, key, pieces_of, sha256};

fn number(number: i64) -> PartNumber {
    PartNumber::new(number).expect("a part number")
}

async fn send(ground: &Ground, upload: UploadId, position: i64, content: &[u8]) -> UploadedPart {
    let store = if position % 2 == 0 { &ground.store } else { &ground.other };
    let bytes = pieces_of(content, 70_000);
    store.receive_part(upload, number(position), bytes, content.len() as u64).await.expect("received")
}

/// Three parts that any store takes, and what they make together.
fn three(ground: &Ground) -> (Vec<Vec<u8>>, Vec<u8>) {
    let whole = content(ground.least_part * 2 + 5);
    (
        whole
            .chunks(ground.least_part)
            .take(2)
            .chain([&whole[ground.least_part * 2..]])
            .map(<[u8]>::to_vec)
            .collect(),
        whole,
    )
}

/// Opens an upload and sends three parts.
async fn three_parts(ground: &Ground) -> (UploadId, Vec<UploadedPart>, Vec<u8>) {
    let upload = ground.store.start_upload(fresh()).await.expect("open");
    let (pieces, whole) = three(ground);
    let mut parts = Vec::new();
    for (position, piece) in (1..).zip(&pieces) {
        parts.push(send(ground, upload, position, piece).await);
    }
    (upload, parts, whole)
}

pub(crate) async fn parts_in_any_order_become_the_whole_with_its_own_digest(ground: Ground) {
    let (pieces, whole) = three(&ground);
    for order in [[2, 0, 1], [1, 2, 0]] {
        let upload = ground.store.start_upload(fresh()).await.expect("open");
        let mut parts = Vec::new();
        for position in order {
            parts.push(
                send(&ground, upload, i64::try_from(position + 1).expect("small"), &pieces[position]).await,
            );
        }
        let received = ground.other.complete(upload, &parts, NO_LIMIT).await.expect("complete");
        assert_eq!(
            (received.size_bytes(), received.sha256()),
            (whole.len() as u64, sha256(&whole)),
            "{order:?}"
        );
        let path = key(&format!("whole/{}", order[0]));
        let placed = ground.store.place(received, &path).await.expect("placed");
        assert!(ground.get(&placed).await.expect("there") == whole);
    }
}

pub(crate) async fn wrong_lists_of_parts_are_refused_and_the_right_one_still_works(ground: Ground) {
    let (upload, parts, whole) = three_parts(&ground).await;
    let tag: PartTag = "QUJDREVGR0hJSktMTU5PUA==".parse().expect("a tag");
    let other = UploadedPart { tag, ..parts[1].clone() };
    let never_sent = UploadedPart { number: number(4), ..other.clone() };
    for (list, fault) in [
        (vec![], "empty"),
        (vec![&parts[0], &parts[2]], "part 2 is missing"),
        (vec![&parts[1], &parts[2]], "part 1 is missing"),
        (vec![&parts[0], &parts[1], &parts[1], &parts[2]], "twice"),
        (vec![&parts[0], &other, &parts[2]], ""),
        (vec![&parts[0], &parts[1], &parts[2], &never_sent], ""),
    ] {
        let list: Vec<_> = list.into_iter().cloned().collect();
        let refused = ground.store.complete(upload, &list, NO_LIMIT).await;
        let said = refused.as_ref().map_err(ToString::to_string);
        assert!(
            matches!(&refused, Err(BlobError::WrongParts(said)) if said.contains(fault)),
            "{fault}: {said:?}"
        );
    }
    let received = ground.store.complete(upload, &parts, NO_LIMIT).await.expect("the right list still works");
    assert_eq!(received.sha256(), sha256(&whole));
}

pub(crate) async fn a_part_sent_again_replaces_the_earlier_one(ground: Ground) {
    let (upload, mut parts, whole) = three_parts(&ground).await;
    let again = vec![7; ground.least_part];
    parts[1] = send(&ground, upload, 2, &again).await;
    let received = ground.store.complete(upload, &parts, NO_LIMIT).await.expect("complete");
    let (first, last) = (&whole[..ground.least_part], &whole[ground.least_part * 2..]);
    assert_eq!(received.sha256(), sha256(&[first, &again, last].concat()));
}

pub(crate) async fn completing_twice_gives_the_same(ground: Ground) {
    let (upload, parts, whole) = three_parts(&ground).await;
    let first = ground.store.complete(upload, &parts, NO_LIMIT).await.expect("complete");
    let second = ground.other.complete(upload, &parts, NO_LIMIT).await.expect("complete again");
    assert_eq!(first.sha256(), second.sha256());
    assert_eq!(first.claim(), second.claim());
    let placed = ground.store.place(first, &key("whole")).await.expect("placed");
    assert!(ground.get(&placed).await.expect("there") == whole);
}

pub(crate) async fn an_aborted_upload_is_gone(ground: Ground) {
    let (upload, parts, _) = three_parts(&ground).await;
    ground.other.abort(upload).await.expect("aborted");
    let gone = |error: BlobError| matches!(error, BlobError::UnknownUpload(id) if id == upload);
    assert!(gone(ground.store.abort(upload).await.expect_err("gone")));
    assert!(gone(ground.store.complete(upload, &parts, NO_LIMIT).await.expect_err("gone")));
    let late = ground.store.receive_part(upload, number(1), pieces_of(b"late", 1), NO_LIMIT).await;
    assert!(gone(late.expect_err("gone")));
    assert_eq!(ground.keys().await, Vec::<String>::new());
}

pub(crate) async fn a_part_beyond_its_limit_is_refused(ground: Ground) {
    let upload = ground.store.start_upload(fresh()).await.expect("open");
    let refused = ground.store.receive_part(upload, number(1), pieces_of(&[0; 11], 3), 10).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { size_bytes_max: 10 })), "{refused:?}");
}

pub(crate) async fn old_uploads_are_swept(ground: Ground) {
    let (upload, parts, _) = three_parts(&ground).await;
    let joined = three_parts(&ground).await;
    drop(ground.store.complete(joined.0, &joined.1, NO_LIMIT).await.expect("complete"));
    assert_eq!(ground.other.sweep_uploads(BEFORE).await.expect("swept"), 0);
    let count = async |since| ground.other.count_uploads(since).await.expect("counted");
    assert_eq!((count(BEFORE).await, count(long_after()).await), (0, 2));
    assert_eq!(ground.other.sweep_uploads(long_after()).await.expect("swept"), 2);
    let gone = ground.store.complete(upload, &parts, NO_LIMIT).await;
    assert!(matches!(gone, Err(BlobError::UnknownUpload(_))), "{gone:?}");
    assert_eq!(ground.keys().await, Vec::<String>::new());
}
