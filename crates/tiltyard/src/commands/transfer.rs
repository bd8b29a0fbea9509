//! Files on their way between a folder here and a server: finding them, checking names, moving bytes, showing progress.
//! Which files make up a version is the command's business.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use indicatif::{ProgressBar, ProgressStyle};
use tiltyard_client::{Client, Progress};
use tiltyard_wire::mlflow::artifacts::{FileInfo, ListProxiedArtifacts};

use super::failure::{Exit, Failure};
use crate::limits::FOLDER_DEPTH_MAX;

/// What a file is called while it is still arriving.
const UNFINISHED: &str = ".tiltyard-part";

/// A file with its path relative to the folder it was found in, parted by slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The relative path.
    pub(super) path: String,
    /// The size.
    pub(super) size_bytes: u64,
}

/// A bar on stderr; indicatif draws nothing where stderr is not a terminal.
pub(super) fn bar(files: &[Found]) -> (ProgressBar, Progress) {
    let bar = ProgressBar::new(files.iter().map(|file| file.size_bytes).sum());
    let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let counted = bar.clone();
    (bar, Arc::new(move |bytes| counted.inc(bytes)))
}

/// All files under a folder here, in order of their paths.
///
/// Links to files are read as files; a link to a folder is refused, for it may lead anywhere, even in a circle.
pub(super) fn files_here(folder: &Path) -> Result<Vec<Found>, Failure> {
    let mut files = Vec::new();
    collect(folder, "", 0, &mut files)?;
    if files.is_empty() {
        let message = format!("there are no files in {}", folder.display());
        return Err(Failure::new(Exit::Refused, message).next("name the folder that holds the file MLmodel"));
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<Found>) -> Result<(), Failure> {
    if depth > FOLDER_DEPTH_MAX {
        return Err(Failure::new(Exit::Refused, format!("{} is nested too deep", folder.display())));
    }
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let message = format!("the name of {} is not text", entry.path().display());
            return Err(Failure::new(Exit::Refused, message).next("rename it"));
        };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let found = fs::metadata(entry.path()).map_err(|error| at(&entry.path(), &error))?;
        if found.is_file() {
            files.push(Found { path, size_bytes: found.len() });
        } else if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, depth + 1, files)?;
        } else {
            let message = format!("{} is neither a file nor a folder", entry.path().display());
            return Err(
                Failure::new(Exit::Refused, message).next("put a copy of what it leads to in its place")
            );
        }
    }
    Ok(())
}

/// An error of the file system with the place it happened at.
pub(super) fn at(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("{}: {error}", path.display()))
}

/// The path under the server's artifact root, when an artifact address is one the server itself serves.
pub(super) fn served_path(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("mlflow-artifacts:")?;
    let path = match rest.strip_prefix("//") {
        Some(with_host) => with_host.split_once('/')?.1,
        None => rest,
    };
    Some(path.trim_matches('/').to_owned())
}

/// All files that a server has under a path of its artifact root.
pub(super) async fn files_there(client: &Client, root: &str) -> Result<Vec<Found>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = if folder.is_empty() { root.to_owned() } else { format!("{root}/{folder}") };
        let listed = client.send(&ListProxiedArtifacts { path: Some(path) }).await?.files;
        for FileInfo { path: name, is_dir, file_size } in listed {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if path.split('/').count() > FOLDER_DEPTH_MAX {
                return Err(Failure::new(Exit::Refused, format!("{root} is nested too deep on the server")));
            }
            if is_dir {
                folders.push(path);
            } else {
                files.push(Found {
                    path,
                    size_bytes: file_size.and_then(|size| size.try_into().ok()).unwrap_or(0),
                });
            }
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

/// Where a file from a server goes. Names that would lead out of the folder are refused: the server is not trusted.
pub(super) fn place_in(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let is_plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || path.contains('\\') || !is_plain {
        return Err(unsafe_name(path));
    }
    Ok(folder.join(path))
}

/// Refuses a file for its name.
pub(super) fn unsafe_name(path: &str) -> Failure {
    let message = format!("the server has a file with the unsafe name {path:?}");
    Failure::new(Exit::Refused, message).next("tell whoever runs the server")
}

/// Refuses a folder that holds anything: files of two versions in one folder are a model nobody trained.
pub(super) fn must_be_empty(folder: &Path) -> Result<(), Failure> {
    let is_empty = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(at(folder, &error)),
        Ok(mut entries) => entries.next().is_none(),
    };
    if is_empty {
        return Ok(());
    }
    let message = format!("there is something in {} already", folder.display());
    Err(Failure::new(Exit::Refused, message).next("name another folder with --to, or empty this one"))
}

/// A file that is only there under its name once it is whole. Dropped before that, it leaves nothing behind.
pub(super) struct Arriving {
    unfinished: PathBuf,
    place: PathBuf,
    /// Where to write to.
    pub(super) file: tokio::fs::File,
}

impl Arriving {
    /// Prepares the folders and an empty file beside the place.
    pub(super) async fn at(place: PathBuf) -> Result<Self, Failure> {
        if let Some(folder) = place.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(|error| at(folder, &error))?;
        }
        let mut unfinished = place.clone().into_os_string();
        unfinished.push(UNFINISHED);
        let unfinished = PathBuf::from(unfinished);
        let file = tokio::fs::File::create(&unfinished).await.map_err(|error| at(&unfinished, &error))?;
        Ok(Self { unfinished, place, file })
    }

    /// Gives the file its name.
    pub(super) async fn arrived(self) -> Result<(), Failure> {
        tokio::fs::rename(&self.unfinished, &self.place).await.map_err(|error| at(&self.place, &error))
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // Once it has its name there is nothing left to remove, and that is well.
        drop(fs::remove_file(&self.unfinished));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_the_server_serves_have_a_path() {
        assert_eq!(served_path("mlflow-artifacts:/1/r/artifacts").as_deref(), Some("1/r/artifacts"));
        assert_eq!(served_path("mlflow-artifacts://host:80/1/r").as_deref(), Some("1/r"));
        assert_eq!(served_path("s3://bucket/1"), None);
        assert_eq!(served_path("/mnt/artifacts"), None);
    }

    #[tokio::test]
    async fn a_file_is_there_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("tiltyard-arriving-{}", std::process::id()));
        let place = folder.join("sub/file");
        drop(Arriving::at(place.clone()).await.unwrap());
        assert_eq!(fs::read_dir(folder.join("sub")).unwrap().count(), 0);
        Arriving::at(place.clone()).await.unwrap().arrived().await.unwrap();
        assert!(place.is_file() && must_be_empty(&folder).is_err() && must_be_empty(&place).is_err());
        fs::remove_dir_all(&folder).unwrap();
        assert!(must_be_empty(&folder).is_ok());
    }

    #[test]
    fn files_from_a_server_stay_in_their_folder() {
        let folder = Path::new("model");
        assert_eq!(place_in(folder, "code/a.py").unwrap(), Path::new("model/code/a.py"));
        for path in ["", "../a", "a/../../b", "/etc/passwd", "a\\..\\b", "./../a"] {
            assert!(place_in(folder, path).is_err(), "{path}");
        }
    }
}
