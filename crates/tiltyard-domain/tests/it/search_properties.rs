//! Properties of the filter language: evaluation against a naive evaluator, printing and reading back, and calm in
//! the face of any text. What MLflow answers to given texts is tested in `searches`.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tiltyard_domain::limits::FILTER_BYTES_MAX;
use tiltyard_domain::search::{
    Comparison, DatasetAttribute, DatasetScope, Filter, LikePattern, LoggedModelOrderRequest, NumberOperator,
    Order, RunAttribute, RunField, RunOrderField, Test, TextOperator, compare, parse_experiment_filter,
    parse_experiment_order, parse_logged_model_filter, parse_logged_model_order, parse_model_filter,
    parse_model_order, parse_run_filter, parse_run_order, parse_version_filter, parse_version_order,
};

use crate::rows::{Cell, Row};

const OPERATORS: [NumberOperator; 6] = [
    NumberOperator::Equal,
    NumberOperator::NotEqual,
    NumberOperator::Less,
    NumberOperator::LessOrEqual,
    NumberOperator::Greater,
    NumberOperator::GreaterOrEqual,
];

proptest! {
    #[test]
    fn a_filter_matches_what_a_naive_evaluator_matches(filter in small_filter(), row in small_row()) {
        prop_assert_eq!(filter.matches(&row), naive_filter(&filter, &row));
    }

    #[test]
    fn a_pattern_matches_what_a_naive_matcher_matches(pattern in "[abA%_]{0,8}", value in "[abAéc]{0,8}") {
        prop_assert_eq!(LikePattern::exact(&pattern).matches(&value), naive_like(pattern.as_bytes(), &value));
        let (lower_pattern, lower_value) = (pattern.to_ascii_lowercase(), value.to_ascii_lowercase());
        let expected = naive_like(lower_pattern.as_bytes(), &lower_value);
        prop_assert_eq!(LikePattern::ignoring_case(&pattern).matches(&value), expected);
    }

    #[test]
    fn every_match_begins_with_the_literal_prefix(pattern in "[ab%_]{0,6}", value in "[ab]{0,6}") {
        let pattern = LikePattern::exact(pattern);
        prop_assert!(!pattern.matches(&value) || value.starts_with(pattern.literal_prefix()));
    }

    #[test]
    fn a_printed_filter_reads_back_as_itself(filter in printable_filter()) {
        let printed = filter.to_string();
        prop_assert_eq!(parse_run_filter(&printed), Ok(filter), "{}", printed);
    }

    #[test]
    fn a_printed_model_filter_reads_back_as_itself(name in "[^'\\\\]*", marker in any::<bool>(), key in "[^`.]+") {
        let marker = if marker { " AND tags.`mlflow.prompt.is_prompt` = 'true'" } else { "" };
        let text = format!("name != '{name}' AND tags.`{key}` IS NOT NULL{marker}");
        let filter = parse_model_filter(&text).unwrap();
        prop_assert_eq!(parse_model_filter(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn the_order_is_total_and_antisymmetric(rows in vec(small_row(), 3), orders in vec(small_order(), 1..3)) {
        let between = |left: usize, right: usize| compare(&orders, &rows[left], &rows[right]);
        prop_assert_eq!(between(0, 0), Ordering::Equal);
        prop_assert_eq!(between(0, 1), between(1, 0).reverse());
        let ascends = |left, right| between(left, right).is_le();
        prop_assert!(!(ascends(0, 1) && ascends(1, 2)) || ascends(0, 2));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>()) {
        parse_everything(&text);
    }

    #[test]
    fn no_sequence_of_words_makes_a_parser_panic(words in vec(select(WORDS), 0..12)) {
        parse_everything(&words.concat());
    }
}

#[test]
fn long_texts_are_answered_at_once() {
    for unit in WORDS.iter().chain(&["params.a='x' ", "a.", "\\'", "tags.`", "run_id in ('", "'a',", "(("]) {
        for start in ["", "params.a = '", "run_id in (", "tags.a = \"", "metrics.`"] {
            let text = format!("{start}{}", unit.repeat(64 * 1024 / unit.len()));
            let before = Instant::now();
            parse_everything(&text);
            assert!(before.elapsed() < Duration::from_secs(2), "{start}{unit}… took {:?}", before.elapsed());
        }
    }
}

#[test]
fn a_text_beyond_the_limit_is_refused_by_its_length() {
    let refusal = parse_run_filter(&"x".repeat(FILTER_BYTES_MAX + 1)).unwrap_err();
    assert!(refusal.message.contains("262145 bytes long, at most 262144"), "{refusal}");
}

#[test]
fn too_many_comparisons_and_fields_are_refused() {
    assert!(parse_run_filter(&vec!["metrics.a > 1"; 100].join(" AND ")).is_ok());
    assert!(parse_run_filter(&vec!["metrics.a > 1"; 101].join(" AND ")).is_err());
    let fields: Vec<String> = (0..33).map(|index| format!("metrics.m{index}")).collect();
    assert!(parse_run_order(&fields[..32]).is_ok());
    assert!(parse_run_order(&fields).is_err());
}

#[test]
fn a_refusal_points_at_the_place() {
    let check = |text: &str, expected: &str| {
        let message = parse_run_filter(text).unwrap_err().message;
        assert!(message.ends_with(expected), "{message}");
    };
    check("metrics.a > 1 AND params.é = 2", "(column 30: 2)");
    check("metrics.a == 1", "(column 11: ==)");
    check("metrics.a > 1 AND foo.b = 2", "(column 19: foo.b)");
    check("metrics.a >", "(column 12, at the end)");
    check("run_id IN ('a', 7)", "(column 17: 7)");
}

const WORDS: &[&str] = &[
    "metrics",
    "params",
    ".",
    "`",
    "'",
    "\"",
    "a",
    " ",
    "=",
    "!=",
    ">",
    "LIKE",
    "IN",
    "NOT",
    "IS",
    "NULL",
    "AND",
    "(",
    ")",
    ",",
    "1",
    "-",
    "e",
    "é",
    "\\",
    "tags.a",
    "'x'",
    "run_id",
    "start_time",
    "\n",
    "ASC",
    "desc",
    "datasets.name",
    "name",
    "version_number",
];

fn parse_everything(text: &str) {
    let orders = [text.to_owned()];
    let request = LoggedModelOrderRequest {
        field_name: text.to_owned(),
        ascending: true,
        dataset: DatasetScope::default(),
    };
    let _ = (parse_run_filter(text), parse_experiment_filter(text), parse_model_filter(text));
    let _ = (parse_version_filter(text), parse_logged_model_filter(text, &[]));
    let _ = (parse_run_order(&orders), parse_experiment_order(&orders), parse_model_order(&orders));
    let _ = (parse_version_order(&orders), parse_logged_model_order(&[request]));
}

fn small_text() -> impl Strategy<Value = String> {
    "[aA%_\\\\]{0,3}"
}

fn number() -> impl Strategy<Value = f64> {
    select(vec![-1.0, 0.0, 0.5, 1.0, f64::INFINITY])
}

fn text_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        small_text().prop_map(|value| Test::Text { operator: TextOperator::Equal, value }),
        small_text().prop_map(|value| Test::Text { operator: TextOperator::NotEqual, value }),
        small_text().prop_map(|text| Test::Like(LikePattern::exact(text))),
        small_text().prop_map(|text| Test::Like(LikePattern::ignoring_case(text))),
        any::<bool>().prop_map(Test::Present),
    ]
}

fn list_test() -> impl Strategy<Value = Test> {
    (vec(small_text(), 1..3), any::<bool>()).prop_map(|(values, negated)| Test::OneOf { values, negated })
}

fn number_test() -> impl Strategy<Value = Test> {
    (select(OPERATORS.to_vec()), number()).prop_map(|(operator, value)| Test::Number { operator, value })
}

fn time_test() -> impl Strategy<Value = Test> {
    let whole = (select(OPERATORS.to_vec()), -1_i64..3)
        .prop_map(|(operator, value)| Test::Integer { operator, value });
    prop_oneof![whole, number_test()]
}

fn small_comparison() -> impl Strategy<Value = Comparison<RunField>> {
    let comparison = |(field, test)| Comparison { field, test };
    prop_oneof![
        (Just(RunField::Metric("a".into())), number_test()).prop_map(comparison),
        (Just(RunField::Tag("t".into())), text_test()).prop_map(comparison),
        (Just(RunField::Attribute(RunAttribute::RunId)), list_test()).prop_map(comparison),
        (Just(RunField::Attribute(RunAttribute::EndTime)), time_test()).prop_map(comparison),
        (Just(RunField::Dataset(DatasetAttribute::Name)), list_test()).prop_map(comparison),
    ]
}

fn small_filter() -> impl Strategy<Value = Filter<RunField>> {
    vec(small_comparison(), 0..3).prop_map(|comparisons| Filter { comparisons })
}

fn small_order() -> impl Strategy<Value = Order<RunOrderField>> {
    let fields = vec![
        RunOrderField::Metric("a".into()),
        RunOrderField::Tag("t".into()),
        RunOrderField::Attribute(RunAttribute::EndTime),
    ];
    (select(fields), any::<bool>()).prop_map(|(field, descending)| Order { field, descending })
}

fn small_row() -> impl Strategy<Value = Row> {
    let metric = option::of(prop_oneof![number(), Just(f64::NAN)]);
    let cells =
        (metric, option::of(small_text()), option::of(-1_i64..3), small_text(), vec(small_text(), 0..3));
    cells.prop_map(|(metric, tag, end_time, run_id, datasets)| {
        let mut row = Row::default();
        if let Some(value) = metric {
            row.add("metrics.a", Cell::Number(value));
        }
        if let Some(value) = tag {
            row.add("tags.t", Cell::Text(value));
        }
        if let Some(value) = end_time {
            row.add("attributes.end_time", Cell::Integer(value));
        }
        row.add("attributes.run_id", Cell::Text(run_id));
        for value in datasets {
            row.add("datasets.name", Cell::Text(value));
        }
        row
    })
}

/// Keys and texts that the language can write: it has no escapes.
fn printable_filter() -> impl Strategy<Value = Filter<RunField>> {
    let test = prop_oneof![
        "[^'\\\\]*".prop_map(|value| Test::Text { operator: TextOperator::Equal, value }),
        "[^\"\\\\]*".prop_map(|value| Test::Text { operator: TextOperator::NotEqual, value }),
        "[^'\\\\]*".prop_map(|text| Test::Like(LikePattern::ignoring_case(text))),
        any::<bool>().prop_map(Test::Present),
    ];
    let list =
        (vec("[^\\\\]*", 1..4), any::<bool>()).prop_map(|(values, negated)| Test::OneOf { values, negated });
    let number = (select(OPERATORS.to_vec()), any::<f64>().prop_filter("a number", |value| !value.is_nan()))
        .prop_map(|(operator, value)| Test::Number { operator, value });
    let comparison = |(field, test)| Comparison { field, test };
    let comparisons = prop_oneof![
        ("[^`]*".prop_map(RunField::Metric), number).prop_map(comparison),
        ("[^`]*".prop_map(RunField::Param), test).prop_map(comparison),
        (Just(RunField::Dataset(DatasetAttribute::Digest)), list).prop_map(comparison),
        small_comparison().prop_filter("printable", |comparison| !comparison.to_string().contains('\\')),
    ];
    vec(comparisons, 0..5).prop_map(|comparisons| Filter { comparisons })
}

/// Looks up the one column of each field by hand and compares with Python's habits instead of partial orders.
fn naive_filter(filter: &Filter<RunField>, row: &Row) -> bool {
    let mut fits = true;
    for comparison in &filter.comparisons {
        let column = match &comparison.field {
            RunField::Metric(_) => "metrics.a",
            RunField::Tag(_) => "tags.t",
            RunField::Attribute(RunAttribute::RunId) => "attributes.run_id",
            RunField::Attribute(_) => "attributes.end_time",
            _ => "datasets.name",
        };
        let cells = row.0.get(column).cloned().unwrap_or_default();
        let passed = cells.iter().filter(|cell| naive_test(&comparison.test, cell)).count();
        fits &= match comparison.test {
            Test::Present(wanted) => wanted == (cells.len() == 1),
            _ => passed > 0,
        };
    }
    fits
}

fn naive_test(test: &Test, cell: &Cell) -> bool {
    match (test, cell) {
        (Test::Number { operator, value }, Cell::Number(found)) => naive_number(*operator, *found, *value),
        (Test::Number { operator, value }, Cell::Integer(found)) => {
            naive_number(*operator, small(*found), *value)
        }
        (Test::Integer { operator, value }, Cell::Integer(found)) => {
            naive_number(*operator, small(*found), small(*value))
        }
        (Test::Text { operator, value }, Cell::Text(found)) => {
            (*operator == TextOperator::Equal) == (value == found)
        }
        (Test::OneOf { values, negated }, Cell::Text(found)) => *negated != values.contains(found),
        (Test::Like(pattern), Cell::Text(found)) if pattern.ignores_case() => {
            naive_like(pattern.text().to_ascii_lowercase().as_bytes(), &found.to_ascii_lowercase())
        }
        (Test::Like(pattern), Cell::Text(found)) => naive_like(pattern.text().as_bytes(), found),
        _ => false,
    }
}

/// Converts by way of text, as nothing else here does.
fn small(number: i64) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

fn naive_number(operator: NumberOperator, left: f64, right: f64) -> bool {
    let (at_most, at_least) = (left <= right, left >= right);
    match operator.symbol() {
        "=" => at_most && at_least,
        "!=" => !(at_most && at_least),
        "<" => left < right,
        "<=" => at_most,
        ">" => left > right,
        _ => at_least,
    }
}

/// Tries every way to match; the pattern is ASCII.
fn naive_like(pattern: &[u8], value: &str) -> bool {
    let mut chars = value.chars();
    match pattern.split_first() {
        None => value.is_empty(),
        Some((b'%', rest)) => {
            (0..=value.len()).any(|end| value.is_char_boundary(end) && naive_like(rest, &value[end..]))
        }
        Some((b'_', rest)) => chars.next().is_some() && naive_like(rest, chars.as_str()),
        Some((literal, rest)) => {
            chars.next() == Some(char::from(*literal)) && naive_like(rest, chars.as_str())
        }
    }
}
