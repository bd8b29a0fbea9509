//! What lies under keys, listed in the order of the keys' bytes, a page at a time. Other names are passed over.

use std::io;
use std::sync::Arc;
use std::vec;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::content::size_of;
use super::folder::{Folder, Found, is_absent};
use super::reading::if_present;
use super::root::Root;
use super::run_blocking;
use crate::error::BlobError;
use crate::key::{BlobKey, MINTED_FOLDER, PRIVATE_FOLDER};
use crate::limits::LISTED_AT_ONCE_MAX;
use crate::store::{BlobList, ListedBlob};

pub(super) fn list(root: &Arc<Root>, folder: &str, after: &str) -> BlobList<'static> {
    let (root, folder, after) = (Arc::clone(root), folder.to_owned(), after.to_owned());
    let start = async move { run_blocking(move || Walk::start(root, &folder, after)).await };
    let pages = stream::once(start).map_ok(|walk| {
        stream::try_unfold(walk, |walk| async move {
            let (page, walk) = run_blocking(move || Ok(walk.next_page())).await?;
            let is_last = page.is_empty();
            Ok::<_, io::Error>((!is_last).then_some((page, walk)))
        })
    });
    let pages = pages.try_flatten().map_err(|source| BlobError::Io { doing: "listing bytes", source });
    pages.map_ok(stream::iter).try_flatten().boxed()
}

/// A folder that is being gone through.
struct Level {
    folder: Folder,
    /// Its path with a slash behind it; empty for the root.
    path: String,
    left: vec::IntoIter<(String, Found)>,
}

/// Where a list has got to.
struct Walk {
    root: Arc<Root>,
    levels: Vec<Level>,
    after: String,
}

impl Walk {
    fn start(root: Arc<Root>, folder: &str, after: String) -> io::Result<Self> {
        let top = root.top()?;
        let mut walk = Self { root, levels: Vec::new(), after };
        let mut names = folder.split('/').filter(|name| !name.is_empty());
        let found = names.try_fold(top, |folder, name| folder.open_folder(name));
        match found {
            Ok(found) if folder.is_empty() => walk.enter(found, String::new())?,
            Ok(found) => walk.enter(found, format!("{folder}/"))?,
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(walk)
    }

    /// Notes the names of a folder in the order of the keys that they stand for: a folder stands for keys that go on with a
    /// slash.
    fn enter(&mut self, folder: Folder, path: String) -> io::Result<()> {
        let mut left = Vec::new();
        for name in folder.names()? {
            match folder.look(&name) {
                Ok(Some(Found::Folder)) => left.push((name + "/", Found::Folder)),
                Ok(Some(file)) => left.push((name, file)),
                Ok(None) => {}
                // Gone since the folder was read.
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        left.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        self.levels.push(Level { folder, path, left: left.into_iter() });
        Ok(())
    }

    fn next_page(mut self) -> (Vec<Result<ListedBlob, BlobError>>, Self) {
        let mut page = Vec::new();
        while page.len() < LISTED_AT_ONCE_MAX
            && let Some(level) = self.levels.last_mut()
        {
            let Some((name, found)) = level.left.next() else {
                self.levels.pop();
                continue;
            };
            let path = format!("{}{name}", level.path);
            match found {
                Found::Folder if is_passed_over(&path, &self.after) => {}
                Found::Folder => {
                    let inner = if_present(level.folder.open_folder(name.trim_end_matches('/')));
                    let entered = inner.and_then(|inner| match inner {
                        Some(inner) => self.enter(inner, path.clone()),
                        None => Ok(()),
                    });
                    // What others put there, such as `lost+found`, must not hide all that comes behind it.
                    page.extend(
                        entered.err().map(|source| Err(BlobError::Unreadable { folder: path, source })),
                    );
                }
                Found::File { size_bytes, modified } if path > self.after => {
                    // What is damaged is listed with a size that is not the one it should have.
                    let size_bytes = size_of(&self.root, size_bytes).unwrap_or(size_bytes);
                    let key = BlobKey::from_stored(&path).ok();
                    page.extend(key.map(|key| Ok(ListedBlob { key, size_bytes, modified })));
                }
                Found::File { .. } => {}
            }
        }
        (page, self)
    }
}

/// Whether a folder holds no key behind the one to begin after, or is the store's own and holds no keys.
fn is_passed_over(path: &str, after: &str) -> bool {
    let is_before = path < after && !after.starts_with(path);
    let is_private = path.strip_prefix(PRIVATE_FOLDER).is_some_and(|below| below.starts_with('/'));
    let minted = format!("{MINTED_FOLDER}/");
    is_before || (is_private && !minted.starts_with(path) && !path.starts_with(&minted))
}
