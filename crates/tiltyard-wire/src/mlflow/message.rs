//! What came in, one type for both doors (JSON bodies and query strings), with typed getters that take a field out.
//! Only protobuf's and MLflow's ways of writing a value are known here; what the values mean is not.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};

use super::error::WireError;
use super::field::FromMessage;
use super::names::{camel_case, names};
use super::number::{float, integer};
use super::value::Value;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A request, or a message inside one, from which fields are taken by their snake case name.
///
/// A field may be written in snake case or in camel case, but not both; unknown fields are ignored; `null` is absent.
/// How deep messages nest is bounded by the JSON reader (128 levels).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message<'a> {
    /// In the order of arrival, repeated keys included.
    pairs: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Message<'a> {
    /// Reads a request body. An empty body and `null` are a message without fields.
    pub fn from_json(body: &'a [u8]) -> Result<Self, WireError> {
        // Windows shells begin their files with it.
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        match parse(body)? {
            // Old clients encode their JSON twice.
            Value::Text(text) => parse(text.as_bytes()).map(Value::into_owned).and_then(Self::from_body),
            value => Self::from_body(value),
        }
    }

    fn from_body(body: Value<'a>) -> Result<Self, WireError> {
        match body {
            Value::Null => Ok(Self::default()),
            Value::Message(message) => Ok(message),
            other => {
                let kind = other.python_type();
                Err(WireError::body(format!("Request body must be a JSON object; it was of type '{kind}'.")))
            }
        }
    }

    /// Reads a query string (without the question mark); a key may repeat.
    pub fn from_query(query: &str) -> Result<Message<'static>, WireError> {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(query)
            .map_err(|error| WireError::body(format!("Query string cannot be read: {error}.")))?;
        let pairs = pairs.into_iter().map(|(key, text)| (Cow::Owned(key), Value::Query(Cow::Owned(text))));
        Ok(Message { pairs: pairs.collect() })
    }

    pub(crate) fn from_pairs(pairs: Vec<(Cow<'a, str>, Value<'a>)>) -> Self {
        Self { pairs }
    }

    pub(crate) fn into_owned(self) -> Message<'static> {
        let pairs = self.pairs.into_iter();
        Message {
            pairs: pairs.map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect(),
        }
    }

    /// Sets a field from the path of a request. What the body says of it must agree.
    ///
    /// # Errors
    /// When the message has another value for the field already.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), WireError> {
        match self.take(name)? {
            Value::Null => {}
            Value::Text(given) | Value::Query(given) if given == text => {}
            _ => return Err(WireError::given_twice(name)),
        }
        self.pairs.retain(|(key, _)| !names(key, name));
        self.pairs.push((Cow::Owned(name.to_owned()), Value::Text(Cow::Owned(text.to_owned()))));
        Ok(())
    }

    /// Whether the field has a value, an empty one included.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, value)| *value != Value::Null && names(key, name))
    }

    /// Whether the field was given as empty text.
    pub(crate) fn is_empty_text(&self, name: &str) -> bool {
        let is_empty = |value: &Value<'_>| matches!(value, Value::Text(t) | Value::Query(t) if t.is_empty());
        self.pairs.iter().any(|(key, value)| is_empty(value) && names(key, name))
    }

    /// Takes text. Empty text is not absent.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, WireError> {
        match self.take(name)? {
            Value::Null => Ok(None),
            Value::Text(text) | Value::Query(text) => Ok(Some(text.into_owned())),
            other => Err(invalid(name, &other)),
        }
    }

    /// Takes text that must be there and not be empty.
    pub fn required_text(&mut self, name: &str) -> Result<String, WireError> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| WireError::missing(name))
    }

    /// Takes a whole number, written as a number or as text.
    pub fn int64(&mut self, name: &str) -> Result<Option<i64>, WireError> {
        let value = self.take(name)?;
        match &value {
            Value::Null => Ok(None),
            other => integer(other).map(Some).ok_or_else(|| invalid(name, other)),
        }
    }

    /// Takes a whole number of 32 bits.
    pub fn int32(&mut self, name: &str) -> Result<Option<i32>, WireError> {
        let value = self.take(name)?;
        match &value {
            Value::Null => Ok(None),
            other => integer(other)
                .and_then(|number| i32::try_from(number).ok())
                .map(Some)
                .ok_or_else(|| invalid(name, other)),
        }
    }

    /// Takes a number, written as a number, as text, or as `NaN`, `Infinity` or `-Infinity`.
    pub fn float64(&mut self, name: &str) -> Result<Option<f64>, WireError> {
        let value = self.take(name)?;
        match &value {
            Value::Null => Ok(None),
            other => float(other).map(Some).ok_or_else(|| invalid(name, other)),
        }
    }

    /// Takes a truth value. Only a query string may write it as text, in any letter case.
    pub fn bool(&mut self, name: &str) -> Result<Option<bool>, WireError> {
        match self.take(name)? {
            Value::Null => Ok(None),
            Value::Bool(value) => Ok(Some(value)),
            Value::Query(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Value::Query(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Value::Query(text) => {
                Err(WireError::body(format!("Invalid boolean value: {text}, must be 'true' or 'false'.")))
            }
            other => Err(invalid(name, &other)),
        }
    }

    /// Takes a list of texts: a JSON list, or all values of a repeated query key.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, WireError> {
        let texts = self.take_query_texts(name)?;
        if !texts.is_empty() {
            return Ok(texts);
        }
        match self.take(name)? {
            Value::Null => Ok(Vec::new()),
            Value::List(items) if items.iter().all(|item| matches!(item, Value::Text(_))) => {
                Ok(items.into_iter().filter_map(into_text).collect())
            }
            other => Err(invalid(name, &other)),
        }
    }

    /// Takes a list of messages.
    pub fn list<T: FromMessage>(&mut self, name: &str) -> Result<Vec<T>, WireError> {
        match self.take(name)? {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => {
                let mut read = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    read.push(element(name, index, item)?);
                }
                Ok(read)
            }
            other => Err(invalid(name, &other)),
        }
    }

    /// Takes a message.
    pub fn message<T: FromMessage>(&mut self, name: &str) -> Result<Option<T>, WireError> {
        match self.take(name)? {
            Value::Null => Ok(None),
            Value::Message(message) => T::from_message(message).map(Some).map_err(|error| error.within(name)),
            other => Err(invalid(name, &other)),
        }
    }

    /// Takes an enum value, written as its name or its number.
    pub(crate) fn enumeration<T>(
        &mut self,
        name: &str,
        from_name: fn(&str) -> Option<T>,
        from_number: fn(i64) -> Option<T>,
    ) -> Result<Option<T>, WireError> {
        let value = self.take(name)?;
        let found = match &value {
            Value::Null => return Ok(None),
            Value::Text(text) | Value::Query(text) => {
                from_name(text).or_else(|| text.parse().ok().and_then(from_number))
            }
            other => integer(other).and_then(from_number),
        };
        found.map(Some).ok_or_else(|| invalid(name, &value))
    }

    /// Takes a whole number and refuses it, as it was written, when it is greater than the limit.
    pub(crate) fn int64_at_most(&mut self, name: &str, max: i64) -> Result<Option<i64>, WireError> {
        let value = self.take(name)?;
        match &value {
            Value::Null => Ok(None),
            other => integer(other).filter(|n| *n <= max).map(Some).ok_or_else(|| invalid(name, other)),
        }
    }

    /// Takes the value of a field, `Null` when absent, refusing what contradicts itself.
    fn take(&mut self, name: &str) -> Result<Value<'a>, WireError> {
        let mut found: Option<usize> = None;
        for index in 0..self.pairs.len() {
            let key = &self.pairs[index].0;
            if !names(key, name) {
                continue;
            }
            match found {
                None => found = Some(index),
                Some(first) => self.same_field(name, first, index)?,
            }
        }
        Ok(found.map_or(Value::Null, |index| std::mem::replace(&mut self.pairs[index].1, Value::Null)))
    }

    /// Checks two places that name one field: another spelling is refused, a different value too.
    ///
    /// Whoever authorises a request and whoever carries it out must read the same value.
    fn same_field(&self, name: &str, first: usize, second: usize) -> Result<(), WireError> {
        let ((first_key, first_value), (second_key, second_value)) =
            (&self.pairs[first], &self.pairs[second]);
        if first_key != second_key {
            return Err(WireError::two_spellings(name, &camel_case(name)));
        }
        if first_value != second_value {
            return Err(WireError::given_twice(name));
        }
        Ok(())
    }

    /// All values of a repeated query key; none when the message is not a query or has no such key.
    fn take_query_texts(&mut self, name: &str) -> Result<Vec<String>, WireError> {
        let mut spelling: Option<&str> = None;
        let mut texts = Vec::new();
        for (key, value) in &mut self.pairs {
            let Value::Query(text) = value else { continue };
            if !names(key, name) {
                continue;
            }
            if spelling.is_some_and(|first| first != key) {
                return Err(WireError::two_spellings(name, &camel_case(name)));
            }
            spelling = Some(key);
            texts.push(std::mem::take(text).into_owned());
        }
        Ok(texts)
    }
}

impl Serialize for Message<'_> {
    /// Writes keys in order, as MLflow does when it repeats a value in an error.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pairs: Vec<_> = self.pairs.iter().collect();
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
        serializer.collect_map(pairs.into_iter().map(|(key, value)| (key, value)))
    }
}

fn parse(body: &[u8]) -> Result<Value<'_>, WireError> {
    serde_json::from_slice(body)
        .map_err(|error| WireError::body(format!("Request body is not valid JSON: {error}.")))
}

fn invalid(name: &str, value: &Value<'_>) -> WireError {
    WireError::invalid(name, value.echo(), value.python_type())
}

fn into_text(value: Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}

fn element<T: FromMessage>(name: &str, index: usize, item: Value<'_>) -> Result<T, WireError> {
    match item {
        Value::Message(message) => {
            T::from_message(message).map_err(|error| error.within(&format!("{name}[{index}]")))
        }
        other => Err(invalid(&format!("{name}[{index}]"), &other)),
    }
}
