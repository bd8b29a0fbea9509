//! Bytes coming in, getting a key, and going away.

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tiltyard_blobs::limits::PART_SIZE_BYTES;
use tiltyard_blobs::{BlobError, BlobKey, PlaceError};

use crate::ground::Ground;
use crate::support::{NO_LIMIT, broken_after, content, fresh, key, pieces_of, sha256};

pub(crate) async fn what_comes_in_is_measured_hashed_and_given_back(ground: Ground) {
    let part = PART_SIZE_BYTES;
    for (size, piece) in [
        (0, 1),
        (1, 1),
        (999, 7),
        (part - 1, 65_536),
        (part, 65_536),
        (part + 1, 700),
        (2 * part + 77, 3 * part),
    ] {
        let content = content(size);
        let received = ground.store.receive(pieces_of(&content, piece), NO_LIMIT, fresh()).await;
        let received = received.expect("received");
        assert_eq!(received.size_bytes(), size as u64);
        assert_eq!(received.sha256(), sha256(&content), "{size} in pieces of {piece}");
        let placed = ground.store.place(received, &key(&format!("a/{size}"))).await.expect("placed");
        assert!(ground.get(&placed).await.expect("there") == content, "{size} in pieces of {piece}");
        assert_eq!(ground.keys().await.iter().filter(|key| **key == placed.as_str()).count(), 1);
    }
}

pub(crate) async fn empty_pieces_neither_end_nor_spoil_a_stream(ground: Ground) {
    let pieces = stream::iter(
        (0..5000).map(|number| Ok(if number % 2 == 0 { Bytes::new() } else { Bytes::from("x") })),
    );
    let received = ground.store.receive(pieces.boxed(), NO_LIMIT, fresh()).await.expect("received");
    assert_eq!(received.size_bytes(), 2500);
}

pub(crate) async fn a_stream_beyond_the_limit_is_refused(ground: Ground) {
    let exact = ground.store.receive(pieces_of(&content(1000), 100), 1000, fresh()).await;
    drop(exact.expect("just fits"));
    for size in [1001, PART_SIZE_BYTES * 2] {
        let refused = ground.store.receive(pieces_of(&content(size), 100), size as u64 - 1, fresh()).await;
        assert!(matches!(refused, Err(BlobError::TooLarge { .. })), "{refused:?}");
    }
    assert_eq!(ground.keys().await, Vec::<String>::new());
}

pub(crate) async fn a_stream_that_breaks_off_is_an_error_and_leaves_nothing(ground: Ground) {
    for size in [0, 10, PART_SIZE_BYTES + 10_000] {
        let broken = ground.store.receive(broken_after(&content(size)), NO_LIMIT, fresh()).await;
        assert!(matches!(broken, Err(BlobError::Interrupted(_))), "{broken:?}");
    }
    assert_eq!(ground.keys().await, Vec::<String>::new());
}

pub(crate) async fn a_key_that_is_taken_stays_as_it_is(ground: Ground) {
    assert_eq!(ground.put("model/data", b"first").await, key("model/data"));
    let Err(PlaceError::Taken(received)) =
        ground.other.place(ground.receive(b"second").await, &key("model/data")).await
    else {
        panic!("the key was taken");
    };
    assert_eq!(ground.get(&key("model/data")).await.expect("there"), b"first");
    let other = BlobKey::minted(fresh());
    let placed = ground.store.place(received, &other).await.expect("a minted key is free");
    assert_eq!(placed, other);
    assert_eq!(ground.get(&other).await.expect("there"), b"second");
}

pub(crate) async fn of_racing_writers_exactly_one_gets_the_key(ground: Ground) {
    for round in 0..5 {
        let path = format!("race/{round}/deep/file");
        let writers = (0..8_u8).map(|writer| {
            let store = if writer % 2 == 0 { &ground.store } else { &ground.other };
            let key = key(&path);
            async move {
                let bytes = pieces_of(&[writer; 3000], 1000);
                let received = store.receive(bytes, 3000, fresh()).await.expect("received");
                match store.place(received, &key).await {
                    Ok(_) => Some(writer),
                    Err(PlaceError::Taken(_)) => None,
                    Err(error) => panic!("{key}: {error}"),
                }
            }
        });
        let winners: Vec<u8> = join_all(writers).await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(ground.get(&key(&path)).await.expect("there"), [winners[0]; 3000]);
    }
}

pub(crate) async fn removed_bytes_are_gone_and_their_key_is_free_again(ground: Ground) {
    let path = key("a/b");
    ground.put("a/b", b"old").await;
    assert!(ground.store.stat(&path).await.expect("looked").is_some());
    let reading = ground.store.read(&path, None).await.expect("there");
    ground.other.remove(&path).await.expect("removed");
    ground.other.remove(&path).await.expect("nothing to remove");
    ground.store.remove(&key("a")).await.expect("folders are not bytes");
    assert_eq!(ground.store.stat(&path).await.expect("looked"), None);
    let read = crate::support::collect(reading.bytes).await.expect("a reader reads on");
    assert_eq!(read, b"old");
    ground.put("a/b", b"new").await;
    assert_eq!(ground.get(&path).await.expect("there"), b"new");
}

pub(crate) async fn many_small_files_keep_their_own_content(ground: Ground) {
    let path = |number: usize| format!("{}/{number}", number % 7);
    let putting = (0..100_usize).map(|number| {
        let ground = &ground;
        async move { ground.put(&path(number), &content(number)).await }
    });
    join_all(putting).await;
    for number in 0..100_usize {
        assert_eq!(ground.get(&key(&path(number))).await.expect("there"), content(number));
    }
    assert_eq!(ground.keys().await.len(), 100);
}

pub(crate) async fn odd_names_are_names_like_others(ground: Ground) {
    let names = ["1/run/héllo wörld/MLmodel", "a b+c", "~[x]{y}^", "q=1&r=2", "100%", "a.b..c", "日本"];
    for name in names {
        assert_eq!(ground.put(name, name.as_bytes()).await, key(name));
    }
    for name in names {
        assert_eq!(ground.get(&key(name)).await.expect(name), name.as_bytes());
    }
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(ground.keys().await, sorted);
}
