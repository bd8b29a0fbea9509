//! A row of a table of any server: what stands in which column.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

/// What stands in a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// Columns by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    cells: Vec<(String, Cell)>,
    unknown: Option<String>,
}

impl Row {
    /// A row of these.
    pub(crate) fn new(cells: Vec<(String, Cell)>) -> Self {
        Self { cells, unknown: None }
    }

    /// The names of its columns.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.cells.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What stands in them.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().map(|(_, cell)| cell)
    }

    /// What stands in a column.
    pub(crate) fn get(&self, name: &str) -> Option<&Cell> {
        self.cells.iter().find(|(known, _)| known == name).map(|(_, cell)| cell)
    }

    /// The whole number in a column; 0 where there is none.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Cell::Integer(integer)) => *integer,
            _ => 0,
        }
    }

    /// Puts something else into a column.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Cell>) -> &mut Self {
        match self.cells.iter_mut().find(|(known, _)| known == name) {
            Some((_, cell)) => *cell = value.into(),
            None => self.unknown = Some(name.to_owned()),
        }
        self
    }

    /// Puts one text for another in all columns.
    pub(crate) fn replace(&mut self, old: &str, new: &str) -> &mut Self {
        for (_, cell) in &mut self.cells {
            if let Cell::Text(text) = cell
                && text.contains(old)
            {
                *text = text.replace(old, new);
            }
        }
        self
    }

    /// A column that was set and that the table does not have.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}
