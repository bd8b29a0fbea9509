//! A copy of the database while a server uses it: one moment of it, whole, in one file. Nobody waits for it.

use std::fs::{self, File};
use std::io::{Error as IoError, ErrorKind};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::foreign;
use crate::Error;

/// Copies the database `from` into the new file `to`. The file has its name once it is whole and on disk, not before.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::metadata(from).map_err(at(from))?;
    foreign::refuse(from)?;
    if to.exists() {
        let taken = IoError::new(ErrorKind::AlreadyExists, "a file of this name is there already");
        return Err(at(to)(taken));
    }
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = Path::new(&unfinished);
    let copied = write(from, unfinished);
    if copied.is_err() {
        // Why it failed matters more than what is left of it.
        drop(fs::remove_file(unfinished));
    }
    copied?;
    fs::rename(unfinished, to).map_err(at(to))?;
    sync(to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")))
}

fn write(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::remove_file(to) {
        Err(failure) if failure.kind() != ErrorKind::NotFound => return Err(at(to)(failure)),
        _ => {}
    }
    let name =
        to.to_str().ok_or_else(|| at(to)(IoError::new(ErrorKind::InvalidInput, "the name is not UTF-8")))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| Error::Database { path: from.display().to_string(), source };
    let connection = Connection::open_with_flags(from, flags).map_err(failed)?;
    connection.execute("VACUUM INTO :file", &[(":file", name)]).map_err(failed)?;
    sync(to)
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(IoError) -> Error {
    move |source| Error::File { path: path.display().to_string(), source }
}
