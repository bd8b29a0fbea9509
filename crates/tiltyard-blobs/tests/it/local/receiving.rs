//! Bytes coming in: what is said of them is true, and what is given up is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tiltyard_blobs::limits::BATCH_SIZE_BYTES;
use tiltyard_blobs::{BlobError, BlobStore};

use crate::support::{NO_LIMIT, Yard, broken_after, content, fresh, pieces_of};

#[tokio::test]
async fn a_stream_beyond_the_limit_is_refused_and_leaves_nothing() {
    let yard = Yard::new();
    let exact = yard.store.receive(pieces_of(&content(1000), 100), 1000, fresh()).await.expect("just fits");
    drop(exact);
    let refused = yard.store.receive(pieces_of(&content(1001), 100), 1000, fresh()).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { size_bytes_max: 1000 })), "{refused:?}");
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[7; 4096]))).boxed();
    let refused = yard.store.receive(endless, 3_000_000, fresh()).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { .. })), "{refused:?}");
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_and_leaves_nothing() {
    let yard = Yard::new();
    for size in [0, 10, 2_000_000] {
        let broken = yard.store.receive(broken_after(&content(size)), NO_LIMIT, fresh()).await;
        assert!(matches!(broken, Err(BlobError::Interrupted(_))), "{broken:?}");
    }
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn received_bytes_that_nobody_places_are_given_up() {
    let yard = Yard::new();
    let received = yard.receive(b"never placed").await;
    assert_eq!(yard.names().len(), 1);
    drop(received);
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn a_client_that_goes_away_silently_leaves_nothing() {
    let yard = Yard::new();
    let stalled = pieces_of(&content(700_000), 1000).chain(stream::pending()).boxed();
    let store = yard.store.clone();
    let task = tokio::spawn(async move { store.receive(stalled, NO_LIMIT, fresh()).await.map(drop) });
    while yard.names().is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    yard.until_nothing_is_left().await;
}

#[tokio::test]
async fn what_is_on_its_way_is_private_to_the_server() {
    use std::os::unix::fs::PermissionsExt;
    let yard = Yard::new();
    let received = yard.receive(b"secret").await;
    for folder in [".tiltyard", ".tiltyard/incoming", ".tiltyard/incoming/0", ".tiltyard/uploads"] {
        let mode = yard.root().join(folder).metadata().expect(folder).permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
    drop(received);
}

/// A piece of a stream that counts how many of its kind are alive.
struct Counted(Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &[7; 16 * 1024]
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn no_more_than_a_batch_is_ever_in_memory() {
    let yard = Yard::new();
    let (alive, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, peak) = (Arc::clone(&alive), Arc::clone(&most));
    let pieces = (0..512).map(move |_| {
        peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Ok(Bytes::from_owner(Counted(Arc::clone(&counter))))
    });
    let received =
        yard.store.receive(stream::iter(pieces).boxed(), NO_LIMIT, fresh()).await.expect("received");
    assert_eq!(received.size_bytes(), 8 << 20);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    assert!(most.load(Ordering::SeqCst) * 16 * 1024 <= BATCH_SIZE_BYTES, "{most:?} pieces at once");
}
