//! Keys: the names bytes have in a store. A key made of a path looks like the path, so that folders look as
//! people know them. A minted key is for bytes whose path is taken; it lies where no path can lead.

use std::fmt;

use tiltyard_domain::Refusal;
use tiltyard_domain::artifact_path::ArtifactPath;

use crate::upload::UploadId;

/// The folder that stores keep for themselves; no key made of a path lies in it.
pub(crate) const PRIVATE_FOLDER: &str = ".tiltyard";
/// Where minted keys lie.
pub(crate) const MINTED_FOLDER: &str = ".tiltyard/blobs";

/// The name of bytes in a store; written once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    /// The key that looks like the path.
    ///
    /// # Errors
    /// `InvalidValue` for what would lie in the store's private folder, in any letter case, because some file systems do
    /// not tell cases apart.
    pub fn from_path(path: &ArtifactPath) -> Result<Self, Refusal> {
        let top = path.segments().next().unwrap_or_default();
        if top.eq_ignore_ascii_case(PRIVATE_FOLDER) {
            let message =
                format!("Invalid path: '{PRIVATE_FOLDER}' is the server's own folder, choose another name");
            return Err(Refusal::invalid(message));
        }
        Ok(Self(path.as_str().to_owned()))
    }

    /// A key of its own for a number that the caller's source of ids never gives twice.
    pub fn minted(id: u128) -> Self {
        let name = format!("{id:032x}");
        // The last digits spread best: ids may begin with a time.
        Self(format!("{MINTED_FOLDER}/{}/{name}", &name[30..]))
    }

    /// Reads back what [`BlobKey::as_str`] gave, both kinds of keys.
    ///
    /// # Errors
    /// `InvalidValue` when it is neither.
    pub fn from_stored(text: &str) -> Result<Self, Refusal> {
        if let Some(minted) =
            text.rsplit_once('/').and_then(|(_, name)| u128::from_str_radix(name, 16).ok()).map(Self::minted)
            && minted.as_str() == text
        {
            return Ok(minted);
        }
        ArtifactPath::parse(text).and_then(|path| Self::from_path(&path))
    }

    /// The key as text, segments with `/` between.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was made of a number, and is therefore nobody else's.
    pub(crate) fn is_minted(&self) -> bool {
        self.0.starts_with(MINTED_FOLDER)
    }

    /// The upload whose joined bytes lie here, where there is one: an upload and a minted key are made of one number.
    pub fn upload(&self) -> Option<UploadId> {
        let below = self.0.strip_prefix(MINTED_FOLDER)?;
        below.rsplit_once('/')?.1.parse().ok()
    }

    /// The folders the bytes lie in, outermost first, and the name they have there.
    pub(crate) fn folders_and_name(&self) -> (impl Iterator<Item = &str>, &str) {
        let (folders, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        (folders.split('/').filter(|folder| !folder.is_empty()), name)
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use tiltyard_domain::artifact_path::ArtifactPath;

    use super::BlobKey;

    fn from_path(text: &str) -> Option<BlobKey> {
        BlobKey::from_path(&ArtifactPath::parse(text).expect(text)).ok()
    }

    #[test]
    fn a_path_never_leads_into_the_private_folder() {
        assert_eq!(
            from_path("1/run/artifacts/MLmodel").map(|key| key.to_string()).as_deref(),
            Some("1/run/artifacts/MLmodel")
        );
        assert!(from_path("a/.tiltyard/b").is_some(), "further down it is a name like any other");
        for path in [".tiltyard", ".tiltyard/blobs/ff/x", ".TiltYard/incoming/0/1"] {
            assert_eq!(from_path(path), None, "{path}");
        }
    }

    #[test]
    fn both_kinds_of_keys_are_read_back() {
        for key in [BlobKey::minted(0), BlobKey::minted(u128::MAX), from_path("1/r/a b").expect("a path")] {
            assert_eq!(BlobKey::from_stored(key.as_str()), Ok(key.clone()));
        }
        assert_eq!(BlobKey::minted(0xab).as_str(), ".tiltyard/blobs/ab/000000000000000000000000000000ab");
    }

    #[test]
    fn what_only_resembles_a_minted_key_is_refused() {
        for text in [
            ".tiltyard/blobs/ab/ab",
            ".tiltyard/blobs/ac/000000000000000000000000000000ab",
            ".tiltyard/blobs/ab/+00000000000000000000000000000ab",
            ".tiltyard/blobs/AB/000000000000000000000000000000AB",
            ".tiltyard/incoming/0/000000000000000000000000000000ab",
            "../000000000000000000000000000000ab",
        ] {
            assert!(BlobKey::from_stored(text).is_err(), "{text}");
        }
    }
}
