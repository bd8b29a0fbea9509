//! Lists: everything under a key, in order, from anywhere on.

use futures_util::TryStreamExt;
use tiltyard_blobs::BlobKey;

use crate::ground::Ground;
use crate::support::fresh;

async fn listed(ground: &Ground, folder: &str, after: &str) -> Vec<String> {
    let found: Vec<_> = ground.other.list(folder, after).try_collect().await.expect("listed");
    found.into_iter().map(|blob| blob.key.to_string()).collect()
}

pub(crate) async fn keys_come_in_the_order_of_their_bytes(ground: Ground) {
    for path in ["a/b", "a-b", "a/b.c", "b", "a.b/c", "a/z/c"] {
        ground.put(path, path.as_bytes()).await;
    }
    let minted = BlobKey::minted(fresh());
    ground.store.place(ground.receive(b"minted").await, &minted).await.expect("placed");
    let all = [minted.as_str(), "a-b", "a.b/c", "a/b", "a/b.c", "a/z/c", "b"];
    assert_eq!(listed(&ground, "", "").await, all);
    for (position, after) in all.iter().enumerate() {
        assert_eq!(listed(&ground, "", after).await, all[position + 1..], "after {after}");
    }
    assert_eq!(listed(&ground, "a", "").await, ["a/b", "a/b.c", "a/z/c"]);
    assert_eq!(listed(&ground, "a", "a/b").await, ["a/b.c", "a/z/c"]);
    assert_eq!(listed(&ground, "nowhere", "").await, Vec::<String>::new());
}

pub(crate) async fn a_list_tells_sizes_and_times(ground: Ground) {
    ground.put("empty", b"").await;
    ground.put("full", b"12345").await;
    let found: Vec<_> = ground.store.list("", "").try_collect().await.expect("listed");
    assert_eq!(found.iter().map(|blob| blob.size_bytes).collect::<Vec<_>>(), [0, 5]);
    assert!(found.iter().all(|blob| blob.modified > std::time::UNIX_EPOCH));
}
