//! Lists of quoted texts, the right-hand side of `IN`. MLflow reads them as Python tuples, so here backslashes escape,
//! unlike in texts outside lists. Which fields take a list does not belong here.

use winnow::combinator::alt;

use super::place::refuse_at;
use super::quotes::{inside, quoted};
use super::syntax::{Reader, Spanned, number};
use crate::Refusal;
use crate::limits::LIST_VALUES_MAX;

/// The values up to and with the closing parenthesis; the opening one has been read.
pub(super) fn rest_of_list(reader: &mut Reader<'_>) -> Result<Vec<String>, Refusal> {
    let mut values = Vec::new();
    loop {
        reader.skip_space();
        if reader.take(')').is_some() {
            break;
        }
        values.push(list_value(reader)?);
        reader.skip_space();
        if reader.take(',').is_none() && !reader.text[reader.position()..].starts_with(')') {
            return Err(refuse_shape(reader, "Expected a comma or a closing parenthesis."));
        }
        if values.len() > LIST_VALUES_MAX {
            return Err(refuse_shape(
                reader,
                &format!("At most {LIST_VALUES_MAX} values are read. Split the search."),
            ));
        }
    }
    if values.is_empty() { Err(refuse_empty(reader)) } else { Ok(values) }
}

fn list_value(reader: &mut Reader<'_>) -> Result<String, Refusal> {
    if let Some(text) = reader.take(alt((quoted('\''), quoted('"')))) {
        return unescape(reader, &text);
    }
    if let Some(number) = reader.take(number) {
        let message = format!(
            "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: {}. Put it in quotes.",
            number.value
        );
        return Err(refuse_at(reader.text, number.span, message));
    }
    Err(refuse_shape(reader, "Expected a quoted text."))
}

fn refuse_shape(reader: &Reader<'_>, advice: &str) -> Refusal {
    reader.refuse_here(|_| {
        format!(
            "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list. {advice}"
        )
    })
}

fn refuse_empty(reader: &Reader<'_>) -> Refusal {
    let end = reader.position();
    let message =
        "While parsing a list in the query, expected a non-empty list of string values, but got empty list";
    refuse_at(reader.text, end - 1..end, message)
}

/// The text that a Python string of this source stands for. Rare escapes, and quotes doubled as in SQL (which Python
/// would drop without a word), are refused rather than guessed.
fn unescape(reader: &Reader<'_>, quoted: &Spanned<&str>) -> Result<String, Refusal> {
    let quote = quoted.value.chars().next().unwrap_or('\'');
    let mut chars = inside(quoted.value).chars();
    let mut text = String::new();
    while let Some(next) = chars.next() {
        match (next, chars.as_str().chars().next()) {
            ('\\', Some(escaped)) => {
                chars.next();
                text.push_str(&escape(escaped).ok_or_else(|| refuse_text(reader, quoted))?);
            }
            (found, _) if found == quote || found == '\\' => return Err(refuse_text(reader, quoted)),
            (found, _) => text.push(found),
        }
    }
    Ok(text)
}

fn escape(escaped: char) -> Option<String> {
    match escaped {
        '\\' | '\'' | '"' => Some(escaped.into()),
        'n' => Some("\n".into()),
        't' => Some("\t".into()),
        'r' => Some("\r".into()),
        'a' | 'b' | 'f' | 'v' | 'x' | 'u' | 'U' | 'N' | '0'..='7' | '\n' | '\r' => None,
        other => Some(format!("\\{other}")),
    }
}

fn refuse_text(reader: &Reader<'_>, quoted: &Spanned<&str>) -> Refusal {
    let message = "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list. In a list, write \\' for a quote and \\\\ for a backslash.";
    refuse_at(reader.text, quoted.span.clone(), message)
}
