//! Pointing at the place of a fault in a filter or order-by text.
//! What the fault is, in words, is decided where it is found.

use std::fmt::Display;
use std::ops::Range;

use crate::Refusal;
use crate::limits::SNIPPET_CHARS_MAX;

/// A refusal that names the column, counted in characters from one, and repeats what stands there.
pub(super) fn refuse_at(text: &str, span: Range<usize>, message: impl Display) -> Refusal {
    let column = text[..span.start].chars().count() + 1;
    match shorten(&text[span]) {
        snippet if snippet.is_empty() => Refusal::invalid(format!("{message} (column {column}, at the end)")),
        snippet => Refusal::invalid(format!("{message} (column {column}: {snippet})")),
    }
}

/// The text, cut if it is long.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SNIPPET_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The span of the word that begins at `start`, or of the one character there.
pub(super) fn word_at(text: &str, start: usize) -> Range<usize> {
    let rest = &text[start..];
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    start..start + end
}
