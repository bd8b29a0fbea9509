//! Telling an address from a path, and turning local ones into absolute paths.
//! Which schemes a setting accepts is for that setting to say.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is escaped in a path: all but letters, digits and these.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The scheme before the first colon, in lower case; nothing if the text is a plain path.
pub(super) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let mut characters = scheme.chars();
    let begins = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on = characters.all(|next| next.is_ascii_alphanumeric() || "+-.".contains(next));
    (begins && goes_on).then(|| scheme.to_ascii_lowercase())
}

/// The path in what follows `file:`, relative or absolute. No other machine's files can be reached this way.
pub(super) fn path_of_file_uri(rest: &str) -> Result<PathBuf, String> {
    let path = match rest.strip_prefix("//") {
        Some(with_host) => without_local_host(with_host)?,
        None => rest,
    };
    if path.is_empty() {
        return Err("the address names no folder; write file:///path/to/folder".to_owned());
    }
    Ok(PathBuf::from(decoded(path)?))
}

fn without_local_host(text: &str) -> Result<&str, String> {
    let path = text.strip_prefix("localhost").unwrap_or(text);
    if path.starts_with('/') {
        return Ok(path);
    }
    Err("the address names another machine; write file:///path/to/folder, with three slashes".to_owned())
}

/// Text with its `%20` and the like replaced.
pub(super) fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| "the path is not valid UTF-8 once decoded".to_owned())
}

/// The `file` address of an absolute path.
pub(super) fn file_uri(path: &Path) -> String {
    format!("file://{}", utf8_percent_encode(&path.to_string_lossy(), ESCAPED))
}

/// The path from the root, without `.` and `..`; like the reference server, this does not look at links.
pub(super) fn absolute(working_folder: &Path, path: &Path) -> PathBuf {
    let mut absolute = PathBuf::new();
    for component in working_folder.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                absolute.pop();
            }
            other => absolute.push(other),
        }
    }
    absolute
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{absolute, path_of_file_uri, scheme};

    #[test]
    fn schemes_are_told_from_paths() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(scheme(text).as_deref(), expected, "{text}");
        check("sqlite:///a.db", Some("sqlite"));
        check("PostgreSQL+psycopg2://u:p@h/d", Some("postgresql+psycopg2"));
        check("mlflow-artifacts:/", Some("mlflow-artifacts"));
        check("./mlruns", None);
        check("/srv/a:b", None);
        check("mlruns", None);
    }

    #[test]
    fn file_addresses_become_paths() {
        let check = |rest: &str, expected: Option<&str>| {
            assert_eq!(path_of_file_uri(rest).ok(), expected.map(PathBuf::from), "{rest}");
        };
        check("///a/b%20c", Some("/a/b c"));
        check("//localhost/a", Some("/a"));
        check("/a", Some("/a"));
        check("a/b", Some("a/b"));
        check("./a", Some("./a"));
        check("//elsewhere/a", None);
        check("//localhostess/a", None);
        check("", None);
        check("///%ff", None);
    }

    #[test]
    fn paths_become_absolute() {
        let check = |path: &str, expected: &str| {
            assert_eq!(absolute(Path::new("/srv/x"), Path::new(path)), Path::new(expected), "{path}");
        };
        check("./mlruns", "/srv/x/mlruns");
        check("../mlruns", "/srv/mlruns");
        check("/data", "/data");
        check("/../data", "/data");
        check("", "/srv/x");
    }
}
