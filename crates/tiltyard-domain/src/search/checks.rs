//! The checks that fields of all searches share: which operators and values a kind of field takes, in MLflow's words.
//! Names of fields belong beside their search.

use std::fmt::Display;

use super::LikePattern;
use super::place::{refuse_at, shorten};
use super::quotes::inside;
use super::syntax::{Clause, Operand, Operator};
use super::tree::{NumberOperator, Test, TextOperator};
use crate::Refusal;
use crate::limits::LIKE_PATTERN_BYTES_MAX;

/// What a text field takes, and how to say what it does not take.
pub(super) struct TextRule<'a> {
    /// `IN` and `NOT IN`.
    pub(super) lists: bool,
    /// `IS NULL` and `IS NOT NULL`.
    pub(super) presence: bool,
    /// Numbers and words without quotes count as text.
    pub(super) bare_words: bool,
    /// What is said of a value of another type; the value follows.
    pub(super) expected: &'a str,
    /// What is said of a list where none is taken.
    pub(super) no_list: &'a str,
    /// What is said of `IS NULL` where it is not taken.
    pub(super) no_presence: &'a str,
}

impl Clause<'_> {
    /// False for `IS NULL` and `IS NOT NULL`.
    pub(super) fn takes_value(&self) -> bool {
        !matches!(self.operator.value, Operator::IsNull | Operator::IsNotNull)
    }

    pub(super) fn refuse_identifier(&self, message: impl Display) -> Refusal {
        refuse_at(self.text, self.identifier.span.clone(), message)
    }

    pub(super) fn refuse_operator(&self, message: impl Display) -> Refusal {
        refuse_at(self.text, self.operator.span.clone(), message)
    }

    pub(super) fn refuse_operand(&self, message: impl Display) -> Refusal {
        refuse_at(self.text, self.operand.span.clone(), message)
    }

    /// The right-hand side as it was written.
    pub(super) fn operand_text(&self) -> String {
        shorten(&self.text[self.operand.span.clone()])
    }

    fn refuse_comparator(&self, valid: &[&str]) -> Refusal {
        self.refuse_operator(format!(
            "Invalid comparator '{}' not one of '{}'",
            self.operator.value.name(),
            set(valid)
        ))
    }
}

/// A key of the searches that know attributes and tags only.
pub(super) enum RegistryKey<'a> {
    Attribute(&'a str),
    Tag(&'a str),
}

/// Reads an identifier of such a search.
pub(super) fn registry_identifier(identifier: &str) -> Result<RegistryKey<'_>, String> {
    let (entity, key) = split_identifier(identifier);
    match entity {
        None | Some("attribute") => Ok(RegistryKey::Attribute(unquoted(key))),
        Some("tag" | "tags") => Ok(RegistryKey::Tag(unquoted(key))),
        Some(other) => {
            let valid = "('attribute', 'tag', 'tags')";
            Err(format!("Invalid entity type '{}'. Valid entity types are {valid}", shorten(other)))
        }
    }
}

impl Operator<'_> {
    /// The operator in capital letters.
    pub(super) fn name(self) -> String {
        match self {
            Self::Compare(operator) => operator.symbol().to_owned(),
            Self::Like => "LIKE".to_owned(),
            Self::IgnoringCaseLike => "ILIKE".to_owned(),
            Self::In => "IN".to_owned(),
            Self::NotIn => "NOT IN".to_owned(),
            Self::IsNull => "IS NULL".to_owned(),
            Self::IsNotNull => "IS NOT NULL".to_owned(),
            Self::Unknown(text) => text.to_uppercase(),
        }
    }
}

/// Splits at the first dot, wherever it stands.
pub(super) fn split_identifier(identifier: &str) -> (Option<&str>, &str) {
    match identifier.split_once('.') {
        Some((entity, key)) => (Some(entity), key),
        None => (None, identifier),
    }
}

