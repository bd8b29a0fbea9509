//! The bytes of a file, whether they lie on disk as they are or sealed: nothing above this knows which.

use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;

use bytes::Bytes;

use super::root::Root;
use super::seal::{Sealed, Sealer, plain_size};
use crate::limits::READ_CHUNK_SIZE_BYTES;

/// A file being read.
pub(super) enum Content {
    Plain { file: File, size_bytes: u64 },
    Sealed(Sealed),
}

/// A file being written.
pub(super) enum Writing {
    Plain(File),
    Sealed(Sealer),
}

/// How many bytes a file of that length holds.
pub(super) fn size_of(root: &Root, file_size_bytes: u64) -> io::Result<u64> {
    let altered = || io::Error::new(io::ErrorKind::InvalidData, "no sealed file has that length");
    match root.keys {
        None => Ok(file_size_bytes),
        Some(_) => plain_size(file_size_bytes).ok_or_else(altered),
    }
}

impl Content {
    /// The bytes of an open file of that length.
    pub(super) fn of(root: &Root, (file, file_size_bytes): (File, u64)) -> io::Result<Self> {
        match &root.keys {
            None => Ok(Self::Plain { file, size_bytes: file_size_bytes }),
            Some(keys) => Sealed::open(file, file_size_bytes, keys).map(Self::Sealed),
        }
    }

    /// How many there are.
    pub(super) fn size_bytes(&self) -> u64 {
        match self {
            Self::Plain { size_bytes, .. } => *size_bytes,
            Self::Sealed(sealed) => sealed.size_bytes(),
        }
    }

    /// The beginning of a range that lies within the bytes and is not empty, as much as is read ahead for one reader. It is
    /// read into `room`, which has [`READ_CHUNK_SIZE_BYTES`] at most.
    pub(super) fn read(&self, range: &Range<u64>, room: Vec<u8>) -> io::Result<Bytes> {
        match self {
            Self::Plain { file, .. } => read_chunk(file, range, room),
            Self::Sealed(sealed) => sealed.read(range, room),
        }
    }

    /// A small range as a whole.
    pub(super) fn read_exact(&self, mut range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        while !range.is_empty() {
            let chunk = self.read(&range, Vec::new())?;
            range.start += chunk.len() as u64;
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}

impl Writing {
    /// Begins to write a new file.
    pub(super) fn begin(root: &Root, file: File) -> io::Result<Self> {
        match &root.keys {
            None => Ok(Self::Plain(file)),
            Some(keys) => Sealer::begin(file, keys).map(Self::Sealed),
        }
    }

    /// Writes on.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Sealed(sealer) => sealer.append(bytes),
        }
    }

    /// Ends the file; it is on disk then.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.sync_all(),
            Self::Sealed(sealer) => sealer.finish()?.sync_all(),
        }
    }
}

/// How much is read at once of what is left.
pub(super) fn chunk_size_bytes(left: &Range<u64>) -> usize {
    usize::try_from(left.end - left.start).unwrap_or(usize::MAX).min(READ_CHUNK_SIZE_BYTES)
}

/// Reads until the chunk is full. The memory is not zeroed first, only to be overwritten.
fn read_chunk(file: &File, range: &Range<u64>, mut chunk: Vec<u8>) -> io::Result<Bytes> {
    let wanted = chunk_size_bytes(range);
    chunk.reserve_exact(wanted);
    while chunk.len() < wanted {
        let position = range.start + chunk.len() as u64;
        match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut chunk), position) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    chunk.truncate(wanted);
    Ok(chunk.into())
}
