//! What a sealed store keeps in its private folder so that it is opened with the right keys or not at all: a small sealed file
//! for each key that ever sealed, named after it.
//!
//! A store is sealed from its first file on, or never. So no file in it is read that is not sealed, and nobody can slip one in.

use std::io;

use super::super::folder::Folder;
use super::keys::SealingKeys;
use super::reading::Sealed;
use super::writing::Sealer;
use crate::key::PRIVATE_FOLDER;

const SEAL_FOLDER: &str = "seal";
const UPLOADS_FOLDER: &str = "uploads";
const MINTED: &str = "blobs";
/// What is sealed in a probe.
const CONTENT: &[u8] = b"tiltyard";
/// Names in a new file system that mean nothing.
const NOTHING_OF_OURS: [&str; 2] = [PRIVATE_FOLDER, "lost+found"];

/// What is wanted of a store.
pub(in crate::local) enum Sealing {
    /// That its files are plain.
    Never,
    /// That its files are sealed; a new store becomes sealed.
    Always(SealingKeys),
    /// Either; the keys are for when they are sealed.
    AsItIs(SealingKeys),
}

/// Checks what is wanted against what the store says of itself, and marks a new one as sealed. Gives the keys if it is sealed.
pub(in crate::local) fn check(
    top: &Folder,
    private: &Folder,
    sealing: Sealing,
) -> io::Result<Option<SealingKeys>> {
    let probes = match private.open_folder(SEAL_FOLDER) {
        Ok(folder) => folder.names()?.into_iter().filter(|name| !name.starts_with('.')).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    match sealing {
        Sealing::Never | Sealing::AsItIs(_) if probes.is_empty() => Ok(None),
        Sealing::Never => {
            Err(refused("it is sealed; name the file with its keys with --artifacts-seal-key-file"))
        }
        Sealing::Always(_) if probes.is_empty() && holds_files(top, private)? => Err(refused(
            "it holds files that are not sealed, and a store is sealed from its first file on; name an empty folder, \
             and move the files there with `tiltyard store relocate`",
        )),
        Sealing::Always(keys) | Sealing::AsItIs(keys) => {
            let folder = private.private_folder(SEAL_FOLDER)?;
            probes.iter().try_for_each(|probe| open(&folder, probe, &keys))?;
            let own = keys.sealing().id().to_string();
            if !probes.contains(&own) {
                make(&folder, &own, &keys)?;
                private.sync()?;
            }
            Ok(Some(keys))
        }
    }
}

fn holds_files(top: &Folder, private: &Folder) -> io::Result<bool> {
    let is_ours = |name: &String| !NOTHING_OF_OURS.contains(&name.as_str());
    let holds = |folder: &str| match private.open_folder(folder) {
        Ok(folder) => Ok(!folder.names()?.is_empty()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    Ok(top.names()?.iter().any(is_ours) || holds(MINTED)? || holds(UPLOADS_FOLDER)?)
}

fn open(folder: &Folder, probe: &str, keys: &SealingKeys) -> io::Result<()> {
    let (file, size_bytes) = folder.open_file(probe)?;
    let sealed = Sealed::open(file, size_bytes, keys)?;
    let content = sealed.read(&(0..sealed.size_bytes().max(1)), Vec::new())?;
    if content == CONTENT { Ok(()) } else { Err(refused("its probe holds something else")) }
}

/// Processes that start at once may make it together: whoever comes second finds it there, whole.
fn make(folder: &Folder, name: &str, keys: &SealingKeys) -> io::Result<()> {
    let unfinished = format!(".{name}.{}", std::process::id());
    // Of a process of that number that was killed just here.
    drop(folder.remove_file(&unfinished));
    let mut sealer = Sealer::begin(folder.create_file(&unfinished)?, keys)?;
    sealer.append(CONTENT)?;
    sealer.finish()?.sync_all()?;
    match folder.link(&unfinished, folder, name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => folder.remove_file(&unfinished)?,
    }
    folder.sync()
}

fn refused(why: &str) -> io::Error {
    io::Error::other(why)
}