/// A key without the quotes around it.
pub(super) fn unquoted(key: &str) -> &str {
    let key = ['\'', '"'].iter().find(|quote| is_quoted(key, **quote)).map_or(key, |_| inside(key));
    if is_quoted(key, '`') { inside(key) } else { key }
}

/// An entity without the backticks around it.
pub(super) fn without_backticks(entity: &str) -> &str {
    if is_quoted(entity, '`') { inside(entity) } else { entity }
}

fn is_quoted(text: &str, quote: char) -> bool {
    text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote)
}

/// Names as MLflow lists them, but always in the same order.
pub(super) fn set(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!("{{{}}}", quoted.join(", "))
}

/// The field of that name.
pub(super) fn named<T: Copy>(names: &[(&str, T)], key: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == key).map(|(_, field)| *field)
}

/// The message for an attribute that does not exist.
pub(super) fn unknown_attribute<T>(names: &[(&str, T)], key: &str) -> String {
    let valid: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    format!("Invalid attribute key '{}' specified. Valid keys are '{}'", shorten(key), set(&valid))
}

const NUMBER_COMPARATORS: &[&str] = &["!=", "<", "<=", "=", ">", ">="];

/// The comparison of a number field; `expected` is what is said of a value of another type, which follows.
pub(super) fn number_test(clause: &Clause<'_>, expected: &str) -> Result<Test, Refusal> {
    let value = number_operand(clause, expected)?;
    Ok(Test::Number { operator: number_operator(clause)?, value })
}

/// As `number_test`, for a field of whole numbers that takes a fraction on the right.
pub(super) fn time_test(clause: &Clause<'_>, expected: &str) -> Result<Test, Refusal> {
    let value = number_operand(clause, expected)?;
    let operator = number_operator(clause)?;
    match integer_operand(clause) {
        Some(value) => Ok(Test::Integer { operator, value }),
        None => Ok(Test::Number { operator, value }),
    }
}

/// The comparison of a field of whole numbers that refuses fractions.
pub(super) fn integer_test(clause: &Clause<'_>, key: &str) -> Result<Test, Refusal> {
    let value = integer_operand(clause).ok_or_else(|| {
        let found = clause.operand_text();
        clause.refuse_operand(format!(
            "Invalid value for numeric attribute '{key}': {found}. Expected a whole number."
        ))
    })?;
    Ok(Test::Integer { operator: number_operator(clause)?, value })
}

pub(super) fn number_operator(clause: &Clause<'_>) -> Result<NumberOperator, Refusal> {
    match clause.operator.value {
        Operator::Compare(operator) => Ok(operator),
        _ => Err(clause.refuse_comparator(NUMBER_COMPARATORS)),
    }
}

fn number_operand(clause: &Clause<'_>, expected: &str) -> Result<f64, Refusal> {
    let parsed = match clause.operand.value {
        Operand::Number(text) => text.parse().ok(),
        _ => None,
    };
    parsed.ok_or_else(|| clause.refuse_operand(format!("{expected} Found {}", clause.operand_text())))
}

