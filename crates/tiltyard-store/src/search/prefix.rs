//! Patterns that an index can narrow: texts that match begin alike, and stand together in it.

use tiltyard_domain::search::LikePattern;

use super::sorting::start;
use super::sql::Sql;

/// What every text that matches begins with, as far as an index holds it. Where case does not count there is no such thing.
pub(super) fn prefix(pattern: &LikePattern) -> String {
    if pattern.ignores_case() {
        return String::new();
    }
    start(pattern.literal_prefix())
}

/// Writes that `expression`, which an index holds, begins like every match of the pattern.
pub(super) fn and_begins(sql: &mut Sql, expression: &str, pattern: &LikePattern) {
    let prefix = prefix(pattern);
    sql.push(" AND ").push(expression).push(" >= ").bind(prefix.as_str());
    if let Some(end) = behind_all_with(&prefix) {
        sql.push(" AND ").push(expression).push(" < ").bind(end);
    }
}

/// The first text behind all that begin with `prefix`; none where nothing is behind them.
fn behind_all_with(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_a_prefix_end_before_the_next_one() {
        for (prefix, expected) in [
            ("ab", Some("ac")),
            ("a\u{10ffff}", Some("b")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(behind_all_with(prefix).as_deref(), expected, "{prefix}");
        }
    }
}
