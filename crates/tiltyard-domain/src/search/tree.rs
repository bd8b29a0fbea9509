//! The typed tree of a filter and of an order-by, and how a tree is written back as text.
//! Which fields exist, and which tests a field takes, is decided by the parsers beside this file.

use std::fmt::{self, Display, Formatter};

use super::LikePattern;

/// A conjunction: all comparisons must hold. None at all lets everything through.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter<F> {
    /// The comparisons, in the order they were written.
    pub comparisons: Vec<Comparison<F>>,
}

/// One field and what its value must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison<F> {
    /// What is looked at.
    pub field: F,
    /// What must be true of it.
    pub test: Test,
}

/// What must be true of a field. A missing value passes no test but `Present(false)`.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A comparison with a floating point number. `NaN` passes `NotEqual` and nothing else.
    Number {
        /// How to compare.
        operator: NumberOperator,
        /// The right-hand side; may be infinite, never `NaN`.
        value: f64,
    },
    /// A comparison with a whole number.
    Integer {
        /// How to compare.
        operator: NumberOperator,
        /// The right-hand side.
        value: i64,
    },
    /// Equality of text, byte by byte.
    Text {
        /// How to compare.
        operator: TextOperator,
        /// The right-hand side.
        value: String,
    },
    /// A match with a pattern.
    Like(LikePattern),
    /// Membership in a list that is never empty.
    OneOf {
        /// The list.
        values: Vec<String>,
        /// True for `NOT IN`.
        negated: bool,
    },
    /// Membership in a list of whole numbers that is never empty.
    OneOfIntegers {
        /// The list.
        values: Vec<i64>,
        /// True for `NOT IN`.
        negated: bool,
    },
    /// Whether there is a value at all: `IS NOT NULL` is `Present(true)`.
    Present(bool),
}

/// How numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// How text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
}

/// One field to sort by. The parsers return orders that end in a unique field, so that they are total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order<F> {
    /// What to sort by.
    pub field: F,
    /// Largest first. Missing values come last either way, `NaN` just before them.
    pub descending: bool,
}

impl<F> Order<F> {
    /// Smallest first.
    pub fn ascending(field: F) -> Self {
        Self { field, descending: false }
    }

    /// Largest first.
    pub fn descending(field: F) -> Self {
        Self { field, descending: true }
    }
}

impl NumberOperator {
    /// The operator as it is written, which is also its SQL.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl TextOperator {
    /// The operator as it is written, which is also its SQL.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
        }
    }
}

/// Writes the filter in one canonical form, which parses to the same tree. Text that holds both kinds of quotes, or
/// that ends in a backslash, may have no such form: the language cannot escape. Nor have the datasets of a search of
/// logged models, which do not stand in its text.
impl<F: Display> Display for Filter<F> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, comparison) in self.comparisons.iter().enumerate() {
            let joint = if index == 0 { "" } else { " AND " };
            write!(out, "{joint}{comparison}")?;
        }
        Ok(())
    }
}

impl<F: Display> Display for Comparison<F> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.field, self.test)
    }
}

impl Display for Test {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { operator, value } => write!(out, "{} {}", operator.symbol(), PlainNumber(*value)),
            Self::Integer { operator, value } => write!(out, "{} {value}", operator.symbol()),
            Self::Text { operator, value } => write!(out, "{} {}", operator.symbol(), Quoted(value)),
            Self::Like(pattern) if pattern.ignores_case() => write!(out, "ILIKE {}", Quoted(pattern.text())),
            Self::Like(pattern) => write!(out, "LIKE {}", Quoted(pattern.text())),
            Self::OneOf { values, negated } => {
                write_list(out, values.iter().map(|value| Listed(value)), *negated)
            }
            Self::OneOfIntegers { values, negated } => {
                write_list(out, values.iter().map(|value| format!("'{value}'")), *negated)
            }
            Self::Present(true) => out.write_str("IS NOT NULL"),
            Self::Present(false) => out.write_str("IS NULL"),
        }
    }
}

fn write_list<T: Display>(
    out: &mut Formatter<'_>,
    values: impl Iterator<Item = T>,
    negated: bool,
) -> fmt::Result {
    out.write_str(if negated { "NOT IN (" } else { "IN (" })?;
    for (index, value) in values.enumerate() {
        let joint = if index == 0 { "" } else { ", " };
        write!(out, "{joint}{value}")?;
    }
    out.write_str(")")
}

/// A key after its entity, in the quotes that it can bear.
pub(super) struct Key<'a>(pub(super) &'a str);

impl Display for Key<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('`') { '"' } else { '`' };
        write!(out, "{quote}{}{quote}", self.0)
    }
}

/// Text as it is written on the right-hand side, where quotes inside are taken as they stand.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('\'') && !self.0.contains('"') { '"' } else { '\'' };
        write!(out, "{quote}{}{quote}", self.0)
    }
}

/// Text as it is written in a list, where backslashes escape.
struct Listed<'a>(&'a str);

impl Display for Listed<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "'{}'", self.0.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// A number in a form the grammar reads back; it has no word for infinity.
struct PlainNumber(f64);

impl Display for PlainNumber {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value == f64::INFINITY => out.write_str("1e999"),
            value if value == f64::NEG_INFINITY => out.write_str("-1e999"),
            value => write!(out, "{value:?}"),
        }
    }
}
