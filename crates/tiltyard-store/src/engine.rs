//! The little that an SQL engine must do for us: run a statement with values, show rows.
//! Statements are written once, in the subset that SQLite and PostgreSQL share, with `?1`-style places.

use crate::Error;

/// A value bound to a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Param<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    /// A list, where PostgreSQL takes one for many values.
    Integers(&'a [i64]),
    /// A list.
    Reals(&'a [f64]),
    /// A list.
    Texts(&'a [&'a str]),
    /// A list.
    TextsOrNone(&'a [Option<&'a str>]),
    /// A list.
    ListOfBytes(&'a [&'a [u8]]),
}

/// A value in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'r> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'r str),
    Bytes(&'r [u8]),
}

/// One row of an answer.
pub(crate) trait Row {
    fn value(&self, column: usize) -> Result<Value<'_>, Error>;
}

impl dyn Row + '_ {
    /// The value of a column as the type that is asked for.
    pub(crate) fn get<T: FromValue>(&self, column: usize) -> Result<T, Error> {
        let value = self.value(column)?;
        T::from_value(value).ok_or_else(|| Error::Corrupt(format!("column {column} is {value:?}")))
    }
}

/// Whose SQL an engine speaks, for the few statements that must differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement that asks for rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: &'a [Param<'a>],
}

/// A connection inside a transaction or snapshot.
pub(crate) trait Engine {
    fn dialect(&self) -> Dialect;

    /// Once this transaction has committed, whoever follows the journal is told, on every replica.
    fn announce(&mut self);

    /// Runs a statement and tells how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Error>;

    /// Runs a statement and shows each row of its answer.
    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Runs a statement of which nobody needs to know at once what became of it. What goes wrong, or another number of rows
    /// than it must change, may come to light later, with another statement or the commit; it fails the transaction.
    fn send(&mut self, sql: &str, params: &[Param<'_>], rows: Option<u64>) -> Result<(), Error> {
        let changed = self.execute(sql, params)?;
        if rows.is_some_and(|wanted| usize::try_from(wanted) != Ok(changed)) {
            return Err(Error::Conflict);
        }
        Ok(())
    }

    /// Runs several statements that do not depend on each other, and shows each row with the place of its question.
    fn query_several(
        &mut self,
        questions: &[Question<'_>],
        each: &mut dyn FnMut(usize, &dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (place, question) in questions.iter().enumerate() {
            self.query(question.sql, question.params, &mut |row| each(place, row))?;
        }
        Ok(())
    }

    /// The number of a key, if the engine was told and remembers it.
    fn known_key(&mut self, _name: &str) -> Option<i64> {
        None
    }

    /// Tells the engine the number of a key, which is committed.
    fn know_key(&mut self, _name: &str, _key: i64) {}
}

/// Types that a column can be read as.
pub(crate) trait FromValue: Sized {
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl FromValue for i64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(integer),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value).map(|integer| integer != 0)
    }
}

impl FromValue for f64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Real(real) => Some(real),
            #[expect(
                clippy::cast_precision_loss,
                reason = "SQLite keeps whole floats as integers of at most 48 bits"
            )]
            Value::Integer(integer) => Some(integer as Self),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<f64> for Param<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T> From<Option<T>> for Param<'a>
where
    Param<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// Turns values into bound params: `params![name, created]`.
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::engine::Param::from($value)),*] };
}
pub(crate) use params;
