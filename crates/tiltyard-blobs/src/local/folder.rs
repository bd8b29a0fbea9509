//! A folder held open, and what may be done to the names right inside it. Every call takes one name, never a
//! path, and none follows a symbolic link: so nothing outside the root can be reached, whoever races us.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::observed::Observed;

/// Folders that people look into; the process's umask narrows this.
pub(super) const SHARED: u32 = 0o755;
/// Folders that only the server looks into.
pub(super) const PRIVATE: u32 = 0o700;
/// Files; never executable.
const FILE: u32 = 0o644;

/// What a name in a folder that others write stands for.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A folder.
    Folder,
    /// A regular file.
    File(Observed),
    /// A link, a pipe or the like.
    Other,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// How long it is.
        size_bytes: u64,
        /// When it was last written; times before 1970 count as 1970.
        modified: SystemTime,
    },
}

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

impl Folder {
    /// Opens the folder an administrator named; here, and only here, links are followed.
    pub(crate) fn open_root(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        Ok(Self(file.into()))
    }

    /// Another hold on the same folder.
    pub(super) fn again(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    pub(crate) fn open_folder(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// Makes a folder; says whether it was not there before.
    pub(super) fn make_folder(&self, name: &str, mode: u32) -> io::Result<bool> {
        match rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a private folder if there is none, and opens it.
    pub(super) fn private_folder(&self, name: &str) -> io::Result<Self> {
        self.make_folder(name, PRIVATE)?;
        self.open_folder(name)
    }

    /// Opens a regular file. Anything else is "not found"; a named pipe must not make us wait for a writer.
    pub(super) fn open_file(&self, name: &str) -> io::Result<(File, u64)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.0, name, flags, Mode::empty())?);
        let known = file.metadata()?;
        if known.is_file() { Ok((file, known.len())) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Makes a new file, open for writing.
    pub(super) fn create_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(FILE))?.into())
    }

    /// Opens a file that serves as a lock, making it if need be.
    pub(super) fn lock_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(FILE))?.into())
    }

    /// Gives a file a second name in another folder, if that is free.
    pub(super) fn link(&self, name: &str, into: &Self, new_name: &str) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.0, name, &into.0, new_name, AtFlags::empty())?)
    }

    /// Moves a file, replacing what has the new name.
    pub(super) fn rename(&self, name: &str, into: &Self, new_name: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, name, &into.0, new_name)?)
    }

    pub(super) fn remove_file(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(super) fn remove_folder(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// The size of the regular file of this name; anything else is "not found".
    pub(super) fn file_size(&self, name: &str) -> io::Result<u64> {
        match self.look(name)? {
            Some(Found::File { size_bytes, .. }) => Ok(size_bytes),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// What the name stands for; nothing if for a link, a pipe or the like.
    pub(super) fn look(&self, name: &str) -> io::Result<Option<Found>> {
        let known = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(known.st_mode) {
            FileType::Directory => Some(Found::Folder),
            FileType::RegularFile => {
                let size_bytes = u64::try_from(known.st_size).map_err(io::Error::other)?;
                Some(Found::File { size_bytes, modified: since_1970(known.st_mtime) })
            }
            _ => None,
        })
    }

    /// What the name stands for, in a folder that others write.
    pub(crate) fn look_at(&self, name: &str) -> io::Result<Seen> {
        let known = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(known.st_mode) {
            FileType::Directory => Seen::Folder,
            FileType::RegularFile => Seen::File(observed(&known)?),
            _ => Seen::Other,
        })
    }

    /// As [`Folder::open_file`], in a folder that others write.
    pub(crate) fn open_to_look(&self, name: &str) -> io::Result<(File, Observed)> {
        let (file, _) = self.open_file(name)?;
        let seen = observed(&rustix::fs::fstat(&file)?)?;
        Ok((file, seen))
    }

    /// When a name was last added to or taken from this folder. Times before 1970 count as 1970.
    pub(super) fn changed_at(&self) -> io::Result<SystemTime> {
        Ok(since_1970(rustix::fs::fstat(&self.0)?.st_mtime))
    }

    /// The names in this folder.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let entries = Dir::read_from(&self.0)?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.filter(|name| !matches!(name.as_deref(), Ok("." | ".."))).collect()
    }

    /// Makes sure that the names in this folder survive a power failure.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }
}

/// The mark holds the time of the last change to the file or its owner and mode: the system keeps it, no writer sets it.
fn observed(known: &Stat) -> io::Result<Observed> {
    let size_bytes = u64::try_from(known.st_size).map_err(io::Error::other)?;
    let mark = format!("{}-{}-{}", known.st_ino, known.st_ctime, known.st_ctime_nsec);
    Ok(Observed { size_bytes, mark })
}

fn since_1970(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// Whether an error says that nothing of ours lies there: no such name, a file where a folder would have to
/// be, or a symbolic link (`ELOOP`), which we never make and never follow.
pub(super) fn is_absent(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    error.kind() == io::ErrorKind::NotFound || matches!(errno, Some(Errno::NOTDIR | Errno::LOOP))
}
