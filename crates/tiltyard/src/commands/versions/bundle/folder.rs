//! A bundle in a folder: written beside its place, on disk to the last byte, and then given its name at once.
//! A place that is taken is left as it is, and compared instead.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tiltyard_domain::digest::{Manifest, Sha256Digest};

use super::documents::{Document, MODEL_FOLDER};
use super::hashing::Writer;
use crate::commands::failure::Failure;
use crate::commands::transfer::{self, at, place_in};

/// What a bundle is called while it is being written.
const UNFINISHED: &str = ".tiltyard-bundle-";
/// Who may look into it; the process's umask narrows this.
const SHARED: u32 = 0o755;
/// How much of a file is read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A bundle on its way into a folder.
pub(super) struct Folder {
    place: PathBuf,
    /// Where it is written; absent where a bundle stands already.
    unfinished: Option<TempDir>,
}

impl Folder {
    /// Looks at the place, and makes room beside it when it is free.
    pub(super) fn open(to: &Path, name: &str, version: &str) -> Result<Self, Failure> {
        let place = to.join(name).join(version);
        if place.symlink_metadata().is_ok() {
            return Ok(Self { place, unfinished: None });
        }
        fs::create_dir_all(to).map_err(|error| at(to, &error))?;
        let like_any_other = fs::Permissions::from_mode(SHARED);
        let unfinished =
            tempfile::Builder::new().prefix(UNFINISHED).permissions(like_any_other).tempdir_in(to);
        Ok(Self { place, unfinished: Some(unfinished.map_err(|error| at(to, &error))?) })
    }

    /// Where it goes, for people and programs.
    pub(super) fn shown(&self) -> String {
        self.place.display().to_string()
    }

    /// Where the bytes of a file of the model go.
    pub(super) async fn writer(&self, path: &str) -> Result<Writer, Failure> {
        let model = |folder: &Path| place_in(&folder.join(MODEL_FOLDER), path);
        let Some(unfinished) = &self.unfinished else {
            model(&self.place)?;
            return Ok(Writer::Nowhere(tokio::io::sink()));
        };
        let place = model(unfinished.path())?;
        if let Some(folder) = place.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(|error| at(folder, &error))?;
        }
        let file = tokio::fs::File::create_new(&place).await.map_err(|error| at(&place, &error))?;
        Ok(Writer::File(file))
    }

    /// Gives the bundle its name, or says that the same one has it already. Says whether it was made.
    pub(super) fn finish(self, files: &Manifest, documents: &[Document]) -> Result<bool, Failure> {
        let Some(unfinished) = self.unfinished else {
            compare(&self.place, files, documents)?;
            return Ok(false);
        };
        for Document { path, bytes } in documents {
            let place = unfinished.path().join(path);
            fs::write(&place, bytes).map_err(|error| at(&place, &error))?;
        }
        sync_all(unfinished.path()).map_err(|error| at(unfinished.path(), &error))?;
        let above = self.place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(above).map_err(|error| at(above, &error))?;
        // A folder is given the name of no other that has something in it, so nothing can be replaced.
        fs::rename(unfinished.path(), &self.place).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::NotADirectory => taken(&self.place, "somebody made it meanwhile"),
            _ => at(&self.place, &error),
        })?;
        // It has its name now; under the old one there is nothing to remove.
        let _ = unfinished.keep();
        for folder in above.ancestors().take(2).filter(|folder| !folder.as_os_str().is_empty()) {
            sync(folder).map_err(|error| at(folder, &error))?;
        }
        Ok(true)
    }
}

/// Puts everything in the folder on disk, the names too.
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { sync_all(&entry.path())? } else { sync(&entry.path())? }
    }
    sync(folder)
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Refuses what stands at the place unless it is this bundle, to the last byte and without anything else.
fn compare(place: &Path, files: &Manifest, documents: &[Document]) -> Result<(), Failure> {
    let found = transfer::files_here(place).map_err(|_| taken(place, "it is no bundle"))?;
    if found.len() != files.entries().len() + documents.len() {
        return Err(taken(place, "it has other files"));
    }
    for Document { path, bytes } in documents {
        if fs::read(place.join(path)).is_ok_and(|found| found == *bytes) {
            continue;
        }
        return Err(taken(place, &format!("its {path} is another")));
    }
    for file in files.entries() {
        let path = place_in(&place.join(MODEL_FOLDER), file.path.as_str())?;
        if hash(&path).is_ok_and(|found| found == file.sha256) {
            continue;
        }
        return Err(taken(place, &format!("its {MODEL_FOLDER}/{} is another", file.path)));
    }
    Ok(())
}

fn hash(path: &Path) -> io::Result<Sha256Digest> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Sha256Digest::from_bytes(hasher.finalize().into())),
            count => hasher.update(&piece[..count]),
        }
    }
}

fn taken(place: &Path, why: &str) -> Failure {
    super::taken(&place.display().to_string(), why)
}
