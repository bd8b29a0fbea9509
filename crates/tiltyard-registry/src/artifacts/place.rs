//! Where a path leads: into the tree that clients write, or into what a version has pinned.
//! Pinned files are shown as a tree of their own that nobody can write, so that stock clients read them like any other.

use tiltyard_blobs::BlobKey;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_store::{Read, Span, StoredFile};

use super::{Folder, no_artifact};
use crate::Error;

/// The folder of the store in which no client can write.
const OWN_FOLDER: &str = ".tiltyard";
/// Where in it the pinned files of versions are shown.
const VERSIONS_FOLDER: &str = "versions";

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// To a file or folder that clients write.
    Tree(ArtifactPath),
    /// To what a version has pinned, or something inside it.
    Pinned { version: i64, inside: Folder },
    /// Nowhere.
    Nothing,
}

/// The path under which the pinned files of a version are shown.
pub(super) fn pinned_path(version: i64) -> Result<ArtifactPath, Error> {
    Ok(ArtifactPath::parse(&format!("{OWN_FOLDER}/{VERSIONS_FOLDER}/{version}"))?)
}

impl Place {
    pub(super) fn of(path: &ArtifactPath) -> Result<Self, Error> {
        // The store keeps other things in the folder, and some file systems do not tell letter cases apart.
        if BlobKey::from_path(path).is_ok() {
            return Ok(Self::Tree(path.clone()));
        }
        let mut segments = path.segments();
        if (segments.next(), segments.next()) != (Some(OWN_FOLDER), Some(VERSIONS_FOLDER)) {
            return Ok(Self::Nothing);
        }
        let Some(version) = segments.next().and_then(|version| version.parse().ok()) else {
            return Ok(Self::Nothing);
        };
        Ok(Self::Pinned { version, inside: path.relative_to(&pinned_path(version)?) })
    }

    /// The file there, or why there is none.
    pub(super) fn file(&self, read: &mut Read<'_>, path: &ArtifactPath) -> Result<StoredFile, Error> {
        let found = match self {
            Self::Tree(path) => read.artifact(path)?,
            Self::Pinned { version, inside: Some(inside) } => read.pinned_file(*version, inside)?,
            Self::Pinned { inside: None, .. } | Self::Nothing => None,
        };
        match found {
            Some(file) => Ok(file),
            None if self.is_folder(read)? => {
                let path = self.as_asked(path);
                Err(Error::invalid(format!("Artifact path refers to a directory, not a file: '{path}'")))
            }
            None => Err(no_artifact(self.as_asked(path))),
        }
    }

    /// The path as somebody wrote it who reads a version: where its files are shown is not theirs to know.
    fn as_asked<'a>(&'a self, path: &'a ArtifactPath) -> &'a ArtifactPath {
        match self {
            Self::Pinned { inside: Some(inside), .. } => inside,
            _ => path,
        }
    }

    fn is_folder(&self, read: &mut Read<'_>) -> Result<bool, Error> {
        match self {
            Self::Tree(path) => Ok(read.is_artifact_folder(path)?),
            Self::Pinned { version, inside } => {
                Ok(!read.pinned_in(*version, &Span::inside(inside.as_ref()), 1)?.is_empty())
            }
            Self::Nothing => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ArtifactPath, Place};

    fn place(path: &str) -> Place {
        Place::of(&ArtifactPath::parse(path).expect(path)).expect(path)
    }

    #[test]
    fn pinned_files_are_told_from_those_that_clients_write() {
        let inside = ArtifactPath::parse("a/b").ok();
        assert_eq!(place(".tiltyard/versions/7/a/b"), Place::Pinned { version: 7, inside });
        assert_eq!(place(".tiltyard/versions/7"), Place::Pinned { version: 7, inside: None });
        assert!(matches!(place("a/.tiltyard/versions/7"), Place::Tree(_)));
    }

    #[test]
    fn nothing_else_of_the_private_folder_is_shown() {
        for path in [
            ".tiltyard",
            ".tiltyard/versions",
            ".tiltyard/versions/x",
            ".tiltyard/blobs/ab/x",
            ".Tiltyard/versions/7/a",
            ".tiltyard/VERSIONS/7/a",
        ] {
            assert_eq!(place(path), Place::Nothing, "{path}");
        }
    }
}
