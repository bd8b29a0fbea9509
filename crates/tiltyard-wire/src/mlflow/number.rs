//! Numbers as protobuf's JSON allows them to be written.
//! Limits of single fields are in `field` and in the feature files.

use super::value::Value;

/// A whole number the way protobuf's JSON allows it: `1`, `1.0`, `"1"`, `"1.0"`, `"1e3"`.
pub(crate) fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?, number.is_f64())),
        Value::Text(text) | Value::Query(text) => {
            text.parse().ok().or_else(|| whole(text.parse().ok()?, !is_plain_integer(text)))
        }
        _ => None,
    }
}

/// Plain digits that do not fit are out of range; as a float they would be rounded silently.
fn is_plain_integer(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'+')
}

fn whole(number: f64, written_as_float: bool) -> Option<i64> {
    // 2^63 is the first float beyond the range; -2^63 is still inside.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let fits = written_as_float && number.fract() == 0.0 && (-BEYOND..BEYOND).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just checked")]
    fits.then_some(number as i64)
}

/// A number the way protobuf's JSON allows it: also as text, as a truth value, and `NaN` in this spelling only.
pub(crate) fn float(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Text(text) | Value::Query(text) if text == "NaN" => Some(f64::NAN),
        Value::Text(text) | Value::Query(text) => {
            text.trim().parse().ok().filter(|number: &f64| !number.is_nan())
        }
        _ => None,
    }
}
