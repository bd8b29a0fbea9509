//! A look at a file before it is opened for writing: another program's database is refused and not touched.

use std::io::{ErrorKind, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{Error, schema};

/// Refuses a file that holds tables and is not marked as ours. The look itself cannot change the file or make one
/// beside it: `immutable` keeps SQLite from taking locks or replaying a log.
pub(super) fn refuse(path: &Path) -> Result<(), Error> {
    match std::fs::metadata(path) {
        Err(_) => return make_folder(path),
        Ok(about) if about.is_dir() => return Err(not_ours(path, "is a folder. Name a file in it")),
        Ok(about) if about.len() == 0 => return Ok(()),
        Ok(_) => {}
    }
    if is_ours(path).map_err(|source| file_error(path, source))? {
        return Ok(());
    }
    let connection = look_at(path)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(|_| not_ours(path, "is not an SQLite database and was not changed. Name another file"))?;
    let from_mlflow: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'",
        [],
        |row| row.get(0),
    )?;
    match (tables, from_mlflow) {
        (_, 1..) => Err(not_ours(
            path,
            "is a database that MLflow made, and was not changed. Importing one is coming; until then name another file",
        )),
        (0, _) if !has_log(path) => Ok(()),
        _ => Err(not_ours(path, "is another program's database and was not changed. Name another file")),
    }
}

/// Whether the file is marked as ours, by the application id in its header (SQLite's "Database File Format", 1.3). The header is
/// read as it stands: to SQLite, a file that a server is writing to may look damaged when its log is not looked at.
fn is_ours(path: &Path) -> std::io::Result<bool> {
    let mut header = [0; 72];
    match std::fs::File::open(path)?.read_exact(&mut header) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
        Ok(()) => {
            let application_id = header[68..].iter().fold(0, |id, byte| id << 8 | i64::from(*byte));
            Ok(header.starts_with(b"SQLite format 3\0") && application_id == schema::APPLICATION_ID)
        }
    }
}

/// Whether SQLite left a log beside the file. In it may stand tables that the file does not show; a database of ours is
/// marked in the file itself.
fn has_log(path: &Path) -> bool {
    ["-wal", "-journal"].iter().any(|ending| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        std::fs::metadata(beside).is_ok_and(|about| about.len() > 0)
    })
}

fn not_ours(path: &Path, what: &str) -> Error {
    Error::NotOurs(format!("{} {what} with --backend-store-uri.", path.display()))
}

fn look_at(path: &Path) -> Result<Connection, Error> {
    let absolute = std::path::absolute(path).map_err(|source| file_error(path, source))?;
    let escaped = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|source| file_error(folder, source))
        }
        _ => Ok(()),
    }
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), source }
}
