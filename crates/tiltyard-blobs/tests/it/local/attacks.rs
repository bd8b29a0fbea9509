//! A canary lies beside the root. Whatever is planted inside the root, nobody reads, changes or removes it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tiltyard_blobs::{BlobError, BlobStore, PlaceError};

use crate::support::{Yard, key};

/// Tries everything there is to do with a key, and wants each attempt to see nothing.
async fn attack(yard: &Yard, path: &str) {
    assert!(matches!(yard.get(path).await, Err(BlobError::NotFound(_))), "read {path}");
    assert_eq!(yard.store.stat(&key(path)).await.expect("looked"), None, "stat {path}");
    let placed = yard.store.place(yard.receive(b"overwritten").await, &key(path)).await;
    assert!(matches!(placed, Err(PlaceError::Taken(_))), "place {path}: {placed:?}");
    yard.store.remove(&key(path)).await.expect("nothing of ours");
    assert_eq!(fs::read(yard.canary()).expect("the canary lives"), b"canary");
}

#[tokio::test]
async fn a_link_to_a_file_outside_is_not_followed() {
    let yard = Yard::new();
    symlink(yard.canary(), yard.root().join("absolute")).expect("a link");
    symlink("../canary", yard.root().join("relative")).expect("a link");
    symlink("relative", yard.root().join("twice")).expect("a link");
    symlink("loop", yard.root().join("loop")).expect("a link");
    for path in ["absolute", "relative", "twice", "loop", "absolute/x"] {
        attack(&yard, path).await;
    }
    assert!(yard.root().join("absolute").is_symlink(), "what is not ours stays");
}

#[tokio::test]
async fn a_link_to_a_folder_outside_is_not_walked_through() {
    let yard = Yard::new();
    fs::create_dir(yard.root().join("1")).expect("a folder");
    symlink(yard.folder.path(), yard.root().join("out")).expect("a link");
    symlink("../..", yard.root().join("1/up")).expect("a link");
    symlink("/", yard.root().join("1/top")).expect("a link");
    for path in ["out/canary", "1/up/canary", "out/root/1", "1/top/etc/passwd", "out/new/file"] {
        attack(&yard, path).await;
    }
    assert!(!yard.folder.path().join("new").exists(), "no folder was made outside");
}

#[tokio::test]
async fn a_link_that_points_nowhere_makes_no_file_there() {
    let yard = Yard::new();
    symlink("../made", yard.root().join("dangling")).expect("a link");
    attack(&yard, "dangling").await;
    assert!(!yard.folder.path().join("made").exists());
}

#[tokio::test]
async fn pipes_and_sockets_are_not_waited_for() {
    let yard = Yard::new();
    mknodat(CWD, yard.root().join("pipe"), FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
    let _socket = std::os::unix::net::UnixListener::bind(yard.root().join("socket")).expect("a socket");
    assert_eq!(yard.store.stat(&key("pipe")).await.expect("looked"), None);
    assert!(matches!(yard.get("pipe").await, Err(BlobError::NotFound(_))));
    assert!(yard.get("socket").await.is_err());
}

#[test]
fn a_private_folder_that_is_a_link_is_refused_at_the_start() {
    for planted in [".tiltyard", ".tiltyard/incoming", ".tiltyard/incoming/0", ".tiltyard/uploads"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("outside")).expect("a folder");
        fs::write(folder.path().join("outside/canary"), "canary").expect("a canary");
        let planted = folder.path().join("root").join(planted);
        fs::create_dir_all(planted.parent().unwrap_or(Path::new("/"))).expect("folders");
        symlink(folder.path().join("outside"), &planted).expect("a link");
        assert!(crate::open(&folder.path().join("root")).is_err(), "{planted:?}");
        assert!(folder.path().join("outside/canary").exists(), "nothing outside is swept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_folder_swapped_for_a_link_while_we_write_leads_nowhere() {
    let yard = Yard::new();
    fs::create_dir(yard.folder.path().join("outside")).expect("a folder");
    let (root, outside) = (yard.root(), yard.folder.path().join("outside"));
    let swapper = std::thread::spawn(move || {
        for _ in 0..300 {
            let _ = fs::create_dir(root.join("dir"));
            let _ = fs::remove_dir_all(root.join("dir"));
            let _ = symlink(&outside, root.join("dir"));
            let _ = fs::remove_file(root.join("dir"));
        }
    });
    while !swapper.is_finished() {
        // Some succeed and some do not; none may get out.
        let _ = yard.store.place(yard.receive(b"x").await, &key("dir/file")).await;
        let _ = yard.store.remove(&key("dir/file")).await;
    }
    swapper.join().expect("no panic");
    assert_eq!(fs::read_dir(yard.folder.path().join("outside")).expect("a folder").count(), 0);
}
