//! Stores of bytes seen from outside: one contract for every kind, on real folders and real servers, and what is so about each
//! kind alone.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test, as the test itself would")]

use std::io;
use std::path::Path;

use tiltyard_blobs::LocalStore;

mod azure;
mod contract;
mod google;
mod ground;
mod local;
mod s3;
mod support;

/// The store on the disk; the sealed one has the same tests in `tests/sealed`.
fn open(root: &Path) -> io::Result<LocalStore> {
    LocalStore::open(root)
}
