//! Lists: everything under a key, in order, from anywhere on, and nothing else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use futures_util::{StreamExt, TryStreamExt};
use tiltyard_blobs::{BlobError, BlobStore};

use crate::support::{NO_LIMIT, Yard, fresh, pieces_of};

async fn listed(yard: &Yard, folder: &str, after: &str) -> Vec<String> {
    let found: Vec<_> = yard.store.list(folder, after).try_collect().await.expect("listed");
    found.into_iter().map(|blob| blob.key.to_string()).collect()
}

#[tokio::test]
async fn a_list_tells_sizes_and_goes_on_over_many_pages() {
    let yard = Yard::new();
    for number in 0..tiltyard_blobs::limits::LISTED_AT_ONCE_MAX + 5 {
        fs::write(yard.root().join(format!("{number:05}")), vec![0; number % 7]).expect("a file");
    }
    let found: Vec<_> = yard.store.list("", "").try_collect().await.expect("listed");
    assert_eq!(found.len(), tiltyard_blobs::limits::LISTED_AT_ONCE_MAX + 5);
    assert_eq!(found[1004].key.as_str(), "01004");
    assert_eq!(found[1004].size_bytes, 1004 % 7);
    assert!(found[0].modified > std::time::UNIX_EPOCH);
}

#[tokio::test]
async fn what_is_on_its_way_and_what_is_not_ours_is_not_listed() {
    let yard = Yard::new();
    yard.put("a", b"x").await;
    let on_its_way = yard.receive(b"y").await;
    let upload = yard.store.start_upload(fresh()).await.expect("open");
    let number = tiltyard_blobs::PartNumber::new(1).expect("a number");
    yard.store.receive_part(upload, number, pieces_of(b"part", 2), NO_LIMIT).await.expect("received");
    fs::create_dir_all(yard.root().join(".tiltyard/blobs/ab")).expect("a folder");
    fs::write(yard.root().join(".tiltyard/blobs/ab/stranger"), "").expect("a file");
    symlink(yard.canary(), yard.root().join("link")).expect("a link");
    symlink(yard.folder.path(), yard.root().join("folder")).expect("a link");
    assert_eq!(listed(&yard, "", "").await, ["a"]);
    drop(on_its_way);
}

/// As `lost+found` is to everybody but the superuser, for whom there is nothing to test here.
#[tokio::test]
async fn a_folder_that_cannot_be_read_is_named_and_the_list_goes_on() {
    let yard = Yard::new();
    for path in ["a/1", "lost/2", "z/3"] {
        yard.put(path, b"x").await;
    }
    fs::set_permissions(yard.root().join("lost"), fs::Permissions::from_mode(0o000)).expect("closed");
    if fs::read_dir(yard.root().join("lost")).is_ok() {
        return;
    }
    let found: Vec<_> = yard.store.list("", "").collect().await;
    fs::set_permissions(yard.root().join("lost"), fs::Permissions::from_mode(0o700)).expect("open");
    assert!(
        matches!(
            &found[..],
            [Ok(first), Err(BlobError::Unreadable { folder, .. }), Ok(last)]
                if first.key.as_str() == "a/1" && folder == "lost/" && last.key.as_str() == "z/3"
        ),
        "{found:?}"
    );
}
