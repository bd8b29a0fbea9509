//! Places that others write and this server only looks at: a folder or a bucket that clients reach by themselves.
//! What was seen there may be something else a moment later. So everything seen comes with a mark, which is another one
//! whenever the file was written since; what it takes to notice that is the caller's work. Nothing here writes.

mod bucket;
mod folder;

pub use bucket::ObservedBucket;
pub use folder::ObservedFolder;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use tiltyard_domain::artifact_path::ArtifactPath;

use crate::store::{ByteStream, Outcome};

/// A place that is looked at. Files and folders whose names are no right paths are not shown.
pub trait ObservedStore: Send + Sync {
    /// What lies right inside a folder, or inside the whole place, in no particular order: one more than `entries_max`, if
    /// there are more. Nothing when it is no folder.
    fn list<'a>(
        &'a self,
        folder: Option<&'a ArtifactPath>,
        entries_max: usize,
    ) -> Outcome<'a, Vec<ObservedEntry>>;

    /// Every file inside a folder, at whatever depth, by its path inside the folder, in the order of the paths' bytes: one
    /// more than `files_max`, if there are more.
    fn files<'a>(&'a self, folder: Option<&'a ArtifactPath>, files_max: usize) -> Outcome<'a, ObservedFiles>;

    /// The file at a path, if there is one.
    fn look<'a>(&'a self, path: &'a ArtifactPath) -> Outcome<'a, Option<Observed>>;

    /// Reads a file, all or a range of it, in constant memory. Nothing when there is none, or it is shorter than that.
    fn read<'a>(
        &'a self,
        path: &'a ArtifactPath,
        range: Option<Range<u64>>,
    ) -> Outcome<'a, Option<ObservedBytes>>;

    /// An address at which a client fetches a file by itself, and is told to treat it as `disposition` says; nothing where
    /// clients need none.
    fn fetch_address<'a>(
        &'a self,
        _path: &'a ArtifactPath,
        _disposition: &'a str,
        _good_for: Duration,
    ) -> Outcome<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }

    /// An address at which a client makes a file by itself; nothing where clients need none. It replaces no file: so none
    /// that was handed out earlier can change what is there.
    fn create_address<'a>(
        &'a self,
        _path: &'a ArtifactPath,
        _content_type: &'a str,
        _good_for: Duration,
    ) -> Outcome<'a, Option<CreateAddress>> {
        Box::pin(async { Ok(None) })
    }
}

/// Where and how a file is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAddress {
    /// Where its bytes are sent, with `PUT`.
    pub url: String,
    /// What has to be sent with them.
    pub headers: Vec<(&'static str, String)>,
}

/// A file or folder right inside a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedEntry {
    /// Its name.
    pub name: String,
    /// The size of a file; `None` for a folder.
    pub size_bytes: Option<u64>,
}

/// The files inside a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObservedFiles {
    /// Those that have right paths.
    pub files: Vec<(ArtifactPath, Observed)>,
    /// The name of one that has not, if there is any, or of what is no file of its own: a link, a pipe and the like.
    pub misnamed: Option<String>,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// How long it is.
    pub size_bytes: u64,
    /// Another one whenever the file was written since. Printable ASCII without quotes.
    pub mark: String,
}

/// A file being read.
pub struct ObservedBytes {
    /// The file as it was when it was opened.
    pub seen: Observed,
    /// The bytes asked for. An error in here means that the place failed, or that the file was cut off meanwhile.
    pub bytes: ByteStream,
}

impl fmt::Debug for ObservedBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObservedBytes").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// The path that a name below a place stands for, if it is written the one right way.
fn right_path(text: &str) -> Option<ArtifactPath> {
    ArtifactPath::parse(text).ok().filter(|path| path.as_str() == text)
}