fn integer_operand(clause: &Clause<'_>) -> Option<i64> {
    match clause.operand.value {
        Operand::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// The comparison of a text field.
pub(super) fn text_test(clause: &Clause<'_>, rule: &TextRule<'_>) -> Result<Test, Refusal> {
    let operator = clause.operator.value;
    if !clause.takes_value() {
        return presence_test(clause, rule);
    }
    match (operator, &clause.operand.value) {
        (_, Operand::List(_)) if !rule.lists => Err(clause.refuse_operand(rule.no_list)),
        (Operator::In | Operator::NotIn, Operand::List(values)) => {
            Ok(Test::OneOf { values: values.clone(), negated: operator == Operator::NotIn })
        }
        (_, Operand::List(_)) => {
            Err(clause.refuse_operator("Invalid comparison clause. A list stands only after IN or NOT IN."))
        }
        (Operator::In | Operator::NotIn, _) => Err(clause
            .refuse_operand("Invalid clause(s) in filter string: a list such as ('a', 'b') must follow IN.")),
        _ => scalar_text_test(clause, rule),
    }
}

fn presence_test(clause: &Clause<'_>, rule: &TextRule<'_>) -> Result<Test, Refusal> {
    if rule.presence {
        Ok(Test::Present(clause.operator.value == Operator::IsNotNull))
    } else {
        Err(clause.refuse_operator(rule.no_presence))
    }
}

fn scalar_text_test(clause: &Clause<'_>, rule: &TextRule<'_>) -> Result<Test, Refusal> {
    let value = text_operand(clause, rule)?;
    match clause.operator.value {
        Operator::Compare(NumberOperator::Equal) => Ok(Test::Text { operator: TextOperator::Equal, value }),
        Operator::Compare(NumberOperator::NotEqual) => {
            Ok(Test::Text { operator: TextOperator::NotEqual, value })
        }
        Operator::Like => bounded(clause, &value).map(|()| Test::Like(LikePattern::exact(value))),
        Operator::IgnoringCaseLike => {
            bounded(clause, &value).map(|()| Test::Like(LikePattern::ignoring_case(value)))
        }
        _ => Err(clause.refuse_comparator(&text_comparators(rule))),
    }
}

fn text_comparators(rule: &TextRule<'_>) -> Vec<&'static str> {
    let mut valid = vec!["!=", "=", "ILIKE", "LIKE"];
    if rule.lists {
        valid.extend(["IN", "NOT IN"]);
    }
    if rule.presence {
        valid.extend(["IS NULL", "IS NOT NULL"]);
    }
    valid
}

fn text_operand(clause: &Clause<'_>, rule: &TextRule<'_>) -> Result<String, Refusal> {
    match clause.operand.value {
        Operand::Quoted(text) => Ok(text.to_owned()),
        Operand::Number(text) | Operand::Word(text) if rule.bare_words => Ok(text.to_owned()),
        Operand::Word(text) => Err(clause.refuse_operand(format!(
            "Parameter value is either not quoted or unidentified quote types used for string value {}. Use either single or double quotes.",
            shorten(text)
        ))),
        _ => Err(clause.refuse_operand(format!("{} Got value {}", rule.expected, clause.operand_text()))),
    }
}

fn bounded(clause: &Clause<'_>, pattern: &str) -> Result<(), Refusal> {
    if pattern.len() > LIKE_PATTERN_BYTES_MAX {
        return Err(clause.refuse_operand(format!(
            "Invalid pattern: it is {} bytes long, at most {LIKE_PATTERN_BYTES_MAX} are read.",
            pattern.len()
        )));
    }
    Ok(())
}

/// The comparison of an experiment id, which is written as text and is a whole number.
pub(super) fn experiment_id_test(clause: &Clause<'_>, rule: &TextRule<'_>) -> Result<Test, Refusal> {
    match text_test(clause, rule)? {
        Test::Text { operator: TextOperator::Equal, value } => {
            Ok(Test::Integer { operator: NumberOperator::Equal, value: experiment_id(clause, &value)? })
        }
        Test::Text { operator: TextOperator::NotEqual, value } => {
            Ok(Test::Integer { operator: NumberOperator::NotEqual, value: experiment_id(clause, &value)? })
        }
        Test::OneOf { values, negated } => {
            let values = values.iter().map(|value| experiment_id(clause, value)).collect::<Result<_, _>>()?;
            Ok(Test::OneOfIntegers { values, negated })
        }
        _ => {
            let name = clause.operator.value.name();
            Err(clause.refuse_operator(format!("Invalid comparator for experiment_id: {name}")))
        }
    }
}

fn experiment_id(clause: &Clause<'_>, value: &str) -> Result<i64, Refusal> {
    value.trim().parse().map_err(|_| {
        let value = shorten(value);
        clause.refuse_operand(format!(
            "Invalid experiment ID '{value}'. Experiment ID must be a valid integer."
        ))
    })
}
