//! What can go wrong below the rules, and what whoever runs the server can do about it. Expected conflicts are asked for
//! in SQL and answered as values, not errors.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::ErrorCode;

const WRITABLE: &str = "let the user that runs the server write the file, the files beside it and their folder, or name \
                        another file with --backend-store-uri";
const SPACE: &str =
    "free some space on the disk that holds the database; nothing that was acknowledged is lost";
const HELD: &str = "end the program that holds the database (`fuser FILE` names it), then try again";
const DAMAGED: &str = "stop the server, copy the file and the files beside it to a safe place, then put back a backup, or \
                       save what can be read with `sqlite3 FILE .recover`";
const DISK: &str = "look into the system's log for errors of the disk that holds the database";

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More writes are waiting than the queue holds.
    #[error("the store is busy: {waiting_max} writes are waiting already; try again in a moment")]
    Busy {
        /// The bound of the queue.
        waiting_max: usize,
    },
    /// Others kept it from being done in time; nothing of it was.
    #[error("{what} took longer than {seconds} s; try again in a moment")]
    Crowded {
        /// What kept it.
        what: &'static str,
        /// How long that was borne.
        seconds: u64,
    },
    /// A long read passed its deadline.
    #[error("the question took longer than {seconds} s; ask a narrower one")]
    Deadline {
        /// The deadline, in seconds.
        seconds: u64,
    },
    /// All connections to the database were in use for too long.
    #[error("all {connections} connections to the database have been in use for {seconds} s")]
    Exhausted {
        /// How many there are.
        connections: usize,
        /// How long was waited.
        seconds: u64,
    },
    /// Other changes came first, again and again.
    #[error("other changes came first {attempts} times; try again")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// The database cannot be reached, or cannot serve for now; nothing was changed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A text holds a character that PostgreSQL cannot keep.
    #[error("a text holds the character NUL, which the database cannot keep; leave it out")]
    Nul,
    /// A text is longer than what PostgreSQL puts in an index.
    #[error("a name, source or id is longer than the database can find it by; give at most 2500 bytes")]
    TooLong,
    /// The journal was to be written beside other writes, which would leave its order to chance.
    #[error("the journal is written by writes that take turns; use Store::write")]
    Unordered,
    /// A read of one statement ran another.
    #[error("a look at the store is one statement; use Store::read for several")]
    SeveralLooks,
    /// The store has shut down.
    #[error("the store is shutting down; try again once the server is back")]
    Closed,
    /// A pointer moved between the decision and the write; decide again.
    #[error("another change came first; try again")]
    Conflict,
    /// The file at this place is no database of Tiltyard's.
    #[error("{0}")]
    NotOurs(String),
    /// A row holds what the schema does not allow.
    #[error("the database holds an unexpected value: {0}")]
    Corrupt(String),
    /// The group that a write was part of could not be committed.
    #[error("the write could not be committed: {0}")]
    Commit(Arc<Self>),
    /// A write panicked; nothing of it remains.
    #[error("the write panicked and was undone")]
    Panicked,
    /// SQLite failed at a file.
    #[error("{path}: {source}")]
    Database {
        /// The file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// SQLite failed.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What encrypts the way to the database cannot be used.
    #[error("TLS to the database cannot be set up: {0}")]
    Tls(String),
    /// PostgreSQL failed.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(#[from] refinery::Error),
    /// The thread that writes could not be started.
    #[error("the writer's thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
    /// The database's file or folder could not be reached.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// That others kept it from being done within `patience`.
    pub(crate) fn crowded(what: &'static str, patience: Duration) -> Self {
        Self::Crowded { what, seconds: patience.as_secs() }
    }

    /// Whether the database went away between a commit and its answer: the changes were made, or were not.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Commit(cause) if matches!(**cause, Self::Unavailable(_)))
    }

    /// Whether there was no room left to keep anything; the same may be asked for again once there is.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Commit(cause) => cause.is_full(),
            Self::Sqlite(source) | Self::Database { source, .. } => {
                source.sqlite_error_code() == Some(ErrorCode::DiskFull)
            }
            Self::File { source, .. } => is_full(source),
            _ => false,
        }
    }

    /// What whoever runs the server can do about it, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Commit(cause) => cause.advice(),
            Self::Sqlite(source) | Self::Database { source, .. } => for_sqlite(source),
            Self::Migration(failure) => {
                let mut causes = successors(failure.source(), |&cause| cause.source());
                causes.find_map(|cause| for_sqlite(cause.downcast_ref()?))
            }
            Self::File { source, .. } => for_file(source),
            _ => None,
        }
    }
}

fn for_sqlite(error: &rusqlite::Error) -> Option<&'static str> {
    match error.sqlite_error_code()? {
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => Some(WRITABLE),
        ErrorCode::DiskFull => Some(SPACE),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            Some(HELD)
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(DAMAGED),
        ErrorCode::SystemIoFailure => Some(DISK),
        _ => None,
    }
}

/// Whether a disk, or what a user may take of it, is used up.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

fn for_file(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        _ if is_full(error) => Some(SPACE),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory => {
            Some(WRITABLE)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn advice_fits_what_sqlite_said() {
        for (code, advice) in [
            (ffi::SQLITE_READONLY, WRITABLE),
            (ffi::SQLITE_CANTOPEN, WRITABLE),
            (ffi::SQLITE_FULL, SPACE),
            (ffi::SQLITE_BUSY, HELD),
            (ffi::SQLITE_CORRUPT, DAMAGED),
            (ffi::SQLITE_NOTADB, DAMAGED),
            (ffi::SQLITE_IOERR, DISK),
        ] {
            let said = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let failure = Error::Database { path: "x.db".to_owned(), source: said };
            assert!(failure.to_string().starts_with("x.db: "), "{failure}");
            assert_eq!(failure.is_full(), code == ffi::SQLITE_FULL, "{code}");
            assert_eq!(Error::Commit(Arc::new(failure)).advice(), Some(advice), "{code}");
        }
    }
}
