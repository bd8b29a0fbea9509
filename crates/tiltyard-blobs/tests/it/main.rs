//! The local store seen from outside: a real folder, real streams, real crashes.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test, as the test itself would")]

use std::io;
use std::path::Path;

use tiltyard_blobs::LocalStore;

mod attacks;
mod crashes;
mod placing;
mod reading;
mod receiving;
mod support;
mod uploads;

/// The store that all of this is about; the sealed one has the same tests in `tests/sealed`.
fn open(root: &Path) -> io::Result<LocalStore> {
    LocalStore::open(root)
}
