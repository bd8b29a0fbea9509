//! SQLite keeps the contract.

use tempfile::TempDir;
use tiltyard_domain::Timestamp;
use tiltyard_store::{JournalEntry, Store};

/// An empty store, and the folder that must outlive it.
fn empty() -> (Store, TempDir) {
    let folder = TempDir::new().unwrap();
    (Store::open_sqlite(&folder.path().join("tiltyard.db")).unwrap(), folder)
}

contract!(empty());

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_sqlite() {
    let (store, _folder) = empty();
    for round in 0..2 {
        crate::every::statement(&store, round).await;
    }
}

/// What the contract cannot say: that SQL which does not come from this crate cannot rewrite the journal either.
#[tokio::test]
async fn the_journal_cannot_be_rewritten() {
    let (store, folder) = empty();
    let entry = JournalEntry {
        time: Timestamp(1),
        actor: "ada".to_owned(),
        action: "version.created".to_owned(),
        model: "m".to_owned(),
        version: None,
        detail: String::new(),
    };
    crate::contract::write(&store, move |tx| tx.append_journal(&entry)).await;
    let connection = rusqlite::Connection::open(folder.path().join("tiltyard.db")).unwrap();
    for statement in ["UPDATE journal SET actor = 'eve'", "DELETE FROM journal"] {
        let refused = connection.execute(statement, []).map(|_| ()).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|error| error.contains("rows of journal are never")), "{statement}");
    }
    let actor: String = connection.query_row("SELECT actor FROM journal", [], |row| row.get(0)).unwrap();
    assert_eq!(actor, "ada");
}

#[tokio::test]
async fn a_database_that_was_made_in_wal_mode_is_ours_after_a_crash() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tiltyard.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
    let store = Store::open_sqlite(&path).unwrap();
    // A copy of the files while the store is open is what a crash leaves.
    let copy = folder.path().join("copy.db");
    for ending in ["", "-wal"] {
        std::fs::copy(format!("{}{ending}", path.display()), format!("{}{ending}", copy.display())).unwrap();
    }
    Store::open_sqlite(&copy).unwrap();
    drop(store);
}

/// A copy is taken beside a writer, holds what was committed, opens as a store, and never takes another file's place.
#[tokio::test]
async fn a_copy_is_one_moment_of_a_database_in_use() {
    let (store, folder) = empty();
    let (from, to) = (folder.path().join("tiltyard.db"), folder.path().join("copy.db"));
    crate::contract::write(&store, |tx| tx.store_with_root("s3://before").map(drop)).await;
    Store::copy_sqlite(&from, &to).unwrap();
    crate::contract::write(&store, |tx| tx.store_with_root("s3://after").map(drop)).await;
    let taken = Store::copy_sqlite(&from, &to).unwrap_err().to_string();
    assert!(taken.contains("copy.db") && taken.contains("already"), "{taken}");
    let copied = Store::open_sqlite(&to).unwrap();
    let stores = crate::contract::write(&copied, |tx| tx.stores()).await;
    let roots: Vec<_> = stores.into_iter().map(|(_, root)| root).collect();
    assert!(
        roots.contains(&"s3://before".to_owned()) && !roots.contains(&"s3://after".to_owned()),
        "{roots:?}"
    );
    let missing = Store::copy_sqlite(&folder.path().join("none.db"), &folder.path().join("x.db"));
    assert!(missing.unwrap_err().to_string().contains("none.db"));
    assert!(!folder.path().join("x.db").exists());
}
