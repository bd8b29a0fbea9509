//! Names and keys that callers choose: what MLflow allows, in its words where it refuses.
//! Alias names live in `pointer`, artifact paths in `artifact_path`.

use std::fmt::Write;

use crate::{Refusal, limits};

/// The name of a registered model: not blank, no `/` or `:`, not a path that means another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName(String);

impl ModelName {
    /// Reads a model name.
    ///
    /// # Errors
    /// `InvalidValue` in MLflow's words.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Self::parse_field("name", text)
    }

    /// Reads a model name from a field of another name, such as `new_name`.
    ///
    /// # Errors
    /// `InvalidValue` in MLflow's words.
    pub fn parse_field(field: &str, text: &str) -> Result<Self, Refusal> {
        if text.trim().is_empty() {
            return Err(Refusal::invalid(format!("Missing value for required parameter '{field}'.")));
        }
        if text.contains(['/', ':']) {
            return Err(Refusal::invalid(format!(
                "Invalid model name '{text}'. Names cannot contain '/' or ':'."
            )));
        }
        if means_another_path(text) {
            return Err(Refusal::invalid(bad_path("name", text)));
        }
        check_length(field, text, limits::MODEL_NAME_LENGTH_MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks the key of a metric, param or tag. `path` is where the key stands in the request, such as `metrics[3].name`.
///
/// # Errors
/// `InvalidValue` in MLflow's words when the key has other characters than MLflow allows or is a path in disguise.
pub fn check_key(path: &str, key: &str) -> Result<(), Refusal> {
    let allowed = |character: char| {
        character.is_alphanumeric() || matches!(character, '/' | '_' | '.' | '-' | ' ' | ':')
    };
    if !key.chars().all(allowed) {
        return Err(Refusal::invalid(format!(
            "Invalid value {} for parameter '{path}' supplied: Names may only contain alphanumerics, underscores (_), \
             dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
            quoted(key)
        )));
    }
    if means_another_path(key) {
        return Err(Refusal::invalid(bad_path(path, key)));
    }
    Ok(())
}

/// Checks a length in characters.
///
/// # Errors
/// `InvalidValue` in MLflow's words when the text is longer.
pub fn check_length(what: &str, text: &str, length_max: usize) -> Result<(), Refusal> {
    if text.len() > length_max && text.chars().count() > length_max {
        return Err(Refusal::invalid(format!(
            "'{what}' exceeds the maximum length of {length_max} characters"
        )));
    }
    Ok(())
}

fn bad_path(path: &str, text: &str) -> String {
    format!(
        "Invalid value {} for parameter '{path}' supplied: Names may be treated as files in certain cases, and must not \
         resolve to other names when treated as such. This name would resolve to '{}'",
        quoted(text),
        normalised(text)
    )
}

/// Whether a name, read as a path, would be another one: MLflow's `path_not_unique`.
fn means_another_path(text: &str) -> bool {
    let normal = normalised(text);
    normal != text || normal == "." || normal.starts_with("..") || normal.starts_with('/')
}

/// POSIX path normalisation of text, as Python's `posixpath.normpath` does it.
pub(crate) fn normalised(text: &str) -> String {
    let root = match text.bytes().take_while(|&byte| byte == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_none_or(|&last| last == "..") => {
                if root.is_empty() {
                    parts.push(part);
                }
            }
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// Text as a JSON string, the way MLflow quotes values in its messages (ASCII only).
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            ' '..='~' => quoted.push(character),
            _ => {
                quoted
                    .extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Text as Python shows it inside a list, the other way in which MLflow quotes values in its messages.
pub fn python_quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if character == quote || character == '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => {
                // Writing to text cannot fail.
                let _ = write!(quoted, "\\x{:02x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push(quote);
    quoted
}

/// A whole number as Python reads it from text: with blanks around it, and underscores between its digits.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
    let number = text.trim();
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    let is_grouped = digits.split('_').all(|group| group.starts_with(|first: char| first.is_ascii_digit()));
    is_grouped.then(|| number.replace('_', "").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_names_follow_mlflow() {
        for name in ["fraud", "fraud model", "fraud.v2", "ünïcode", "a@b", "a#b", "..."] {
            // "..." starts with "..", which MLflow refuses; all others pass.
            assert_eq!(ModelName::parse(name).is_ok(), name != "...", "{name}");
        }
        for name in ["", "  ", "a/b", "a:b", ".", "..", "../x"] {
            assert!(ModelName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn keys_that_are_paths_in_disguise_are_refused() {
        for key in ["a/b", "a.b", "a b", "a:b", "mlflow.runName", "a/.b"] {
            assert!(check_key("key", key).is_ok(), "{key}");
        }
        for key in ["", "/a", "a//b", "a/./b", "a/../b", "..", "a/", ".", "a\u{0}b", "a;b", "a#b"] {
            assert!(check_key("key", key).is_err(), "{key}");
        }
    }

    #[test]
    fn normalisation_is_pythons() {
        for (input, expected) in [
            ("", "."),
            ("a//b", "a/b"),
            ("/../a", "/a"),
            ("//a", "//a"),
            ("///a", "/a"),
            ("a/..", "."),
            ("../..", "../.."),
        ] {
            assert_eq!(normalised(input), expected, "{input}");
        }
    }

    #[test]
    fn python_quotes_are_pythons() {
        for (input, expected) in [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("it's \"so\"", "'it\\'s \"so\"'"),
            ("a\\b\n\u{7}", "'a\\\\b\\n\\x07'"),
            ("ü", "'ü'"),
        ] {
            assert_eq!(python_quoted(input), expected);
        }
    }

    #[test]
    fn whole_numbers_are_read_as_python_reads_them() {
        for (text, expected) in [("1", 1), (" 12\n", 12), ("1_0", 10), ("+1_000_000", 1_000_000), ("-0_0", 0)]
        {
            assert_eq!(whole_number(text), Some(expected), "{text:?}");
        }
        for text in ["", "_1", "1_", "1__0", "1.5", "+-1", "0x1", "one", "99999999999999999999"] {
            assert_eq!(whole_number(text), None, "{text:?}");
        }
    }
}
