//! Which keys open a store, and how a store is told from one that is not sealed.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

use tiltyard_blobs::{BlobStore, LocalStore, SealingKeys};

use crate::key_file;
use crate::support::{Yard, collect, fresh, key, pieces_of};

/// Opens the yard's root with these keys.
fn reopened(yard: &Yard, keys: &[u8]) -> io::Result<LocalStore> {
    let keys = SealingKeys::read(&key_file(yard.folder.path(), keys)).expect("keys");
    LocalStore::open_sealed(&yard.root(), keys)
}

async fn content_of(store: &LocalStore, path: &str) -> Vec<u8> {
    collect(store.read(&key(path), None).await.expect("there").bytes).await.expect("readable")
}

async fn put(store: &LocalStore, path: &str) {
    let received = store.receive(pieces_of(path.as_bytes(), 10), 100, fresh()).await.expect("received");
    store.place(received, &key(path)).await.expect("placed");
}

#[tokio::test]
async fn a_sealed_store_opens_with_its_key_alone() {
    let yard = Yard::new();
    put(&yard.store, "file").await;
    let without = LocalStore::open(&yard.root()).expect_err("sealed").to_string();
    assert!(without.contains("--artifacts-seal-key-file"), "{without}");
    let wrong = reopened(&yard, &[2]).expect_err("another key").to_string();
    assert!(wrong.contains("which the key file does not hold"), "{wrong}");
    assert_eq!(content_of(&reopened(&yard, &[1]).expect("its key"), "file").await, b"file");
}

#[tokio::test]
async fn keys_are_changed_by_putting_a_new_one_in_front() {
    let yard = Yard::new();
    put(&yard.store, "first").await;
    let store = reopened(&yard, &[2, 1]).expect("both keys");
    put(&store, "second").await;
    assert!(reopened(&yard, &[2]).is_err(), "the old key still has files to open");
    assert!(reopened(&yard, &[1]).is_err(), "the new key has, too");
    let store = reopened(&yard, &[3, 1, 2]).expect("all keys, in any order");
    for path in ["first", "second"] {
        assert_eq!(content_of(&store, path).await, path.as_bytes());
    }
}

#[tokio::test]
async fn a_store_is_sealed_from_its_first_file_on_or_never() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let yard = Yard { store: LocalStore::open(&folder.path().join("root")).expect("a store"), folder };
    assert!(reopened(&yard, &[1]).is_ok(), "an empty one may become sealed");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let yard = Yard { store: LocalStore::open(&folder.path().join("root")).expect("a store"), folder };
    put(&yard.store, "plain").await;
    let refused = reopened(&yard, &[1]).expect_err("halfway").to_string();
    assert!(refused.contains("not sealed") && refused.contains("empty folder"), "{refused}");
    assert_eq!(content_of(&LocalStore::open(&yard.root()).expect("as before"), "plain").await, b"plain");
}

#[tokio::test]
async fn a_store_may_be_opened_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keys = || SealingKeys::read(&key_file(folder.path(), &[1])).expect("keys");
    let (plain, sealed) = (folder.path().join("plain"), folder.path().join("sealed"));
    put(&LocalStore::open(&plain).expect("a store"), "file").await;
    put(&LocalStore::open_sealed(&sealed, keys()).expect("a store"), "file").await;
    for root in [plain, sealed] {
        let store = LocalStore::open_as_it_is(&root, keys()).expect("either");
        assert_eq!(content_of(&store, "file").await, b"file");
    }
}

#[tokio::test]
async fn an_upload_that_waits_counts_as_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let yard = Yard { store: LocalStore::open(&folder.path().join("root")).expect("a store"), folder };
    yard.store.start_upload(1).await.expect("open");
    assert!(reopened(&yard, &[1]).is_err());
}

#[test]
fn a_damaged_probe_is_told() {
    let yard = Yard::new();
    let folder = yard.root().join(".tiltyard/seal");
    let probe = fs::read_dir(&folder).expect("a folder").next().expect("a probe").expect("an entry").path();
    let mut bytes = fs::read(&probe).expect("a file");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&probe, bytes).expect("written");
    assert!(reopened(&yard, &[1]).expect_err("damaged").to_string().contains("altered"));
}

#[test]
fn a_key_file_that_everybody_may_read_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = key_file(folder.path(), &[1]);
    for (mode, is_fine) in
        [(0o400, true), (0o440, true), (0o600, true), (0o404, false), (0o644, false), (0o602, false)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
        match SealingKeys::read(&path) {
            Ok(_) => assert!(is_fine, "{mode:o}"),
            Err(error) => assert!(!is_fine && error.to_string().contains("chmod"), "{mode:o}: {error}"),
        }
    }
    assert!(SealingKeys::read(folder.path()).is_err());
    assert!(SealingKeys::read(&folder.path().join("absent")).is_err());
}
