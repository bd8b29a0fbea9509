//! Digests of content and the manifest of a tree: which file, how long, which bytes.
//! Hashing itself happens where the bytes are; this crate only holds, reads and writes the outcome.

use std::fmt;
use std::str::FromStr;

use crate::Refusal;
use crate::artifact_path::ArtifactPath;

/// A SHA-256 digest. Its text is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Takes what a hash function gave.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sha256Digest({self})")
    }
}

impl FromStr for Sha256Digest {
    type Err = Refusal;

    /// Reads 64 hexadecimal digits of either letter case.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let refusal = || Refusal::invalid("A SHA-256 digest is written as 64 hexadecimal digits");
        let digits: Vec<u8> = text
            .chars()
            .map(hex_value)
            .collect::<Option<_>>()
            .filter(|digits: &Vec<u8>| digits.len() == 64)
            .ok_or_else(refusal)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

fn hex_value(digit: char) -> Option<u8> {
    digit.to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// One file of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// Where the file lies in the tree that the manifest is about.
    pub path: ArtifactPath,
    /// How long it is.
    pub size_bytes: u64,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
}

/// Every file of a tree, each path once. The same files give the same manifest in whatever order they
/// were found, and its text is what the one digest over the tree is taken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<ManifestEntry>,
}

impl Manifest {
    /// Sorts the entries.
    ///
    /// # Errors
    /// `InvalidValue` when a path comes twice.
    pub fn new(mut entries: Vec<ManifestEntry>) -> Result<Self, Refusal> {
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        let twice = entries.windows(2).find(|pair| pair[0].path == pair[1].path);
        match twice {
            Some(pair) => Err(Refusal::invalid(format!(
                "A manifest names each file once, not '{}' twice",
                pair[0].path
            ))),
            None => Ok(Self { entries }),
        }
    }

    /// The entries, sorted by the bytes of their paths.
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.entries
    }

    /// Whether there is a file of that path, or a folder with something in it.
    pub fn has(&self, path: &ArtifactPath) -> bool {
        let inside = format!("{path}/");
        let first_inside = self.entries.partition_point(|entry| *entry.path.as_str() < *inside);
        let is_file = self.entries.binary_search_by(|entry| entry.path.cmp(path)).is_ok();
        is_file || self.entries.get(first_inside).is_some_and(|entry| entry.path.starts_with(path))
    }

    /// The canonical text: the entries in order, each as one line
    /// `<sha256 in lower-case hex>  <size in decimal>  <path>` (two blanks between), ended by a line feed.
    /// A path holds no control characters, so two different manifests cannot give the same text.
    /// The manifest of no files is the empty text.
    pub fn canonical_text(&self) -> String {
        let line =
            |entry: &ManifestEntry| format!("{}  {}  {}\n", entry.sha256, entry.size_bytes, entry.path);
        self.entries.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Manifest, ManifestEntry, Sha256Digest};
    use crate::artifact_path::ArtifactPath;

    fn entry(path: &str, size_bytes: u64, filler: u8) -> ManifestEntry {
        let path = ArtifactPath::parse(path).expect(path);
        ManifestEntry { path, size_bytes, sha256: Sha256Digest::from_bytes([filler; 32]) }
    }

    #[test]
    fn a_digest_reads_what_it_writes() {
        let text = "00ff0a".to_owned() + &"7e".repeat(29);
        let digest: Sha256Digest = text.parse().expect("64 digits");
        assert_eq!(digest.as_bytes()[..3], [0, 0xff, 0x0a]);
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(digest));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for text in
            ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)]
        {
            assert!(text.parse::<Sha256Digest>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_canonical_text_does_not_depend_on_the_order_of_finding() {
        let files = [entry("model/b", 2, 0xbb), entry("model.txt", 0, 0xcc), entry("model/a b", 1, 0xaa)];
        let manifest = Manifest::new(files.to_vec()).expect("each once");
        let reversed = Manifest::new(files.into_iter().rev().collect()).expect("each once");
        assert_eq!(manifest, reversed);
        let line = |digits: &str, rest: &str| format!("{}  {rest}\n", digits.repeat(32));
        let expected = line("cc", "0  model.txt") + &line("aa", "1  model/a b") + &line("bb", "2  model/b");
        assert_eq!(manifest.canonical_text(), expected);
    }

    #[test]
    fn a_manifest_names_each_file_once_and_finds_it() {
        assert!(Manifest::new(vec![entry("a", 1, 1), entry("a", 1, 1)]).is_err());
        // A blank sorts before a slash, so that the files of `a` do not follow `a` at once.
        let files = vec![entry("a/b/c", 1, 1), entry("a b", 2, 2), entry("d", 3, 3)];
        let manifest = Manifest::new(files).expect("each once");
        for (path, expected) in
            [("a", true), ("a/b", true), ("a/b/c", true), ("d", true), ("a/c", false), ("d/x", false)]
        {
            assert_eq!(manifest.has(&ArtifactPath::parse(path).expect(path)), expected, "{path}");
        }
        assert_eq!(Manifest::new(vec![]).map(|empty| empty.canonical_text()), Ok(String::new()));
    }
}
