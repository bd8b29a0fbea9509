//! Cutting an incoming stream into parts: how large each is, and gathering it in memory, hashed on the way.

use std::mem;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::PutPayload;
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;

use super::memory::{BLOCK_SIZE_BYTES, Turn};
use crate::error::BlobError;
use crate::limits::{PART_SIZE_BYTES, PARTS_MAX};
use crate::store::ByteStream;

/// A part is at least this share of what came before it, so that the number of parts grows only with the logarithm of the
/// size.
const SHARE_OF_BEFORE: u64 = 800;

/// How large the next part is, of a file of which so much has come and which has at most so many bytes. Two rules hold the
/// number of parts under what stores take: half of it suffices at the largest size, the other half until parts are large.
pub(super) fn part_size(come_bytes: u64, size_bytes_max: u64) -> usize {
    let smallest = PART_SIZE_BYTES as u64;
    let largest = (size_bytes_max / (PARTS_MAX / 2)).max(smallest);
    usize::try_from((come_bytes / SHARE_OF_BEFORE).clamp(smallest, largest)).unwrap_or(usize::MAX)
}

/// A stream that is being taken in.
pub(super) struct Incoming {
    bytes: ByteStream,
    /// What came and did not fit into the last part.
    carried: Bytes,
    hasher: Sha256,
    size_bytes: u64,
    size_bytes_max: u64,
}

/// Some of it.
pub(super) struct Part {
    pub(super) payload: PutPayload,
    pub(super) is_last: bool,
}

impl Incoming {
    pub(super) fn new(bytes: ByteStream, size_bytes_max: u64) -> Self {
        // It may be asked again after its end.
        let bytes = bytes.fuse().boxed();
        Self { bytes, carried: Bytes::new(), hasher: Sha256::new(), size_bytes: 0, size_bytes_max }
    }

    /// Waits for the first bytes, or the end.
    pub(super) async fn begin(&mut self) -> Result<(), BlobError> {
        while self.carried.is_empty() && self.fetch().await? {}
        Ok(())
    }

    /// How large the next part is to be.
    pub(super) fn next_size(&self) -> usize {
        let all = usize::try_from(self.size_bytes_max).unwrap_or(usize::MAX);
        part_size(self.size_bytes, self.size_bytes_max).min(all)
    }

    /// How many bytes came.
    pub(super) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The next part: so many bytes, or all that are left. Pieces of a stream may be small and hold on to more than their own
    /// bytes, so they are copied, into memory that `turn` is the leave to hold.
    pub(super) async fn next_part(&mut self, size_bytes: usize, turn: &Turn) -> Result<Part, BlobError> {
        let (mut blocks, mut block) = (Vec::new(), Vec::new());
        let mut left = size_bytes;
        loop {
            while self.carried.is_empty() {
                if !self.fetch().await? {
                    blocks.push(turn.filled(block));
                    return Ok(Part { payload: blocks.into_iter().collect(), is_last: true });
                }
            }
            if left == 0 {
                return Ok(Part { payload: blocks.into_iter().collect(), is_last: false });
            }
            if block.is_empty() {
                block = turn.block();
            }
            let room = (BLOCK_SIZE_BYTES - block.len()).min(left).min(self.carried.len());
            block.extend_from_slice(&self.carried.split_to(room));
            left -= room;
            if block.len() == BLOCK_SIZE_BYTES || left == 0 {
                blocks.push(turn.filled(mem::take(&mut block)));
            }
        }
    }

    /// Waits for another piece; says whether there was one.
    async fn fetch(&mut self) -> Result<bool, BlobError> {
        let Some(piece) = self.bytes.next().await else { return Ok(false) };
        self.carried = piece.map_err(BlobError::Interrupted)?;
        self.size_bytes += self.carried.len() as u64;
        if self.size_bytes > self.size_bytes_max {
            return Err(BlobError::TooLarge { size_bytes_max: self.size_bytes_max });
        }
        self.hasher.update(&self.carried);
        Ok(true)
    }

    /// How many bytes came, and their digest.
    pub(super) fn finish(self) -> (u64, Sha256Digest) {
        (self.size_bytes, Sha256Digest::from_bytes(self.hasher.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::{StreamExt, stream};

    use super::super::memory::Memory;
    use super::{Incoming, part_size};
    use crate::limits::{PART_SIZE_BYTES, PARTS_MAX};

    const GIB: u64 = 1 << 30;

    fn count_and_largest(size_bytes: u64, size_bytes_max: u64) -> (u64, usize) {
        let (mut come, mut count, mut largest) = (0, 0, 0);
        while come < size_bytes {
            let part = part_size(come, size_bytes_max);
            (come, count, largest) = (come + part as u64, count + 1, largest.max(part));
        }
        (count, largest)
    }

    #[test]
    fn no_file_needs_more_parts_than_stores_take() {
        for size in [1, 4, 10, 40, 100, 500, 1024, 2048, 5 * 1024] {
            let (known, _) = count_and_largest(size * GIB, size * GIB);
            let (unknown, _) = count_and_largest(size * GIB, 5 * 1024 * GIB);
            assert!(known <= PARTS_MAX && unknown <= PARTS_MAX, "{size} GiB: {known}, {unknown} parts");
        }
    }

    #[test]
    fn parts_are_small_as_long_as_they_can_be() {
        assert_eq!(count_and_largest(10 * GIB, 10 * GIB).1, PART_SIZE_BYTES);
        assert!(count_and_largest(10 * GIB, 5 * 1024 * GIB).1 <= 3 * PART_SIZE_BYTES, "of unknown size");
        assert!(count_and_largest(1024 * GIB, 1024 * GIB).1 < 256 << 20);
    }

    #[tokio::test]
    async fn a_stream_is_cut_into_parts_of_just_that_size_however_it_comes() {
        for piece in [1, 3, 7, 1000] {
            let all: Vec<u8> = (0..=255).cycle().take(1000).collect();
            let pieces: Vec<_> = all.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let mut incoming = Incoming::new(stream::iter(pieces).boxed(), 1000);
            let turn = Memory::new().turn(250).await.expect("a turn");
            let mut came = Vec::new();
            loop {
                let part = incoming.next_part(250, &turn).await.expect("a part");
                assert_eq!(part.payload.content_length(), 250);
                came.extend(part.payload.iter().flatten().copied());
                if part.is_last {
                    break;
                }
            }
            assert!(came == all, "in pieces of {piece}");
            assert_eq!(incoming.finish().0, 1000);
        }
    }
}
