//! Values on their way to PostgreSQL and back: ours have five kinds, its columns have more, and it says which it expects.

use bytes::BytesMut;
use tokio_postgres::Statement;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::Error;
use crate::engine::{Param, Row, Value};

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// Refuses text that PostgreSQL cannot hold. SQLite can, so that only this engine asks.
pub(super) fn check(params: &[Param<'_>]) -> Result<(), Error> {
    let holds_nul = |param: &Param<'_>| match param {
        Param::Text(text) => text.contains('\0'),
        Param::Texts(texts) => texts.iter().any(|text| text.contains('\0')),
        Param::TextsOrNone(texts) => texts.iter().flatten().any(|text| text.contains('\0')),
        _ => false,
    };
    if params.iter().any(holds_nul) { Err(Error::Nul) } else { Ok(()) }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match (*self, expected) {
            (Param::Null, _) => Ok(IsNull::Yes),
            (Param::Integer(integer), &Type::INT8) => integer.to_sql(expected, out),
            // Small numbers stand in small columns, and a whole number may be compared with others.
            (Param::Integer(integer), &Type::INT4) => i32::try_from(integer)?.to_sql(expected, out),
            #[expect(clippy::cast_precision_loss, reason = "compared with doubles, it is one")]
            (Param::Integer(integer), &Type::FLOAT8) => (integer as f64).to_sql(expected, out),
            (Param::Real(real), &Type::FLOAT8) => real.to_sql(expected, out),
            (Param::Text(text), &Type::TEXT | &Type::JSON) => text.to_sql(expected, out),
            (Param::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(expected, out),
            (Param::Integers(integers), &Type::INT8_ARRAY) => integers.to_sql(expected, out),
            (Param::Reals(reals), &Type::FLOAT8_ARRAY) => reals.to_sql(expected, out),
            (Param::Texts(texts), &Type::TEXT_ARRAY) => texts.to_sql(expected, out),
            (Param::TextsOrNone(texts), &Type::TEXT_ARRAY) => texts.to_sql(expected, out),
            (Param::ListOfBytes(list), &Type::BYTEA_ARRAY) => list.to_sql(expected, out),
            (other, _) => Err(format!("{other:?} is bound where PostgreSQL expects {expected}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value as it goes over the wire, which outlives what it was made of.
#[derive(Debug)]
pub(super) struct Encoded(Option<BytesMut>);

/// Values as a statement that is sent now and answered later needs them.
pub(super) fn encoded(statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Encoded>, Error> {
    let encode = |(param, expected): (&Param<'_>, &Type)| {
        let mut bytes = BytesMut::new();
        match param.to_sql(expected, &mut bytes) {
            Ok(IsNull::Yes) => Ok(Encoded(None)),
            Ok(IsNull::No) => Ok(Encoded(Some(bytes))),
            Err(failure) => Err(Error::Corrupt(failure.to_string())),
        }
    };
    params.iter().zip(statement.params()).map(encode).collect()
}

impl ToSql for Encoded {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Row for tokio_postgres::Row {
    fn value(&self, column: usize) -> Result<Value<'_>, Error> {
        let kind = self.columns().get(column).map(tokio_postgres::Column::type_);
        let kind = kind.ok_or_else(|| Error::Corrupt(format!("there is no column {column}")))?;
        match *kind {
            Type::INT8 => get(self, column, Value::Integer),
            Type::INT4 => get(self, column, |integer: i32| Value::Integer(integer.into())),
            Type::BOOL => get(self, column, |truth: bool| Value::Integer(truth.into())),
            Type::FLOAT8 => get(self, column, Value::Real),
            Type::BYTEA => get(self, column, Value::Bytes),
            _ => get(self, column, Value::Text),
        }
    }
}

fn get<'r, T: FromSql<'r>>(
    row: &'r tokio_postgres::Row,
    column: usize,
    value: impl FnOnce(T) -> Value<'r>,
) -> Result<Value<'r>, Error> {
    Ok(row.try_get::<_, Option<T>>(column)?.map_or(Value::Null, value))
}
