//! The sealed local store: all that is true of the other one, and beyond that no plain byte on disk and none that was altered.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test, as the test itself would")]

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tiltyard_blobs::{LocalStore, SealingKeys};

#[path = "../it/contract/mod.rs"]
mod contract;
#[path = "../it/ground.rs"]
#[expect(dead_code, reason = "the other kinds of stores have their tests beside this one's")]
mod ground;
mod keys;
#[path = "../it/local/mod.rs"]
mod local;
mod marker;
#[path = "../it/support.rs"]
mod support;
mod tampering;

/// The store that all of this is about.
fn open(root: &Path) -> io::Result<LocalStore> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keys = SealingKeys::read(&key_file(folder.path(), &[1])).expect("keys");
    LocalStore::open_sealed(root, keys)
}

/// A file of keys, each of 32 bytes of that number.
fn key_file(folder: &Path, keys: &[u8]) -> PathBuf {
    let path = folder.join("keys");
    drop(fs::remove_file(&path));
    let lines: Vec<_> = keys.iter().map(|key| format!("{key:02x}").repeat(32)).collect();
    fs::write(&path, lines.join("\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("only for us");
    path
}
