//! How much memory all that is on its way into a store may take together, waiting until there is some, and the memory itself.
//! It comes in blocks, and a block that nobody needs any more is the next one's: left to the allocator, each thread that ever
//! freed some would keep it. Once nothing is on its way, all of it goes back.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::BlobError;
use crate::limits::{IN_MEMORY_SIZE_BYTES_MAX, TURN_PATIENCE};

/// What memory is counted in.
const UNIT_SIZE_BYTES: usize = 1024 * 1024;
const UNITS: usize = IN_MEMORY_SIZE_BYTES_MAX / UNIT_SIZE_BYTES;

/// How much is handed out at a time.
pub(super) const BLOCK_SIZE_BYTES: usize = 256 * 1024;

/// The memory of one store.
#[derive(Clone)]
pub(super) struct Memory {
    turns: Arc<Semaphore>,
    unused: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// The leave to hold some bytes, until it is dropped.
pub(super) struct Turn {
    permit: Option<OwnedSemaphorePermit>,
    memory: Memory,
}

/// Bytes in a block.
struct Filled {
    block: Vec<u8>,
    memory: Memory,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(UNITS)), unused: Arc::default() }
    }

    /// Waits for the leave to hold so many bytes. Nobody who waits holds any, so nobody waits in a circle. More than there
    /// is counts as all there is.
    pub(super) async fn turn(&self, size_bytes: usize) -> Result<Turn, BlobError> {
        let units = size_bytes.div_ceil(UNIT_SIZE_BYTES).clamp(1, UNITS);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let permit = timeout(TURN_PATIENCE, Arc::clone(&self.turns).acquire_many_owned(units)).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(BlobError::Busy)?;
        Ok(Turn { permit: Some(permit), memory: self.clone() })
    }

    fn unused(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// An empty block, with room for [`BLOCK_SIZE_BYTES`].
    pub(super) fn block(&self) -> Vec<u8> {
        let used_before = self.memory.unused().pop();
        used_before.unwrap_or_else(|| Vec::with_capacity(BLOCK_SIZE_BYTES))
    }

    /// The bytes that were put into a block, which is free again once they are dropped.
    pub(super) fn filled(&self, block: Vec<u8>) -> Bytes {
        Bytes::from_owner(Filled { block, memory: self.memory.clone() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.permit.take());
        if self.memory.turns.available_permits() == UNITS {
            self.memory.unused().clear();
        }
    }
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.block
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        let mut block = mem::take(&mut self.block);
        if block.capacity() >= BLOCK_SIZE_BYTES {
            block.clear();
            self.memory.unused().push(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_block_is_used_again_and_none_is_kept_once_nobody_holds_a_turn() {
        let memory = Memory::new();
        let (one, other) = (memory.turn(1).await.expect("a turn"), memory.turn(1).await.expect("a turn"));
        let mut block = one.block();
        block.extend_from_slice(b"bytes");
        let place = block.as_ptr();
        let bytes = one.filled(block);
        let part = bytes.slice(1..3);
        drop((bytes, one));
        let fresh = other.block();
        assert_ne!(fresh.as_ptr(), place, "a part of its bytes is in use");
        assert_eq!(&part[..], b"yt");
        drop(part);
        let again = other.block();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        drop(other.filled(again));
        assert_eq!(memory.unused().len(), 1);
        drop(other);
        assert_eq!(memory.unused().len(), 0);
    }
}
