//! What can go wrong below the rules. Expected conflicts are asked for in SQL and answered as values, not errors.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More writes are waiting than the queue holds.
    #[error("the store is busy: {waiting_max} writes are waiting already; try again in a moment")]
    Busy {
        /// The bound of the queue.
        waiting_max: usize,
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
    /// The journal was to be written beside other writes, which would leave its order to chance.
    #[error("the journal is written by writes that take turns; use Store::write")]
    Unordered,
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
    Commit(String),
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
