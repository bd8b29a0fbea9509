//! A statement as it is written: its text, and the values bound to it. No value ever stands in the text.
//! What is asked for is decided beside this file.

use crate::Read;
use crate::engine::{Dialect, Param};

/// A statement under way.
#[derive(Debug)]
pub(super) struct Sql {
    dialect: Dialect,
    text: String,
    values: Vec<Bound>,
}

/// A value that the statement keeps until it is run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    Integer(i64),
    Real(f64),
    Text(String),
}

impl Read<'_> {
    /// An empty statement, for this engine.
    pub(super) fn sql(&self) -> Sql {
        Sql { dialect: self.dialect(), text: String::new(), values: Vec::new() }
    }
}

impl Sql {
    /// Whose words are to be used.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Appends text.
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Binds a value and appends its place.
    pub(super) fn bind(&mut self, value: impl Into<Bound>) -> &mut Self {
        let value = value.into();
        let is_real = matches!(value, Bound::Real(_));
        self.values.push(value);
        self.text.push('?');
        self.text.push_str(&self.values.len().to_string());
        if is_real && self.dialect == Dialect::Postgres {
            // Compared with a whole number, it would have to be one.
            self.text.push_str("::double precision");
        }
        self
    }

    /// Appends the most rows to answer.
    pub(super) fn limit(&mut self, rows: usize) -> &mut Self {
        self.push(" LIMIT ").bind(i64::try_from(rows).unwrap_or(i64::MAX))
    }

    /// The statement.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The values, in the order of their places.
    pub(super) fn params(&self) -> Vec<Param<'_>> {
        self.values.iter().map(Bound::param).collect()
    }
}

impl Bound {
    fn param(&self) -> Param<'_> {
        match self {
            Self::Integer(integer) => Param::Integer(*integer),
            Self::Real(real) => Param::Real(*real),
            Self::Text(text) => Param::Text(text),
        }
    }
}

impl From<i64> for Bound {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Bound {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Bound {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Bound {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
