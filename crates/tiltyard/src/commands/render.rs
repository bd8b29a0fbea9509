//! How things look as text: tables, and sheets of one thing, without what commands a terminal or deceives a reader.
//! Nothing is printed here, and of the world only one thing is asked: whether a terminal is there to fit a table into.

use std::io::{self, IsTerminal};

use comfy_table::{Table, presets};
use jiff::Timestamp;

use crate::limits::CELL_CHARACTERS_MAX;

/// What stands where there is nothing to say.
const NOTHING: &str = "-";

/// A table with a row of headings; columns are parted by blanks alone, so that `awk` and `cut` can read them. Every row is
/// one line. On a terminal long values are cut; programs get them whole.
pub(super) fn table<R>(headings: &[&str], rows: impl IntoIterator<Item = R>) -> String
where
    R: IntoIterator<Item = String>,
{
    let longest = if io::stdout().is_terminal() { CELL_CHARACTERS_MAX } else { usize::MAX };
    table_within(longest, headings, rows)
}

fn table_within<R>(longest: usize, headings: &[&str], rows: impl IntoIterator<Item = R>) -> String
where
    R: IntoIterator<Item = String>,
{
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    for row in rows {
        table.add_row(row.into_iter().map(|value| cell(&value, longest)));
    }
    flush_left(&table)
}

/// One thing: a line for each of its properties that has a value.
pub(super) fn sheet<'a>(properties: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, value) in properties {
        if !value.is_empty() {
            table.add_row([format!("{name}:"), visible(&value)]);
        }
    }
    flush_left(&table)
}

/// Sheets and tables under one another, with a blank line between them; empty ones are left out.
pub(super) fn paragraphs<const N: usize>(parts: [String; N]) -> String {
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// A titled table, or nothing at all when it has no rows.
pub(super) fn section(title: &str, headings: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    format!("{title}\n{}", table(headings, rows))
}

/// A moment, given in milliseconds.
pub(super) fn time(milliseconds: Option<i64>) -> String {
    let moment = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    moment.map_or_else(String::new, |moment| moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// The time between two moments, in the two largest units.
pub(super) fn duration(from: Option<i64>, to: Option<i64>) -> String {
    let (Some(from), Some(to)) = (from, to) else { return String::new() };
    let seconds = to.saturating_sub(from).max(0) / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m {}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

/// A value in a table: one line, and not longer than that.
fn cell(value: &str, longest: usize) -> String {
    let shown = visible(value).replace('\n', "\\n");
    if shown.is_empty() {
        return NOTHING.to_owned();
    }
    if shown.chars().count() <= longest {
        return shown;
    }
    let cut: String = shown.chars().take(longest.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// The first line of a longer text.
pub(super) fn first_line(text: Option<&str>) -> String {
    text.and_then(|text| text.lines().next()).unwrap_or_default().to_owned()
}

/// Optional text, empty when absent.
pub(super) fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

/// The text with characters written out that command a terminal, turn the direction of what follows, or cannot be seen:
/// names and descriptions come from anybody. Line ends stay.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && (character.is_control() || is_hidden(character)) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character directs or separates text without being seen. Joiners stay: scripts and emoji need them.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// A table's text without the blanks that the preset puts around every line.
fn flush_left(table: &Table) -> String {
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let is_indented = lines.iter().all(|line| line.is_empty() || line.starts_with(' '));
    let lines: Vec<_> = lines.iter().map(|line| line.get(usize::from(is_indented)..).unwrap_or("")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_plain_text_in_columns() {
        let rows = [["churn".to_owned(), "3".to_owned()], ["fraud-detector".to_owned(), String::new()]];
        assert_eq!(
            table(&["name", "version"], rows),
            "\
NAME            VERSION
churn           3
fraud-detector  -"
        );
    }

    #[test]
    fn a_sheet_leaves_out_what_is_empty() {
        let shown =
            sheet([("name", "churn".to_owned()), ("description", String::new()), ("run", "r1".to_owned())]);
        assert_eq!(
            shown,
            "\
name:  churn
run:   r1"
        );
    }

    #[test]
    fn empty_sections_vanish() {
        assert_eq!(paragraphs([section("Tags", &["key"], vec![]), "a".to_owned(), "b".to_owned()]), "a\n\nb");
    }

    #[test]
    fn text_cannot_command_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\nc");
    }

    #[test]
    fn text_cannot_turn_its_direction_or_hide() {
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{feff}"), "a\\u{202e}b\\u{200b}c\\u{feff}");
        assert_eq!(visible("שלום \u{1f468}\u{200d}\u{1f469}"), "שלום \u{1f468}\u{200d}\u{1f469}");
    }

    #[test]
    fn every_row_of_a_table_is_one_line_and_fits_where_it_must() {
        let row = || [["one\ntwo\tthree".to_owned(), "ä".repeat(9)]];
        assert_eq!(
            table_within(8, &["a", "b"], row()),
            "\
A         B
one\\ntw…  äääääää…"
        );
        assert!(table_within(usize::MAX, &["a", "b"], row()).ends_with("one\\ntwo\\tthree  äääääääää"));
    }

    #[test]
    fn moments_are_written_in_utc() {
        assert_eq!(time(Some(1_795_219_382_474)), "2026-11-21 00:03:02Z");
        assert_eq!(time(None), "");
        assert_eq!(time(Some(i64::MAX)), "");
    }

    #[test]
    fn durations_say_their_two_largest_units() {
        let check = |seconds: i64, expected: &str| {
            assert_eq!(duration(Some(1_000), Some(1_000 + seconds * 1_000)), expected);
        };
        check(5, "5s");
        check(65, "1m 5s");
        check(3_700, "1h 1m");
        check(90_000, "1d 1h");
        assert_eq!(duration(Some(1), None), "");
    }

    #[test]
    fn long_text_is_cut_to_its_first_line() {
        assert_eq!(first_line(Some("one\ntwo")), "one");
    }
}
