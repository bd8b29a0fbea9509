//! Giving received bytes their key, and taking bytes away. Nothing that has a key is ever overwritten.

use std::io;

use super::LocalStore;
use super::folder::is_absent;
use super::incoming::Staged;
use super::reading::if_present;
use super::root::Root;
use crate::error::{BlobError, PlaceError};
use crate::key::BlobKey;
use crate::store::Received;

pub(super) async fn place(
    store: &LocalStore,
    received: Received,
    wanted: &BlobKey,
) -> Result<BlobKey, PlaceError> {
    let key = wanted.clone();
    let placed = store.run("placing bytes", move |root| place_on_disk(root, received, &key)).await?;
    placed.map(|()| wanted.clone()).map_err(PlaceError::Taken)
}

/// The inner error gives the bytes back: the key is taken.
fn place_on_disk(root: &Root, received: Received, key: &BlobKey) -> io::Result<Result<(), Received>> {
    let Some(staged) = received.staged::<Staged>() else {
        return Err(io::Error::other("the bytes were received by another kind of store"));
    };
    match link(root, staged, key) {
        Ok(()) => {
            received.into_staged::<Staged>().into_iter().for_each(|staged| staged.forget());
            Ok(Ok(()))
        }
        Err(error) if is_taken(&error) => Ok(Err(received)),
        Err(error) => Err(error),
    }
}

fn link(root: &Root, staged: &Staged, key: &BlobKey) -> io::Result<()> {
    let (folder, name) = root.make_folders(key)?;
    staged.root.incoming.link(&staged.name, &folder, name)?;
    folder.sync()
}

/// A file, folder or link has the key, or something that is no folder stands on the way to it. To the
/// caller it is one and the same: these bytes need another key.
fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
        || (error.kind() != io::ErrorKind::NotFound && is_absent(error))
}

pub(super) async fn remove(store: &LocalStore, key: &BlobKey) -> Result<(), BlobError> {
    let key = key.clone();
    store.run("removing bytes", move |root| remove_from_disk(root, &key)).await
}

/// Not synced: after a power failure the bytes may be back, with nobody referring to them.
fn remove_from_disk(root: &Root, key: &BlobKey) -> io::Result<()> {
    let removed = root.find_folder(key).and_then(|(folder, name)| {
        folder.file_size(name)?;
        folder.remove_file(name)
    });
    if_present(removed).map(drop)
}
