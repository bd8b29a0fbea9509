//! A file as an answer: always an attachment, so that no browser shows or runs it, whole or the part that was asked for.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_range_header::{EndPosition, StartPosition, SyntacticallyCorrectRange};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_registry::artifacts::{self, OpenFile, Root};

use crate::caller::Caller;
use crate::error::ApiError;

/// What stands unescaped in the encoded form of a header parameter.
const PARAMETER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');
/// Names and endings that MLflow shows as plain text.
const TEXTS: [&str; 25] = [
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "ipynb",
    "MLmodel",
];

/// Which part of a file is wanted.
enum Part {
    Whole,
    Range(Range<u64>),
    OutOfRange,
}

/// Sends a file of the server's own store.
pub(crate) async fn send(
    caller: &Caller,
    path: &ArtifactPath,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let file = artifacts::open(&caller.context, &caller.permit, path, chosen(headers)).await?;
    Ok(answer(file, path.file_name(), headers))
}

/// Sends a file below a root, wherever that is.
pub(crate) async fn send_from(
    caller: &Caller,
    root: &Root,
    path: &ArtifactPath,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let file = root.open(&caller.context, &caller.permit, path, chosen(headers)).await?;
    Ok(answer(file, path.file_name(), headers))
}

/// Which bytes are wanted, once the size and the tag of the file are known.
fn chosen(headers: &HeaderMap) -> impl Fn(u64, &str) -> Option<Range<u64>> {
    move |size_bytes, tag| match part(headers, size_bytes, tag) {
        Part::Whole => None,
        Part::Range(range) => Some(range),
        Part::OutOfRange => Some(0..0),
    }
}

fn answer(file: OpenFile, name: &str, headers: &HeaderMap) -> Response {
    let part = part(headers, file.size_bytes, &file.tag);
    let mut response = body(file, part);
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(disposition) = HeaderValue::from_str(&attachment(name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn body(file: OpenFile, part: Part) -> Response {
    let size_bytes = file.size_bytes;
    let (status, length, range) = match part {
        Part::Whole => (StatusCode::OK, size_bytes, None),
        Part::Range(range) => {
            let shown = format!("bytes {}-{}/{size_bytes}", range.start, range.end - 1);
            (StatusCode::PARTIAL_CONTENT, range.end - range.start, Some(shown))
        }
        Part::OutOfRange => (StatusCode::RANGE_NOT_SATISFIABLE, 0, Some(format!("bytes */{size_bytes}"))),
    };
    let headers = [(header::ETAG, quoted(&file.tag)), (header::CONTENT_LENGTH, length.to_string())];
    let range = range.map(|range| [(header::CONTENT_RANGE, range)]);
    (status, headers, range, Body::from_stream(file.bytes)).into_response()
}

/// Reads `Range`. What is not understood, and lists of several ranges, get the whole file, which is always right.
fn part(headers: &HeaderMap, size_bytes: u64, tag: &str) -> Part {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_changed = text(header::IF_RANGE).is_some_and(|known| known != quoted(tag));
    let Some(Ok(ranges)) = text(header::RANGE).map(http_range_header::parse_range_header) else {
        return Part::Whole;
    };
    match ranges.ranges[..] {
        _ if is_changed => Part::Whole,
        [one] => within(one, size_bytes),
        _ => Part::Whole,
    }
}

/// The part of a file that a range means; one may reach beyond the end, and before the beginning when counted from the end.
fn within(range: SyntacticallyCorrectRange, size_bytes: u64) -> Part {
    let start = match range.start {
        StartPosition::Index(start) => start,
        StartPosition::FromLast(count) => size_bytes - count.min(size_bytes),
    };
    let end = match range.end {
        EndPosition::Index(last) => last.saturating_add(1).min(size_bytes),
        EndPosition::LastByte => size_bytes,
    };
    if start < end { Part::Range(start..end) } else { Part::OutOfRange }
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// The type that MLflow guesses from a name.
pub(crate) fn content_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or(name, |(_, ending)| ending);
    if TEXTS.contains(&ending) {
        return "text/plain";
    }
    let guessed = mime_guess::from_path(without_compression(name)).first_raw();
    guessed.unwrap_or("application/octet-stream")
}

/// The name whose ending tells the type: that of `data.tar.gz` is `data.tar`, as Python sees it.
fn without_compression(name: &str) -> String {
    if let Some(stem) = name.strip_suffix(".tgz") {
        return format!("{stem}.tar");
    }
    let compressed = [".gz", ".Z", ".bz2", ".xz", ".br"].iter().find_map(|ending| name.strip_suffix(ending));
    compressed.unwrap_or(name).to_owned()
}

/// Names a download. Clients that do not know the encoded form get the name without its unusual characters.
pub(crate) fn attachment(name: &str) -> String {
    let is_token = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+')
            || matches!(character, '-' | '.' | '^' | '_' | '`' | '|' | '~')
    };
    if name.chars().all(is_token) {
        return format!("attachment; filename={name}");
    }
    let plain: String =
        name.chars().map(|character| if character.is_ascii() { character } else { '_' }).collect();
    let quoted = plain.replace('\\', "\\\\").replace('"', "\\\"");
    if name.is_ascii() {
        return format!("attachment; filename=\"{quoted}\"");
    }
    format!("attachment; filename=\"{quoted}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PARAMETER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &'static str, size_bytes: u64) -> Option<Range<u64>> {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(text))]);
        match part(&headers, size_bytes, "tag") {
            Part::Whole => Some(0..size_bytes),
            Part::Range(range) => Some(range),
            Part::OutOfRange => None,
        }
    }

    #[test]
    fn ranges_are_read_as_they_are_meant() {
        for (text, expected) in [
            ("bytes=1-1", Some(1..2)),
            ("bytes=1-", Some(1..3)),
            ("bytes=-2", Some(1..3)),
            ("bytes=0-99", Some(0..3)),
            ("bytes=-99", Some(0..3)),
            ("bytes=3-", None),
            ("bytes=0-0,2-2", Some(0..3)),
            ("nonsense", Some(0..3)),
        ] {
            assert_eq!(range(text, 3), expected, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), None);
    }

    #[test]
    fn downloads_are_named_so_that_every_client_understands() {
        for (name, expected) in [
            ("hi.txt", "attachment; filename=hi.txt"),
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            ("a\"b", "attachment; filename=\"a\\\"b\""),
            ("näme x.json", "attachment; filename=\"n_me x.json\"; filename*=UTF-8''n%C3%A4me%20x.json"),
        ] {
            assert_eq!(attachment(name), expected);
        }
    }

    #[test]
    fn types_are_those_that_mlflow_guesses() {
        for (name, expected) in [
            ("MLmodel", "text/plain"),
            ("a.yaml", "text/plain"),
            ("a.png", "image/png"),
            ("a.html", "text/html"),
            ("model.pkl", "application/octet-stream"),
            ("a.tar.gz", "application/x-tar"),
            ("a.tgz", "application/x-tar"),
            ("a.csv.gz", "text/csv"),
            ("a.gz", "application/octet-stream"),
            ("none", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }
}
