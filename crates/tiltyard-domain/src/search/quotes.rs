//! Quoted texts and keys: where they end, and what is inside.
//! Escapes within lists belong to `lists`; elsewhere there are none.

use winnow::Parser;
use winnow::error::EmptyError;
use winnow::stream::Stream;

use super::syntax::Input;

/// A quoted text without its quotes.
pub(super) fn inside(quoted: &str) -> &str {
    let mut chars = quoted.chars();
    chars.next();
    chars.next_back();
    chars.as_str()
}

/// A quoted text with its quotes.
pub(super) fn quoted<'a>(quote: char) -> impl Parser<Input<'a>, &'a str, EmptyError> {
    move |input: &mut Input<'a>| match quoted_length(input.as_bytes(), quote as u8) {
        Some(length) => Ok(input.next_slice(length)),
        None => Err(EmptyError),
    }
}

/// How long the quoted text at the beginning is. A doubled quote, and one after a backslash, belongs to the text; but
/// where the text would never end, the last such quote is its end, so that 'C:\dir\' can be written.
fn quoted_length(text: &[u8], quote: u8) -> Option<usize> {
    if text.first() != Some(&quote) {
        return None;
    }
    let (mut at, mut last_inner) = (1, None);
    while let Some(found) = text.get(at) {
        let before_quote = text.get(at + 1) == Some(&quote);
        if *found == quote && before_quote {
            last_inner = Some(at);
            at += 2;
        } else if *found == b'\\' && before_quote && quote != b'`' {
            last_inner = Some(at + 1);
            at += 2;
        } else if *found == quote {
            return Some(at + 1);
        } else {
            at += 1;
        }
    }
    last_inner.map(|inner| inner + 1)
}
