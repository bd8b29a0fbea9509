//! Sealing bytes as they come. No byte reaches the disk before it is sealed.

use std::fs::File;
use std::io::{self, Write as _};

use super::keys::SealingKeys;
use super::{FileKey, Header, SEALED_SEGMENT_BYTES, SEGMENT_BYTES};

/// A sealed file being written.
pub(in crate::local) struct Sealer {
    file: File,
    key: FileKey,
    number: u32,
    /// What has come of the segment that is not sealed yet.
    segment: Vec<u8>,
}

impl Sealer {
    /// Begins a new file.
    pub(in crate::local) fn begin(mut file: File, keys: &SealingKeys) -> io::Result<Self> {
        let header = Header::fresh(keys.sealing())?;
        file.write_all(&header.0)?;
        let key = FileKey::of(keys.sealing(), &header)?;
        Ok(Self { file, key, number: 0, segment: Vec::with_capacity(SEALED_SEGMENT_BYTES) })
    }

    /// Takes bytes in. A full segment is held until more come: only then it is not the last one.
    pub(in crate::local) fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.segment.len() == SEGMENT_BYTES {
                self.write_segment(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(SEGMENT_BYTES - self.segment.len()));
            self.segment.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the last segment and gives the file back.
    pub(in crate::local) fn finish(mut self) -> io::Result<File> {
        self.write_segment(true)?;
        Ok(self.file)
    }

    fn write_segment(&mut self, is_last: bool) -> io::Result<()> {
        self.key.seal(self.number, is_last, &mut self.segment)?;
        self.file.write_all(&self.segment)?;
        self.segment.clear();
        self.number = self.number.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }
}
