//! Sealing: files of a store that nobody reads or changes unnoticed without a key, and of which any range is read in constant memory.
//!
//! The construction is STREAM, the online authenticated encryption of Hoang, Reyhanitabar, Rogaway and Vizár ("Online
//! Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015), in the form that Google's Tink calls
//! AES-GCM-HKDF streaming: each file has a key of its own, derived by HKDF-SHA-256 from the store's key and a random salt; its
//! bytes are cut into segments, each sealed by AES-256-GCM under the nonce `prefix ‖ number ‖ whether it is the last`. So a
//! segment that was changed, moved, repeated or taken from another file does not open, and neither does what is the last one
//! only because the file was cut short.
//!
//! ```text
//! magic 8 | format 1 | key id 8 | salt 32 | nonce prefix 7 | segment, 64 KiB + 16 | … | last segment, shorter, perhaps empty
//! ```
//!
//! What a file is called is not sealed, and neither is how long it is. Whole files may be swapped for one another by
//! somebody who may write into the folder; the digests in the metadata tell.

mod keys;
mod probe;
mod reading;
mod writing;

use std::io;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand;
pub use keys::SealingKeys;
pub(super) use probe::{Sealing, check};
pub(super) use reading::Sealed;
pub(super) use writing::Sealer;

use keys::{KEY_ID_BYTES, Key};

const MAGIC: &[u8; 8] = b"tiltseal";
const FORMAT: u8 = 1;
const SALT_BYTES: usize = 32;
const PREFIX_BYTES: usize = 7;
/// Where the salt begins; what stands before it says how the rest is to be read.
const PREAMBLE_BYTES: usize = MAGIC.len() + 1 + KEY_ID_BYTES;
const HEADER_BYTES: usize = PREAMBLE_BYTES + SALT_BYTES + PREFIX_BYTES;
/// How many bytes a segment holds.
const SEGMENT_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
/// How long a full segment is on disk.
const SEALED_SEGMENT_BYTES: usize = SEGMENT_BYTES + TAG_BYTES;

/// What stands at the beginning of a sealed file.
struct Header([u8; HEADER_BYTES]);

impl Header {
    /// For a new file.
    fn fresh(key: &Key) -> io::Result<Self> {
        let mut header = [0; HEADER_BYTES];
        header[..MAGIC.len()].copy_from_slice(MAGIC);
        header[MAGIC.len()] = FORMAT;
        header[MAGIC.len() + 1..PREAMBLE_BYTES].copy_from_slice(key.id().as_bytes());
        rand::fill(&mut header[PREAMBLE_BYTES..])
            .map_err(|_| io::Error::other("no random numbers are to be had"))?;
        Ok(Self(header))
    }

    /// The id of the key that the file was sealed with, if it was sealed in a way that is known here.
    fn key_id(&self) -> Option<&[u8]> {
        let is_known = self.0.starts_with(MAGIC) && self.0[MAGIC.len()] == FORMAT;
        is_known.then_some(&self.0[MAGIC.len() + 1..PREAMBLE_BYTES])
    }
}

/// The key of one file.
struct FileKey {
    key: LessSafeKey,
    prefix: [u8; PREFIX_BYTES],
}

impl FileKey {
    fn of(key: &Key, header: &Header) -> io::Result<Self> {
        let (preamble, rest) = header.0.split_at(PREAMBLE_BYTES);
        let (salt, prefix) = rest.split_at(SALT_BYTES);
        let derived = Salt::new(HKDF_SHA256, salt).extract(key.secret());
        let info = [preamble];
        let derived =
            derived.expand(&info, &AES_256_GCM).map_err(|_| io::Error::other("no key could be derived"))?;
        let mut own_prefix = [0; PREFIX_BYTES];
        own_prefix.copy_from_slice(prefix);
        Ok(Self { key: LessSafeKey::new(UnboundKey::from(derived)), prefix: own_prefix })
    }

    /// Each is used once: the key is one file's alone, and a file has one segment of each number.
    fn nonce(&self, number: u32, is_last: bool) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[..PREFIX_BYTES].copy_from_slice(&self.prefix);
        nonce[PREFIX_BYTES..NONCE_LEN - 1].copy_from_slice(&number.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(is_last);
        Nonce::assume_unique_for_key(nonce)
    }

    /// Seals a segment in place; its tag comes behind it.
    fn seal(&self, number: u32, is_last: bool, segment: &mut Vec<u8>) -> io::Result<()> {
        let sealed = self.key.seal_in_place_append_tag(self.nonce(number, is_last), Aad::empty(), segment);
        sealed.map_err(|_| io::Error::other("a segment could not be sealed"))
    }

    /// Opens a segment in place, and gives its bytes without the tag.
    fn open<'a>(&self, number: u32, is_last: bool, segment: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let opened = self.key.open_in_place(self.nonce(number, is_last), Aad::empty(), segment);
        opened.map(|bytes| &*bytes).map_err(|_| altered())
    }
}

/// How many bytes are sealed in a file of that length; nothing if no sealed file is that long.
pub(super) fn plain_size(file_size_bytes: u64) -> Option<u64> {
    let sealed = file_size_bytes.checked_sub(HEADER_BYTES as u64)?;
    let segments = sealed.div_ceil(SEALED_SEGMENT_BYTES as u64);
    let tags = segments * TAG_BYTES as u64;
    // The last segment is a tag at least, and only an empty file has an empty segment.
    let plain = sealed.checked_sub(tags)?;
    let is_right = segments == plain.div_ceil(SEGMENT_BYTES as u64).max(1);
    is_right.then_some(plain)
}

fn altered() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "sealed bytes were altered, cut short or put in another order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_known_from_the_length_of_the_file() {
        let (header, tag, segment) = (HEADER_BYTES as u64, TAG_BYTES as u64, SEGMENT_BYTES as u64);
        assert_eq!(header, 56);
        for (file, plain) in [
            (header + tag, Some(0)),
            (header + tag + 1, Some(1)),
            (header + tag + segment, Some(segment)),
            (header + 2 * tag + segment + 1, Some(segment + 1)),
            (header + 2 * tag + 2 * segment, Some(2 * segment)),
            (0, None),
            (header, None),
            (header + tag - 1, None),
            (header + tag + segment + 1, None),
            (header + 2 * tag + segment, None),
        ] {
            assert_eq!(plain_size(file), plain, "{file}");
        }
    }
}
