//! A folder is listed, one level deep.

use std::collections::BTreeMap;

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::{Permit, limits};
use tiltyard_store::{Read, Span};

use super::Folder;
use super::place::Place;
use crate::{Context, Error};

/// Files that one statement looks at. A subfolder is passed over in one step, however much is in it.
const FILES_PER_STATEMENT: usize = 256;

/// A file or folder in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name inside the folder that was listed.
    pub name: String,
    /// The size of a file; `None` for a folder.
    pub size_bytes: Option<u64>,
}

/// What lies right inside a folder, by name. Nothing when it is a file, or not there, as in MLflow.
///
/// # Errors
/// `InvalidValue` when it holds more entries than a list may have; `Unsupported` when this server serves no artifacts.
pub async fn list(context: &Context, permit: &Permit, folder: Folder) -> Result<Vec<Entry>, Error> {
    context.check_artifacts()?;
    context.store().scan(permit, move |read| entries(read, folder.as_ref())).await
}

fn entries(read: &mut Read<'_>, folder: Option<&ArtifactPath>) -> Result<Vec<Entry>, Error> {
    let place = folder.map(Place::of).transpose()?;
    let mut span = match &place {
        None => Span::inside(None),
        Some(Place::Tree(path)) => Span::inside(Some(path)),
        Some(Place::Pinned { inside, .. }) => Span::inside(inside.as_ref()),
        Some(Place::Nothing) => return Ok(Vec::new()),
    };
    let mut found = BTreeMap::new();
    let above = span.after.clone();
    loop {
        let files = match place {
            Some(Place::Pinned { version, .. }) => read.pinned_in(version, &span, FILES_PER_STATEMENT)?,
            _ => read.artifacts_in(&span, FILES_PER_STATEMENT)?,
        };
        match add(&mut found, &above, &files) {
            Some(after) if files.len() == FILES_PER_STATEMENT => span.after = after,
            _ => break,
        }
        if found.len() > limits::FOLDER_ENTRIES_MAX {
            return Err(too_many());
        }
    }
    Ok(found.into_iter().map(|(name, size_bytes)| Entry { name, size_bytes }).collect())
}

/// Adds what files say about the folder `above`, and tells behind which path the next ones are.
fn add(found: &mut BTreeMap<String, Option<u64>>, above: &str, files: &[(String, u64)]) -> Option<String> {
    let mut after = None;
    for (path, size_bytes) in files {
        let below = path.strip_prefix(above)?;
        after = Some(if let Some((name, _)) = below.split_once('/') {
            found.insert(name.to_owned(), None);
            Span::behind(&format!("{above}{name}/"))
        } else {
            found.insert(below.to_owned(), Some(*size_bytes));
            path.clone()
        });
    }
    after
}

pub(super) fn too_many() -> Error {
    let max = limits::FOLDER_ENTRIES_MAX;
    Error::invalid(format!(
        "The folder holds more than {max} entries and cannot be listed. List a subfolder."
    ))
}
