//! The root of a local store and its private folder: opened once, swept at the start, walked for every key.
//! What is done with the files found there belongs to the other files of this folder.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::folder::{Folder, SHARED};
use super::seal::{self, Sealing, SealingKeys};
use crate::key::{BlobKey, PRIVATE_FOLDER};
use crate::limits::{PROCESSES_MAX, REMEMBERED_FOLDERS_MAX};

const INCOMING_FOLDER: &str = "incoming";
const UPLOADS_FOLDER: &str = "uploads";
const LOCK_FILE: &str = "lock";

/// The folders of one store, held open.
#[derive(Debug)]
pub(super) struct Root {
    top: Folder,
    /// Where this process alone puts files on their way in.
    pub(super) incoming: Folder,
    /// Where the parts of multipart uploads lie; shared by all processes.
    pub(super) uploads: Folder,
    /// What files are sealed with, if they are.
    pub(super) keys: Option<SealingKeys>,
    /// Held as long as this process uses its incoming folder, so that no other sweeps it.
    _incoming_lock: File,
    names_given: AtomicU64,
    /// Folders whose own names are known to be on disk.
    safe_folders: Mutex<HashSet<String>>,
}

impl Root {
    pub(super) fn open(path: &Path, sealing: Sealing) -> io::Result<Self> {
        make_root(path)?;
        let top = Folder::open_root(path)?;
        let private = top.private_folder(PRIVATE_FOLDER)?;
        let keys = seal::check(&top, &private, sealing)?;
        let (incoming, lock) = claim_incoming(&private.private_folder(INCOMING_FOLDER)?)?;
        let uploads = private.private_folder(UPLOADS_FOLDER)?;
        top.sync()?;
        private.sync()?;
        Ok(Self {
            top,
            incoming,
            uploads,
            keys,
            _incoming_lock: lock,
            names_given: AtomicU64::new(0),
            safe_folders: Mutex::default(),
        })
    }

    /// Looks whether the folder is still there, and not only held open.
    pub(super) fn reach(&self) -> io::Result<()> {
        self.top.open_folder(PRIVATE_FOLDER).map(drop)
    }

    /// A name that no other file on its way into this process has.
    pub(super) fn fresh_name(&self) -> String {
        self.names_given.fetch_add(1, Ordering::Relaxed).to_string()
    }

    /// The root itself.
    pub(super) fn top(&self) -> io::Result<Folder> {
        self.top.again()
    }

    /// Opens the folder a key lies in, and gives the name it has there.
    pub(super) fn find_folder<'key>(&self, key: &'key BlobKey) -> io::Result<(Folder, &'key str)> {
        let (mut folders, name) = key.folders_and_name();
        let folder = folders.try_fold(self.top.again()?, |folder, inner| folder.open_folder(inner))?;
        Ok((folder, name))
    }

    /// As [`Root::find_folder`], making folders that are missing. All of them are safely on disk afterwards,
    /// except for the name of the file to come: the caller syncs the innermost folder when it has one.
    pub(super) fn make_folders<'key>(&self, key: &'key BlobKey) -> io::Result<(Folder, &'key str)> {
        let (folders, name) = key.folders_and_name();
        let mut folder = self.top.again()?;
        let mut path = String::new();
        for inner in folders {
            let is_new = folder.make_folder(inner, SHARED)?;
            let opened = folder.open_folder(inner)?;
            path = path + inner + "/";
            // A folder that is there may still be lost with the power: whoever made it may not have synced yet.
            if is_new || !self.is_safe(&path) {
                folder.sync()?;
                self.remember_safe(&path);
            }
            folder = opened;
        }
        Ok((folder, name))
    }

    fn is_safe(&self, path: &str) -> bool {
        self.safe_folders.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    fn remember_safe(&self, path: &str) {
        let mut safe_folders = self.safe_folders.lock().unwrap_or_else(PoisonError::into_inner);
        if safe_folders.len() >= REMEMBERED_FOLDERS_MAX {
            safe_folders.clear();
        }
        safe_folders.insert(path.to_owned());
    }
}

/// Makes the root and whatever is missing above it, so that it survives a power failure.
fn make_root(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.is_dir()).collect();
    fs::create_dir_all(path)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Folder::open_root(above)?.sync()?;
    }
    Ok(())
}

/// Takes the first incoming folder that no living process holds, and sweeps all such folders on the way:
/// what lies there was half-received when a process died.
fn claim_incoming(all: &Folder) -> io::Result<(Folder, File)> {
    let mut claimed = None;
    for number in 0..PROCESSES_MAX {
        let name = number.to_string();
        if claimed.is_some() && all.open_folder(&name).is_err() {
            break;
        }
        let folder = all.private_folder(&name)?;
        let lock = folder.lock_file(LOCK_FILE)?;
        match lock.try_lock() {
            Ok(()) => sweep(&folder)?,
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        }
        claimed = claimed.or(Some((folder, lock)));
    }
    claimed.ok_or_else(|| {
        io::Error::other(format!("{PROCESSES_MAX} processes already use this artifact folder"))
    })
}

fn sweep(incoming: &Folder) -> io::Result<()> {
    let names = incoming.names()?;
    names.iter().filter(|name| *name != LOCK_FILE).try_for_each(|name| incoming.remove_file(name))
}
