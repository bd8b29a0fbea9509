//! Artifact paths: where a file lies inside a tree, parsed once so that nobody has to check again.
//! Which tree it is, and under which key the bytes lie in a store, is not decided here.
//!
//! Every rule is a rule about one segment. So a path is right exactly when each of its segments is,
//! and joining, shortening or cutting right paths cannot give a wrong one.
//!
//! Text is percent-decoded until nothing changes, as MLflow does on the server and again in its
//! client, and only the outcome is judged, kept and shown. A name that is still encoded would be
//! listed but could not be fetched: the client decodes what it lists before it asks for it.
//!
//! Where this differs from MLflow's server, and why:
//!
//! | text | MLflow | here | reason |
//! |---|---|---|---|
//! | `..\x`, `a\b` | a file of that name | refused | one folder up for a client on Windows |
//! | `;..`, `..;x`, `..?x` | a file of that name | refused | one folder up for proxies that cut parameters off |
//! | `a?b` | a file of that name | refused | MLflow's client cannot fetch it: the rest becomes a query |
//! | `dbfs:/x`, `s3://b`, `a/C:/x` | a file of that name, or 500 | refused | some reader takes it for another place |
//! | `.. `, `. .` | a file of that name | refused | Windows drops what trails, and lands a folder up |
//! | control characters | escaped, dropped or 404 | refused | no client needs them; escaped ones stay text |
//! | `a//b`, `./a`, `.` for a file | tidied up, or 500 | refused | one file has one path |
//! | `a;` | `a` | a file of that name | what was sent is what is listed |
//! | more than 1,024 bytes | accepted | refused | no object store holds such a key |
//! | `.artifact.uploading.x` | refused | accepted | nothing is written into folders people share |
//!
//! Names that are odd or reserved on Windows alone (`aux.py`, `a:b.txt`, `...`) are right: runs really have them.

use std::fmt::{self, Write as _};

use percent_encoding::percent_decode_str;

use crate::Refusal;
use crate::limits::{DECODE_ROUNDS_MAX, PATH_SIZE_BYTES_MAX, SEGMENT_SIZE_BYTES_MAX, SHOWN_CHARS_MAX};

/// Schemes that readers of artifact locations take for one even without a slash behind it.
const SCHEMES_WITHOUT_SLASH: [&str; 2] = ["file", "dbfs"];

/// A relative path inside a tree of artifacts, such as `model/MLmodel`. It has at least one segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath(String);

