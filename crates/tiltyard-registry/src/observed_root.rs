//! The one place where clients write by themselves and this server looks: what lies at the root that it was started with.
//! No address that a client wrote makes it look anywhere else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tiltyard_blobs::{ObservedFolder, ObservedStore};
use tiltyard_domain::artifact_uri;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Error;
use crate::artifacts::Folder;

/// A folder of this machine that clients write by themselves.
pub fn observed_folder(folder: &Path) -> Arc<dyn ObservedStore> {
    Arc::new(ObservedFolder::new(folder))
}

/// The place.
pub(crate) struct ObservedRoot {
    uri: String,
    store: Arc<dyn ObservedStore>,
    /// Held by whoever compares what is read from here: one at a time in each process.
    turn: Arc<Semaphore>,
    /// Whether somebody registered a version from here since the last look.
    wish: AtomicBool,
}

impl ObservedRoot {
    pub(crate) fn new(uri: String, store: Arc<dyn ObservedStore>) -> Self {
        // There may be some that were registered before this server was started.
        Self { uri, store, turn: Arc::new(Semaphore::new(1)), wish: AtomicBool::new(true) }
    }

    pub(crate) fn store(&self) -> &Arc<dyn ObservedStore> {
        &self.store
    }

    /// The folder that a URI means, where it means one here.
    pub(crate) fn below(&self, uri: &str) -> Result<Option<Folder>, Error> {
        Ok(artifact_uri::below(&self.uri, uri)?)
    }

    pub(crate) fn wish_to_look(&self) {
        self.wish.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take_wish_to_look(&self) -> bool {
        self.wish.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turn).try_acquire_owned().ok()
    }
}
