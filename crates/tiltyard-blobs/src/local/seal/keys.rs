//! Keys that seal a store: read from a file that few may read. The first seals; the others open what was sealed before.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use crate::limits::{KEY_FILE_SIZE_BYTES_MAX, SEALING_KEYS_MAX};

const KEY_BYTES: usize = 32;
pub(super) const KEY_ID_BYTES: usize = 8;
/// What the id of a key is made of beside the key, so that it is the digest of nothing else.
const ID_LABEL: &[u8] = b"tiltyard sealing key id";
/// Bits that let everybody do something with a file.
const OTHERS: u32 = 0o007;

/// The keys of one store. Cloning is cheap enough: they are few.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKeys(Vec<Key>);

/// One key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    secret: [u8; KEY_BYTES],
    id: KeyId,
}

/// What tells a key from others without giving it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyId([u8; KEY_ID_BYTES]);

impl SealingKeys {
    /// Reads a key file: a key a line, 32 bytes as hexadecimal digits or Base64. Empty lines and those that begin with `#` are
    /// passed over.
    ///
    /// # Errors
    /// What the system said; that everybody may read the file; what is wrong with a line, without saying what stands there.
    pub fn read(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let known = file.metadata()?;
        if !known.is_file() {
            return Err(wrong("it is no file".to_owned()));
        }
        let mode = known.permissions().mode();
        if mode & OTHERS != 0 {
            let mode = mode & 0o777;
            return Err(wrong(format!(
                "everybody on this machine may use it (its mode is {mode:04o}); chmod it to 0400"
            )));
        }
        let mut text = String::new();
        let size_bytes = file.take(KEY_FILE_SIZE_BYTES_MAX + 1).read_to_string(&mut text)?;
        if size_bytes as u64 > KEY_FILE_SIZE_BYTES_MAX {
            return Err(wrong("it is too long to be a file of keys".to_owned()));
        }
        Self::parse(&text).map_err(wrong)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).zip(1..);
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let keys: Result<Vec<_>, String> = lines
            .map(|(line, number)| {
                Key::parse(line).ok_or_else(|| {
                    format!("line {number} is no key: 32 bytes are 64 hexadecimal digits, or 44 characters of Base64")
                })
            })
            .collect();
        let keys = keys?;
        if keys.is_empty() {
            return Err("it holds no key; `openssl rand -hex 32` makes one".to_owned());
        }
        if keys.len() > SEALING_KEYS_MAX {
            return Err(format!("it holds more than {SEALING_KEYS_MAX} keys"));
        }
        Ok(Self(keys))
    }

    /// The key that seals.
    pub(super) fn sealing(&self) -> &Key {
        // There is at least one, or this would not be.
        &self.0[0]
    }

    /// The key of that id.
    pub(super) fn of(&self, id: &[u8]) -> io::Result<&Key> {
        self.0.iter().find(|key| key.id.0 == *id).ok_or_else(|| {
            let id = hexadecimal(id);
            io::Error::other(format!("it is sealed with the key {id}, which the key file does not hold"))
        })
    }
}

impl Key {
    fn parse(line: &str) -> Option<Self> {
        let secret = from_hexadecimal(line).or_else(|| BASE64_STANDARD.decode(line).ok()?.try_into().ok())?;
        let digest = Sha256::new_with_prefix(ID_LABEL).chain_update(secret).finalize();
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Some(Self { secret, id: KeyId(id) })
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }
}

impl KeyId {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hexadecimal(&self.0))
    }
}

/// Shows ids only.
impl fmt::Debug for SealingKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|key| key.id)).finish()
    }
}

fn wrong(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hexadecimal(text: &str) -> Option<[u8; KEY_BYTES]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    bytes.try_into().ok().filter(|_| digits.len() == 2 * KEY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_either_spelling_and_told_apart_by_its_id() {
        let (one, other) = ("0f".repeat(32), "f0".repeat(32));
        let text = format!("# sealing since May\n\n  {one}\n{}\n", BASE64_STANDARD.encode([0xf0; 32]));
        let keys = SealingKeys::parse(&text).expect("two keys");
        assert_eq!(keys.sealing().secret(), [0x0f; 32]);
        let of = |text: &str| Key::parse(text).expect("a key");
        assert_ne!(of(&one).id, of(&other).id);
        assert!(keys.of(of(&other).id.as_bytes()).is_ok_and(|key| *key == of(&other)));
        let absent = keys.of(&[7; KEY_ID_BYTES]).err().expect("no such key").to_string();
        assert!(absent.contains("0707070707070707"), "{absent}");
        let shown = format!("{keys:?}");
        assert!(!shown.contains("0f0f") && !shown.contains("15, 15"), "{shown}");
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let short = "ab".repeat(31);
        for text in ["", "# nothing", "secret", &short, &"zz".repeat(32), &BASE64_STANDARD.encode([1; 31])] {
            let fault = SealingKeys::parse(text).expect_err("no key");
            assert!(text.is_empty() || !fault.contains(text), "{fault}");
        }
        assert!(SealingKeys::parse(&format!("{}\n", "0f".repeat(32)).repeat(SEALING_KEYS_MAX + 1)).is_err());
    }
}
