//! The database of a server that is killed, and how it is asked from outside: a file beside the artifacts, or PostgreSQL.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tiltyard_cluster::Cluster;

use crate::served::Served;

pub(crate) enum Database {
    /// In the folder of the server.
    File,
    /// At this address.
    Postgres(String),
}

impl Database {
    /// A new one on a throwaway PostgreSQL.
    pub(crate) fn postgres() -> Self {
        Self::Postgres(Cluster::shared().database())
    }

    /// Starts a server on the folder and this database.
    pub(super) fn serve(&self, folder: &Path) -> Served {
        match self {
            Self::File => Served::start(folder),
            Self::Postgres(address) => Served::start_with(folder, &["--backend-store-uri", address]),
        }
    }

    /// The rows of an answer with one column.
    pub(super) fn ask(&self, folder: &Path, question: &str) -> Vec<String> {
        match self {
            Self::File => {
                let connection = open(folder);
                let mut statement = connection.prepare(question).unwrap();
                let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Self::Postgres(address) => {
                Cluster::shared().run(address, question).lines().map(str::to_owned).collect()
            }
        }
    }

    /// What the engine itself says of its file.
    pub(super) fn is_sound(&self, folder: &Path) -> bool {
        match self {
            Self::File => {
                open(folder).query_row("PRAGMA integrity_check", [], |row| row.get(0)).ok()
                    == Some("ok".to_owned())
            }
            Self::Postgres(_) => true,
        }
    }

    /// Bytes as text.
    pub(super) fn hex(&self, column: &str) -> String {
        match self {
            Self::File => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("encode({column}, 'hex')"),
        }
    }
}

fn open(folder: &Path) -> Connection {
    Connection::open_with_flags(folder.join("tiltyard.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}
