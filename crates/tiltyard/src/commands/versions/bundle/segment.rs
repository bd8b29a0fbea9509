//! Names of models as names of folders: any name, one folder, wherever the bundle may be unpacked.
//! Names of files inside a model are judged elsewhere; they are taken as they are or refused.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::limits::SEGMENT_BYTES_MAX;

/// What stands unescaped. Everything else is escaped, so that no two names share a folder and buckets and disks agree.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// How many bytes of its digest stand for the rest of a long name.
const DIGEST_BYTES: usize = 16;
/// Names of devices on Windows, with or without something behind a dot.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];

/// The name as one segment of a path. What is odd is percent-encoded; a long name ends in its digest.
pub(super) fn segment(name: &str) -> String {
    let mut escaped = utf8_percent_encode(name, PLAIN).to_string();
    if is_device(&escaped) || escaped.starts_with('.') {
        escaped = format!("%{:02X}{}", escaped.as_bytes()[0], &escaped[1..]);
    }
    if escaped.ends_with('.') {
        escaped.truncate(escaped.len() - 1);
        escaped.push_str("%2E");
    }
    if escaped.len() <= SEGMENT_BYTES_MAX {
        return escaped;
    }
    let digest = Sha256::digest(name.as_bytes());
    // A tilde stands in no other segment.
    escaped.truncate(SEGMENT_BYTES_MAX - 1 - 2 * DIGEST_BYTES);
    escaped.push('~');
    for byte in digest.iter().take(DIGEST_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(escaped, "{byte:02x}");
    }
    escaped
}

fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let (letters, rest) = stem.split_at(stem.len().min(3));
    let is_numbered = matches!(letters, "com" | "lpt") && rest.len() == 1;
    DEVICES.contains(&letters) && (rest.is_empty() || is_numbered)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn odd_names_become_one_plain_segment_each() {
        for (name, expected) in [
            ("churn", "churn"),
            ("Churn_v1.2-b", "Churn_v1.2-b"),
            ("..", "%2E%2E"),
            (".", "%2E"),
            (".hidden", "%2Ehidden"),
            ("ends.", "ends%2E"),
            ("a/b\\c", "a%2Fb%5Cc"),
            ("a%2Fb", "a%252Fb"),
            ("модель", "%D0%BC%D0%BE%D0%B4%D0%B5%D0%BB%D1%8C"),
            ("a b~c:d", "a%20b%7Ec%3Ad"),
            ("NUL", "%4EUL"),
            ("aux.py", "%61ux.py"),
            ("com1", "%63om1"),
            ("common", "common"),
            ("line\nend", "line%0Aend"),
        ] {
            assert_eq!(segment(name), expected, "{name}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "ж".repeat(128);
        let names = [long.clone(), format!("{long}a"), format!("{long}b"), "x".repeat(SEGMENT_BYTES_MAX + 1)];
        let segments: BTreeSet<_> = names.iter().map(|name| segment(name)).collect();
        assert_eq!(segments.len(), names.len());
        assert!(segments.iter().all(|segment| segment.len() == SEGMENT_BYTES_MAX && segment.contains('~')));
        assert_eq!(segment(&"x".repeat(SEGMENT_BYTES_MAX)), "x".repeat(SEGMENT_BYTES_MAX));
    }
}
