//! Opening sealed files: any range, a chunk at a time, and no byte before its segment proved to be the one that was sealed.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;

use super::keys::SealingKeys;
use super::{
    FileKey, HEADER_BYTES, Header, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, TAG_BYTES, altered, plain_size,
};
use crate::limits::READ_CHUNK_SIZE_BYTES;

/// A sealed file, open.
pub(in crate::local) struct Sealed {
    file: File,
    key: FileKey,
    size_bytes: u64,
}

impl Sealed {
    /// Reads the header of a file of that length, and opens the last segment: it alone proves that nothing was cut off.
    pub(in crate::local) fn open(file: File, file_size_bytes: u64, keys: &SealingKeys) -> io::Result<Self> {
        let mut header = Header([0; HEADER_BYTES]);
        if file_size_bytes < HEADER_BYTES as u64 {
            return Err(not_sealed());
        }
        file.read_exact_at(&mut header.0, 0)?;
        let key = keys.of(header.key_id().ok_or_else(not_sealed)?)?;
        let sealed = Self {
            key: FileKey::of(key, &header)?,
            file,
            size_bytes: plain_size(file_size_bytes).ok_or_else(altered)?,
        };
        sealed.read_segments(sealed.last()..sealed.last() + 1, Vec::new())?;
        Ok(sealed)
    }

    /// How many bytes are sealed in it.
    pub(in crate::local) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The beginning of a range that lies within the bytes and is not empty.
    pub(in crate::local) fn read(&self, range: &Range<u64>, room: Vec<u8>) -> io::Result<Bytes> {
        let first = range.start / SEGMENT_BYTES as u64;
        let segments_max = (READ_CHUNK_SIZE_BYTES / SEGMENT_BYTES).max(1) as u64;
        let end = range.end.div_ceil(SEGMENT_BYTES as u64).min(first + segments_max);
        let opened = Bytes::from(self.read_segments(first..end, room)?);
        let offset = first * SEGMENT_BYTES as u64;
        let at = |position: u64| usize::try_from(position - offset).unwrap_or(usize::MAX).min(opened.len());
        Ok(opened.slice(at(range.start)..at(range.end)))
    }

    fn last(&self) -> u64 {
        self.size_bytes.saturating_sub(1) / SEGMENT_BYTES as u64
    }

    /// The bytes of segments that follow one another; the last of the file may be among them.
    fn read_segments(&self, numbers: Range<u64>, mut opened: Vec<u8>) -> io::Result<Vec<u8>> {
        let last = self.last();
        let count = usize::try_from(numbers.end - numbers.start).map_err(io::Error::other)?;
        let missing = if numbers.end > last { self.missing_in_last() } else { 0 };
        let mut sealed = vec![0; count * SEALED_SEGMENT_BYTES - missing];
        let offset = HEADER_BYTES as u64 + numbers.start * SEALED_SEGMENT_BYTES as u64;
        self.file.read_exact_at(&mut sealed, offset)?;
        opened.reserve_exact(sealed.len() - count * TAG_BYTES);
        for (segment, number) in sealed.chunks_mut(SEALED_SEGMENT_BYTES).zip(numbers) {
            let is_last = number == last;
            let number = u32::try_from(number).map_err(io::Error::other)?;
            opened.extend_from_slice(self.key.open(number, is_last, segment)?);
        }
        Ok(opened)
    }

    /// How much shorter than others the last segment is.
    fn missing_in_last(&self) -> usize {
        let in_last = self.size_bytes - self.last() * SEGMENT_BYTES as u64;
        SEGMENT_BYTES - usize::try_from(in_last).unwrap_or(SEGMENT_BYTES)
    }
}

fn not_sealed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not sealed, as all files of this store have to be")
}
