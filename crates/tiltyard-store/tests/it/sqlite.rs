//! SQLite keeps the contract.

use tempfile::TempDir;
use tiltyard_store::Store;

/// An empty store, and the folder that must outlive it.
fn empty() -> (Store, TempDir) {
    let folder = TempDir::new().unwrap();
    (Store::open_sqlite(&folder.path().join("tiltyard.db")).unwrap(), folder)
}

contract!(empty);
