//! What an object store said when it failed, without what nobody may read: addresses can carry signatures.

use std::error::Error as _;
use std::io;
use std::iter::successors;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use crate::error::BlobError;
use crate::limits::SAID_CHARS_MAX;

/// For `map_err`: names what was being done. Whatever is no answer to the request itself counts as a store that cannot be
/// used now: connections that fail or stay silent, and failures over there.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(Error) -> BlobError {
    move |error| {
        let said = said(&error);
        match error {
            Error::Generic { .. } | Error::JoinError { .. } => BlobError::Unavailable { doing, said },
            _ => BlobError::Io { doing, source: io::Error::other(said) },
        }
    }
}

/// Whether the connection ended under the request. That is so with one that was kept and that the store has closed since; the
/// library asks again where a request may be heard twice, which it does not know of those that create.
pub(super) fn is_cut_off(error: &Error) -> bool {
    let causes = successors(error.source(), |cause: &&(dyn std::error::Error + 'static)| (*cause).source());
    causes.filter_map(|cause| cause.downcast_ref::<HttpError>()).any(|failure| {
        matches!(failure.kind(), HttpErrorKind::Request | HttpErrorKind::Interrupted | HttpErrorKind::Unknown)
    })
}

/// The error in one line, not too long.
pub(crate) fn said(error: &Error) -> String {
    said_of(&error.to_string())
}

/// The same of what an error says.
pub(super) fn said_of(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().map(without_query).collect();
    words.join(" ").chars().take(SAID_CHARS_MAX).collect()
}

/// An address up to its question mark; any other word as it is.
fn without_query(word: &str) -> &str {
    word.split_once('?').map(|(before, _)| before).filter(|before| before.contains("://")).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use object_store::Error;

    use super::said;

    #[test]
    fn signatures_are_not_repeated() {
        let source = "Error performing PUT https://a.blob.core/x?sig=hunter2&se=1 in 3ms\n - what?".into();
        let said = said(&Error::Generic { store: "Azure", source });
        assert!(said.ends_with("PUT https://a.blob.core/x in 3ms - what?"), "{said}");
        let source = "long ".repeat(1000).into();
        assert!(super::said(&Error::Generic { store: "S3", source }).len() <= 400);
    }
}