impl ArtifactPath {
    /// Reads a path that the caller has taken out of a URL or a body (and decoded as that asks for).
    ///
    /// # Errors
    /// `InvalidValue` when it is not a right one, by the rules above.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        judged(text, Self::from_decoded)
    }

    /// Reads the path of a folder to list or to delete. Absent, empty and `.` mean the whole tree, which is `None`.
    /// What people write around the names of folders, such as `./a//b/`, is tidied up as in MLflow.
    ///
    /// # Errors
    /// As [`ArtifactPath::parse`].
    pub fn parse_folder(text: &str) -> Result<Option<Self>, Refusal> {
        judged(text, |path| match tidied(path) {
            path if path.is_empty() => Ok(None),
            path => Self::from_decoded(path).map(Some),
        })
    }

    /// The path as text, with `/` between segments.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.as_str(), |(_, name)| name)
    }

    /// The segments, first to last.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// `below` seen from the folder above this one.
    ///
    /// # Errors
    /// `InvalidValue` when the whole is too long.
    pub fn join(&self, below: &Self) -> Result<Self, Refusal> {
        let joined = format!("{self}/{below}");
        check_size(&joined, PATH_SIZE_BYTES_MAX, "the path")
            .map_err(|fault| Refusal::invalid(format!("Invalid path: {fault}")))?;
        Ok(Self(joined))
    }

    /// Whether this is `folder` itself or lies inside it. `ab` does not lie inside `a`.
    pub fn starts_with(&self, folder: &Self) -> bool {
        self == folder || self.relative_to(folder).is_some()
    }

    /// This path as seen from `folder`; `None` when it does not lie inside.
    pub fn relative_to(&self, folder: &Self) -> Option<Self> {
        let below = self.0.strip_prefix(folder.as_str())?.strip_prefix('/')?;
        Some(Self(below.to_owned()))
    }

    fn from_decoded(path: String) -> Result<Self, String> {
        check_size(&path, PATH_SIZE_BYTES_MAX, "the path")?;
        path.split('/').try_for_each(check_segment)?;
        Ok(Self(path))
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn judged<T>(text: &str, judge: impl FnOnce(String) -> Result<T, String>) -> Result<T, Refusal> {
    check_raw(text).and_then(|()| decode_fully(text)).and_then(judge).map_err(|fault| {
        let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        Refusal::invalid(format!("Invalid path {shown:?}: {fault}"))
    })
}

/// Drops the segments that lead nowhere. What begins at the root of a disk stays so, and is refused.
fn tidied(path: String) -> String {
    if path.starts_with('/') {
        return path;
    }
    let leading: Vec<&str> = path.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
    leading.join("/")
}

/// What has to be judged before decoding: the bound that decoding works under, and control characters,
/// which afterwards could not be told from escaped ones.
fn check_raw(text: &str) -> Result<(), String> {
    check_size(text, PATH_SIZE_BYTES_MAX, "the path")?;
    check_characters(text)
}

fn check_size(text: &str, size_bytes_max: usize, what: &str) -> Result<(), String> {
    if text.len() > size_bytes_max {
        return Err(format!("{what} is {} bytes long, at most {size_bytes_max} are allowed", text.len()));
    }
    Ok(())
}

fn check_characters(text: &str) -> Result<(), String> {
    match text.chars().find(|character| character.is_control() || matches!(character, '\\' | '#' | '?')) {
        Some(character) => Err(format!("it may not contain {character:?}")),
        None => Ok(()),
    }
}

fn decode_fully(text: &str) -> Result<String, String> {
    let mut path = text.to_owned();
    for _ in 0..DECODE_ROUNDS_MAX {
        let decoded = escape_controls(&percent_decode_str(&path).decode_utf8_lossy());
        if decoded == path {
            return Ok(path);
        }
        path = decoded;
    }
    Err("it is percent-encoded too many times, encode it once".to_owned())
}

/// Puts ASCII control characters back into their escaped form, in MLflow's spelling. Its 2.x clients
/// name images `key%step%12%timestamp%17…`, where `%12` was never meant as an escape.
fn escape_controls(decoded: &str) -> String {
    let mut escaped = String::with_capacity(decoded.len());
    for character in decoded.chars() {
        if character.is_ascii_control() {
            // Writing to text cannot fail.
            let _ = write!(escaped, "%{:02x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn check_segment(segment: &str) -> Result<(), String> {
    check_size(segment, SEGMENT_SIZE_BYTES_MAX, "a segment")?;
    check_characters(segment)?;
    if segment.is_empty() {
        return Err("it has an empty segment; it may not begin or end with '/' or contain '//'".to_owned());
    }
    if segment.split(';').any(leads_nowhere) {
        return Err(format!("the segment {segment:?} does not name anything below the folder it is in"));
    }
    if names_another_place(segment) {
        return Err(format!(
            "the segment {segment:?} reads as a drive or a URI; give a path inside the tree"
        ));
    }
    Ok(())
}

/// `.` and `..` in all their disguises. Nothing but blanks, or three dots, is only an odd name.
fn leads_nowhere(piece: &str) -> bool {
    let rest = piece.trim_matches('.');
    let is_dotted = piece.contains('.') && piece.chars().all(|other| other == '.' || other.is_whitespace());
    is_dotted && (!rest.is_empty() || piece.len() <= "..".len())
}

fn names_another_place(segment: &str) -> bool {
    let Some((scheme, rest)) = segment.split_once(':') else { return false };
    let known = SCHEMES_WITHOUT_SLASH.iter().any(|name| name.eq_ignore_ascii_case(scheme));
    known || (rest.is_empty() && is_scheme(scheme))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|other| other.is_ascii_alphanumeric() || matches!(other, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests;
