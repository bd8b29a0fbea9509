//! The digest of bytes that are read back once, in constant memory. Bytes on their way in are hashed where they are taken in.

use std::io;

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;

use crate::ByteStream;

/// Reads all bytes and gives their SHA-256 (FIPS 180-4).
///
/// # Errors
/// What broke the stream off.
pub async fn sha256_of(bytes: ByteStream) -> io::Result<Sha256Digest> {
    let hashing = bytes.try_fold(Sha256::new(), |mut hasher, piece| async move {
        hasher.update(&piece);
        Ok(hasher)
    });
    Ok(Sha256Digest::from_bytes(hashing.await?.finalize().into()))
}
