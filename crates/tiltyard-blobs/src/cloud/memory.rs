//! How much memory all that is on its way into a store may take together, and waiting until there is some.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::BlobError;
use crate::limits::{IN_MEMORY_SIZE_BYTES_MAX, TURN_PATIENCE};

/// What memory is counted in.
const UNIT_SIZE_BYTES: usize = 1024 * 1024;
const UNITS: usize = IN_MEMORY_SIZE_BYTES_MAX / UNIT_SIZE_BYTES;

/// The leave to hold some bytes, until it is dropped.
pub(super) type Turn = OwnedSemaphorePermit;

/// The memory of one store.
pub(super) struct Memory(Arc<Semaphore>);

impl Memory {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(UNITS)))
    }

    /// Waits for the leave to hold so many bytes. Nobody who waits holds any, so nobody waits in a circle. More than there
    /// is counts as all there is.
    pub(super) async fn turn(&self, size_bytes: usize) -> Result<Turn, BlobError> {
        let units = size_bytes.div_ceil(UNIT_SIZE_BYTES).clamp(1, UNITS);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let turn = timeout(TURN_PATIENCE, Arc::clone(&self.0).acquire_many_owned(units)).await;
        turn.ok().and_then(Result::ok).ok_or(BlobError::Busy)
    }
}
