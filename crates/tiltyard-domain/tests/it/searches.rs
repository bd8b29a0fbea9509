//! Every search, compared with what MLflow's own store answered to the same texts over the same rows.
//! `record_searches.py` beside this file asked it and wrote `searches.golden`.

use std::collections::BTreeMap;
use std::fmt::Display;

use tiltyard_domain::Refusal;
use tiltyard_domain::search::{
    DatasetScope, Facts, Filter, LoggedModelOrderRequest, Order, compare, parse_experiment_filter,
    parse_experiment_order, parse_logged_model_filter, parse_logged_model_order, parse_model_filter,
    parse_model_order, parse_run_filter, parse_run_order, parse_version_filter, parse_version_order,
};

use crate::rows::{Cell, Column, Row};

const GOLDEN: &str = include_str!("searches.golden");
const DIFFERENCES: &str = include_str!("searches.differences");

type Rows = BTreeMap<String, Row>;

/// What MLflow, or Tiltyard, answers.
#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Rows {
        understood: String,
        labels: Vec<String>,
    },
    Refused(String),
    /// An internal error: MLflow failed on it.
    Crash,
}

#[test]
fn filters_find_what_mlflow_finds() {
    compare_all("filter", |search, text, rows| match search {
        "runs" => filtered(parse_run_filter(text), rows),
        "experiments" => filtered(parse_experiment_filter(text), rows),
        "models" => filtered(parse_model_filter(text), rows),
        "versions" => filtered(parse_version_filter(text), rows),
        _ => filtered(parse_logged_model_filter(text, &[]), rows),
    });
}

#[test]
fn filters_on_datasets_find_what_mlflow_finds() {
    compare_all("measured", |_, text, rows| {
        let (scopes, filter) = text.split_once('|').unwrap();
        filtered(
            parse_logged_model_filter(filter, &scopes.split_whitespace().map(scope).collect::<Vec<_>>()),
            rows,
        )
    });
}

/// A scope as the recording writes it: `name` or `name#digest`.
fn scope(text: &str) -> DatasetScope {
    let (name, digest) = text.split_once('#').map_or((text, None), |(name, digest)| (name, Some(digest)));
    DatasetScope { name: Some(name.to_owned()), digest: digest.map(str::to_owned) }
}

#[test]
fn orders_sort_as_mlflow_sorts() {
    compare_all("order", |search, text, rows| {
        let parts: Vec<String> = text.split('|').filter(|_| !text.is_empty()).map(str::to_owned).collect();
        match search {
            "runs" => sorted(parse_run_order(&parts), rows),
            "experiments" => sorted(parse_experiment_order(&parts), rows),
            "models" => sorted(parse_model_order(&parts), &models_only(rows)),
            "versions" => sorted(parse_version_order(&parts), &models_only(rows)),
            _ => sorted(parse_logged_model_order(&requests(&parts)), rows),
        }
    });
}

#[test]
fn every_listed_difference_is_about_a_recorded_question() {
    for listed in listed_differences() {
        let recorded = recorded_answers(listed[1])
            .any(|(search, text, _)| search == listed[2] && text == unescape(listed[3]));
        assert!(recorded, "{listed:?} was never asked");
    }
}

/// An ordinary search lists no prompts.
fn models_only(rows: &Rows) -> Rows {
    rows.iter()
        .filter(|(_, row)| !row.0.contains_key("prompt"))
        .map(|(label, row)| (label.clone(), row.clone()))
        .collect()
}

fn requests(parts: &[String]) -> Vec<LoggedModelOrderRequest> {
    let request = |part: &String| {
        let words: Vec<&str> = part.split(' ').collect();
        let dataset = words.get(2).map(|text| scope(text)).unwrap_or_default();
        LoggedModelOrderRequest { field_name: words[0].to_owned(), ascending: words[1] == "asc", dataset }
    };
    parts.iter().map(request).collect()
}

fn filtered<F: Column + Display>(filter: Result<Filter<F>, Refusal>, rows: &Rows) -> Answer {
    match filter {
        Err(refusal) => Answer::Refused(refusal.message),
        Ok(filter) => {
            let found = rows.iter().filter(|(_, row)| filter.matches(*row));
            Answer::Rows {
                understood: filter.to_string(),
                labels: found.map(|(label, _)| label.clone()).collect(),
            }
        }
    }
}

fn sorted<F>(orders: Result<Vec<Order<F>>, Refusal>, rows: &Rows) -> Answer
where
    Row: Facts<F>,
{
    match orders {
        Err(refusal) => Answer::Refused(refusal.message),
        Ok(orders) => {
            let mut labels: Vec<&String> = rows.keys().collect();
            labels.sort_by(|left, right| compare(&orders, &rows[*left], &rows[*right]));
            Answer::Rows { understood: String::new(), labels: labels.into_iter().cloned().collect() }
        }
    }
}

