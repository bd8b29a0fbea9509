//! A folder of this machine that clients write into by themselves. It is walked name by name and no link in it is followed,
//! so that nobody who may write there can make the server show anything else.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tiltyard_domain::artifact_path::ArtifactPath;

use super::{Observed, ObservedBytes, ObservedEntry, ObservedFiles, ObservedStore, right_path};
use crate::error::BlobError;
use crate::local::{Folder, Seen, if_present, run_blocking, stream_file};
use crate::store::Outcome;

/// A folder that is looked at. It need not be there yet.
#[derive(Debug, Clone)]
pub struct ObservedFolder {
    root: PathBuf,
}

impl ObservedFolder {
    /// Looks at this folder, which an administrator named: links on the way to it are followed.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Runs disk work on a folder inside the root; nothing when there is no such folder.
    async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        folder: Option<ArtifactPath>,
        work: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
    ) -> Result<Option<T>, BlobError> {
        let root = self.root.clone();
        let work = move || if_present(open(&root, folder.as_ref()).and_then(|folder| work(&folder)));
        run_blocking(work).await.map_err(BlobError::io(doing))
    }

    /// As [`ObservedFolder::run`], on the folder that a file lies in, with the file's name.
    async fn run_beside<T: Send + 'static>(
        &self,
        doing: &'static str,
        file: &ArtifactPath,
        work: impl FnOnce(&Folder, &str) -> io::Result<T> + Send + 'static,
    ) -> Result<Option<T>, BlobError> {
        let (folder, name) = match file.as_str().rsplit_once('/') {
            Some((folder, name)) => (right_path(folder), name.to_owned()),
            None => (None, file.as_str().to_owned()),
        };
        self.run(doing, folder, move |folder| work(folder, &name)).await
    }
}

impl ObservedStore for ObservedFolder {
    fn list<'a>(
        &'a self,
        folder: Option<&'a ArtifactPath>,
        entries_max: usize,
    ) -> Outcome<'a, Vec<ObservedEntry>> {
        let list = move |folder: &Folder| list(folder, entries_max);
        Box::pin(
            async move { Ok(self.run("listing a folder", folder.cloned(), list).await?.unwrap_or_default()) },
        )
    }

    fn files<'a>(&'a self, folder: Option<&'a ArtifactPath>, files_max: usize) -> Outcome<'a, ObservedFiles> {
        let gather = move |folder: &Folder| {
            let mut found = ObservedFiles::default();
            gather(folder, "", files_max, &mut found)?;
            found.files.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            Ok(found)
        };
        Box::pin(async move {
            Ok(self.run("listing a folder", folder.cloned(), gather).await?.unwrap_or_default())
        })
    }

    fn look<'a>(&'a self, path: &'a ArtifactPath) -> Outcome<'a, Option<Observed>> {
        Box::pin(async move {
            let found = self.run_beside("looking at a file", path, Folder::look_at).await?;
            Ok(found.and_then(|found| match found {
                Seen::File(seen) => Some(seen),
                Seen::Folder | Seen::Other => None,
            }))
        })
    }

    fn read<'a>(
        &'a self,
        path: &'a ArtifactPath,
        range: Option<Range<u64>>,
    ) -> Outcome<'a, Option<ObservedBytes>> {
        Box::pin(async move {
            let opened = self.run_beside("opening a file", path, Folder::open_to_look).await?;
            Ok(opened.and_then(|(file, seen)| {
                let range = range.unwrap_or(0..seen.size_bytes);
                let is_there = range.start <= range.end && range.end <= seen.size_bytes;
                is_there.then(|| ObservedBytes { seen, bytes: stream_file(file, range) })
            }))
        })
    }
}

fn open(root: &Path, folder: Option<&ArtifactPath>) -> io::Result<Folder> {
    let mut segments = folder.into_iter().flat_map(ArtifactPath::segments);
    segments.try_fold(Folder::open_root(root)?, |folder, name| folder.open_folder(name))
}

fn list(folder: &Folder, entries_max: usize) -> io::Result<Vec<ObservedEntry>> {
    let mut entries = Vec::new();
    for name in folder.names()?.into_iter().filter(|name| right_path(name).is_some()) {
        let size_bytes = match if_present(folder.look_at(&name))? {
            Some(Seen::File(seen)) => Some(seen.size_bytes),
            Some(Seen::Folder) => None,
            // A link, a pipe and the like; or gone since the folder was read.
            Some(Seen::Other) | None => continue,
        };
        entries.push(ObservedEntry { name, size_bytes });
        if entries.len() > entries_max {
            break;
        }
    }
    Ok(entries)
}

/// Gathers the files of a folder and of those in it. Only as many folders are open at once as lie in one another.
fn gather(folder: &Folder, above: &str, files_max: usize, found: &mut ObservedFiles) -> io::Result<()> {
    for name in folder.names()? {
        let path = format!("{above}{name}");
        match if_present(folder.look_at(&name))? {
            Some(Seen::File(seen)) => match right_path(&path) {
                Some(path) => found.files.push((path, seen)),
                None => found.misnamed = Some(path),
            },
            Some(Seen::Folder) if right_path(&path).is_none() => found.misnamed = Some(path),
            Some(Seen::Folder) => {
                if let Some(inner) = if_present(folder.open_folder(&name))? {
                    gather(&inner, &format!("{path}/"), files_max, found)?;
                }
            }
            // What it leads to may be another at any time, and nothing here would tell.
            Some(Seen::Other) => found.misnamed = Some(format!("{path} (a link, or no ordinary file)")),
            // A name that is not made of letters cannot be looked at by what is made of it here.
            None if name.contains(char::REPLACEMENT_CHARACTER) => found.misnamed = Some(path),
            None => {}
        }
        if found.files.len() > files_max || found.misnamed.is_some() {
            break;
        }
    }
    Ok(())
}
