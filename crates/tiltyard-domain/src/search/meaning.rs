//! What a filter and an order mean, on facts held in memory: the yardstick for the SQL of the store.
//! Where the facts come from is the caller's business.

use std::cmp::Ordering;

use super::{Filter, NumberOperator, Order, Test, TextOperator};

/// One value of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A floating point number, `NaN` allowed.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'a str),
}

/// What is known about one listed thing.
pub trait Facts<F> {
    /// The values of a field: none if it is missing, several where a comparison may hold for any of them
    /// (datasets of a run, observations of a logged model's metric).
    fn values(&self, field: &F) -> Vec<Value<'_>>;
}

impl<F> Filter<F> {
    /// Whether every comparison holds.
    pub fn matches(&self, facts: &impl Facts<F>) -> bool {
        self.comparisons.iter().all(|comparison| comparison.test.passes(&facts.values(&comparison.field)))
    }
}

impl Test {
    fn passes(&self, values: &[Value<'_>]) -> bool {
        match self {
            Self::Present(present) => values.is_empty() != *present,
            _ => values.iter().any(|value| self.holds(*value)),
        }
    }

    fn holds(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Number { operator, value }, Value::Number(found)) => {
                operator.holds(found.partial_cmp(value))
            }
            (Self::Number { operator, value }, Value::Integer(found)) => {
                operator.holds(approximate(found).partial_cmp(value))
            }
            (Self::Integer { operator, value }, Value::Integer(found)) => {
                operator.holds(Some(found.cmp(value)))
            }
            (Self::OneOfIntegers { values, negated }, Value::Integer(found)) => {
                values.contains(&found) != *negated
            }
            (test, Value::Text(found)) => test.holds_for_text(found),
            _ => false,
        }
    }

    fn holds_for_text(&self, found: &str) -> bool {
        match self {
            Self::Text { operator: TextOperator::Equal, value } => found == value,
            Self::Text { operator: TextOperator::NotEqual, value } => found != value,
            Self::Like(pattern) => pattern.matches(found),
            Self::OneOf { values, negated } => values.iter().any(|value| value == found) != *negated,
            _ => false,
        }
    }
}

impl NumberOperator {
    /// Whether the operator holds for the outcome of a comparison; `None` is a comparison with `NaN`.
    fn holds(self, outcome: Option<Ordering>) -> bool {
        match self {
            Self::Equal => outcome == Some(Ordering::Equal),
            Self::NotEqual => outcome != Some(Ordering::Equal),
            Self::Less => outcome == Some(Ordering::Less),
            Self::LessOrEqual => matches!(outcome, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => outcome == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(outcome, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Compares two listed things field by field: values, then `NaN`, then missing, in both directions.
pub fn compare<F>(orders: &[Order<F>], left: &impl Facts<F>, right: &impl Facts<F>) -> Ordering {
    orders
        .iter()
        .map(|order| compare_by(order, left.values(&order.field).first(), right.values(&order.field).first()))
        .find(|outcome| outcome.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_by<F>(order: &Order<F>, left: Option<&Value<'_>>, right: Option<&Value<'_>>) -> Ordering {
    let by_value = compare_values(left, right);
    let directed = if order.descending { by_value.reverse() } else { by_value };
    rank(left).cmp(&rank(right)).then(directed)
}

/// Where a value stands before its size is looked at.
fn rank(value: Option<&Value<'_>>) -> u8 {
    match value {
        Some(Value::Number(number)) if number.is_nan() => 1,
        Some(_) => 0,
        None => 2,
    }
}

fn compare_values(left: Option<&Value<'_>>, right: Option<&Value<'_>>) -> Ordering {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            left.partial_cmp(right).unwrap_or(Ordering::Equal)
        }
        (Some(Value::Integer(left)), Some(Value::Integer(right))) => left.cmp(right),
        (Some(Value::Text(left)), Some(Value::Text(right))) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

#[expect(clippy::cast_precision_loss, reason = "whole numbers here are milliseconds, far below 2^53")]
fn approximate(number: i64) -> f64 {
    number as f64
}
