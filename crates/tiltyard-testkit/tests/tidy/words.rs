//! What comments and pages may name: no machine of ours, no host that readers have no use for, no number of an issue.
//! They are read by strangers, years later.

use crate::none;
use crate::sources::{Source, file, files, made_up, rust};

/// Hosts that readers may be sent to, and those that stand for any.
const HOSTS: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "example.com",
    "example.org",
    "mlflow.org",
    "apache.org",
    "keepachangelog.com",
];
/// Where the folders of people begin.
const HOMES: &[&str] = &["/home/", "/root/", "/Users/"];

#[test]
fn comments_and_pages_name_nothing_that_only_we_know() {
    let pages = ["docs", "conformance", "bench", "deploy"].into_iter().flat_map(|folder| files(folder, "md"));
    let fronts = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "dev", ".ci/run"].map(file);
    none(rust().iter().flat_map(|source| private_words(source, is_comment)));
    none(pages.chain(fronts).flat_map(|page| private_words(&page, |_| true)));
}

#[test]
fn the_rule_about_words_can_be_broken() {
    for comment in ["// see https://internal.corp/page", "//! in /home/somebody/x", "// fixes #12"] {
        assert_eq!(private_words(&made_up("crates/a/src/a.rs", comment), is_comment).len(), 1, "{comment}");
    }
    for fine in ["// on http://127.0.0.1:5000", "// https://www.mlflow.org/docs", "let a = \"https://a.b\";"]
    {
        assert!(private_words(&made_up("crates/a/src/a.rs", fine), is_comment).is_empty(), "{fine}");
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn private_words(source: &Source, is_read: fn(&str) -> bool) -> Vec<String> {
    let lines = source.lines().filter(|(_, line)| is_read(line));
    let offends = |line: &str| {
        HOMES.iter().any(|home| line.contains(home)) || names_a_host(line) || names_an_issue(line)
    };
    let found = lines.filter(|(_, line)| offends(line));
    found
        .map(|(number, line)| source.at(number, &format!("strangers cannot use this: {}", line.trim())))
        .collect()
}

fn names_a_host(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let host =
            rest.split(|character: char| !character.is_alphanumeric() && !".-".contains(character)).next();
        let host = host.unwrap_or_default();
        let is_address = host.contains('.');
        is_address && !HOSTS.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")))
    })
}

/// A number sign and a digit, where a word begins.
fn names_an_issue(line: &str) -> bool {
    let words = line.split([' ', '(', '`']).filter_map(|word| word.strip_prefix('#'));
    words.filter_map(|word| word.chars().next()).any(|first| first.is_ascii_digit())
}