/// Asks all recorded questions of a kind again. An answer may differ only if the difference is listed, and a listed
/// difference must be there.
fn compare_all(kind: &str, ask: impl Fn(&str, &str, &Rows) -> Answer) {
    let rows = recorded_rows();
    let mut faults = Vec::new();
    for (search, text, theirs) in recorded_answers(kind) {
        let ours = ask(&search, &text, &rows[&search]);
        let difference = difference(kind, &theirs, &ours);
        let listed = listed_difference(kind, &search, &text);
        if difference != listed {
            faults.push(format!(
                "{kind}\t{search}\t{text:?}\n  differs: {difference:?}, listed: {listed:?}\n  MLflow: {theirs:?}\n  ours:   {ours:?}"
            ));
        }
    }
    assert!(faults.is_empty(), "{} answers differ:\n{}", faults.len(), faults.join("\n"));
}

/// How our answer differs, in the words of the list of differences.
fn difference(kind: &str, theirs: &Answer, ours: &Answer) -> Option<&'static str> {
    match (theirs, ours) {
        (Answer::Rows { labels: theirs, understood: meant }, Answer::Rows { labels: ours, understood }) => {
            if labels_differ(kind, theirs, ours) {
                Some("other rows")
            } else {
                (meant != understood).then_some("other meaning")
            }
        }
        (Answer::Rows { .. }, _) => Some("refused"),
        (Answer::Refused(_) | Answer::Crash, Answer::Rows { .. }) => Some("accepted"),
        (Answer::Refused(theirs), Answer::Refused(ours)) => {
            (!ours.starts_with(opening(theirs))).then_some("other words")
        }
        (Answer::Crash, _) | (_, Answer::Crash) => None,
    }
}

/// Filters are compared as sets, since recorded rows come in the order of the search.
fn labels_differ(kind: &str, theirs: &[String], ours: &[String]) -> bool {
    let (mut theirs, mut ours) = (theirs.to_vec(), ours.to_vec());
    if kind != "order" {
        theirs.sort();
        ours.sort();
    }
    theirs != ours
}

/// A message up to the first thing it quotes or lists.
fn opening(message: &str) -> &str {
    message.split(['\'', '{', '[', '(']).next().unwrap_or_default()
}

fn listed_difference(kind: &str, search: &str, text: &str) -> Option<&'static str> {
    listed_differences()
        .find(|columns| columns[1..3] == [kind, search] && unescape(columns[3]) == text)
        .map(|columns| columns[0])
}

fn listed_differences() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = DIFFERENCES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').collect())
}

fn recorded_lines() -> impl Iterator<Item = Vec<String>> {
    let lines = GOLDEN.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(unescape).collect())
}

fn recorded_rows() -> BTreeMap<String, Rows> {
    let mut searches: BTreeMap<String, Rows> = BTreeMap::new();
    for line in recorded_lines().filter(|line| line[0] == "fact") {
        let cell = cell(&line[4], &line[5]);
        let rows = searches.entry(line[1].clone()).or_default();
        rows.entry(line[2].clone()).or_default().add(&line[3], cell);
    }
    searches
}

fn cell(kind: &str, text: &str) -> Cell {
    let cell = match kind {
        "number" => text.parse().map(Cell::Number).ok(),
        "integer" => text.parse().map(Cell::Integer).ok(),
        _ => Some(Cell::Text(text.to_owned())),
    };
    cell.unwrap_or_else(|| panic!("{text} is no {kind}"))
}

fn recorded_answers(kind: &str) -> impl Iterator<Item = (String, String, Answer)> {
    recorded_lines().filter(move |line| line[0] == kind).map(|line| {
        let answer = match line[3].as_str() {
            "rows" => Answer::Rows { understood: line[4].clone(), labels: labels(&line[5]) },
            "refused" => Answer::Refused(line[4].clone()),
            _ => Answer::Crash,
        };
        (line[1].clone(), line[2].clone(), answer)
    })
}

fn labels(text: &str) -> Vec<String> {
    let inside = text.trim_start_matches('[').trim_end_matches(']');
    inside.split("] [").filter(|label| !label.is_empty()).map(str::to_owned).collect()
}

fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::new();
    while let Some(next) = chars.next() {
        match next {
            '\\' => plain.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                other => other.unwrap_or('\\'),
            }),
            other => plain.push(other),
        }
    }
    plain
}
