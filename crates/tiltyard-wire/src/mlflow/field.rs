//! How a field of a request is read, decided by its Rust type; special readings are functions of their own.
//! Checks that need more than one field belong to the feature files or to the rules.

use super::error::WireError;
use super::message::Message;

/// A message that can be read from what came in.
pub trait FromMessage: Sized {
    /// Takes the fields out of the message; unknown ones are ignored.
    fn from_message(message: Message<'_>) -> Result<Self, WireError>;
}

/// A type that says how a field of it is read: `String` is needed, `Option<String>` may be absent.
pub(crate) trait FromField: Sized {
    /// Takes the field of that name.
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError>;
}

impl FromField for String {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.required_text(name)
    }
}

impl FromField for i64 {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.int64(name)?.ok_or_else(|| WireError::missing(name))
    }
}

impl FromField for Option<String> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.text(name)
    }
}

impl FromField for Option<i64> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.int64(name)
    }
}

impl FromField for Option<i32> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.int32(name)
    }
}

impl FromField for Option<bool> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.bool(name)
    }
}

impl FromField for Vec<String> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.texts(name)
    }
}

impl<T: FromMessage> FromField for Vec<T> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.list(name)
    }
}

impl<T: FromMessage> FromField for Option<T> {
    fn from_field(message: &mut Message<'_>, name: &str) -> Result<Self, WireError> {
        message.message(name)
    }
}

/// Text that reads as empty when it is absent.
pub(crate) fn text_or_empty(message: &mut Message<'_>, name: &str) -> Result<String, WireError> {
    Ok(message.text(name)?.unwrap_or_default())
}

/// A number that must be there; empty text counts as missing.
pub(crate) fn required_float64(message: &mut Message<'_>, name: &str) -> Result<f64, WireError> {
    if message.is_empty_text(name) {
        return Err(WireError::missing(name));
    }
    message.float64(name)?.ok_or_else(|| WireError::missing(name))
}

/// A value that must be there.
pub(crate) fn required<T>(message: &mut Message<'_>, name: &str) -> Result<T, WireError>
where
    Option<T>: FromField,
{
    Option::<T>::from_field(message, name)?.ok_or_else(|| WireError::missing(name))
}

/// A list that must be given, though it may be empty.
pub(crate) fn given<T: FromField>(message: &mut Message<'_>, name: &str) -> Result<T, WireError> {
    if !message.is_given(name) || message.is_empty_text(name) {
        return Err(WireError::missing(name));
    }
    T::from_field(message, name)
}

/// The run, by `run_id` or, when that is absent, by its old name `run_uuid`. Clients of MLflow send both.
pub(crate) fn run_id(message: &mut Message<'_>, name: &str) -> Result<String, WireError> {
    let run_id = match message.text(name)? {
        Some(run_id) => Some(run_id),
        None => message.text("run_uuid")?,
    };
    run_id.filter(|run_id| !run_id.is_empty()).ok_or_else(|| WireError::missing(name))
}

/// A page size that MLflow refuses beyond a limit before anything else looks at it.
pub(crate) fn at_most<const MAX: i64>(
    message: &mut Message<'_>,
    name: &str,
) -> Result<Option<i64>, WireError> {
    message.int64_at_most(name, MAX)
}

/// Whether a field would be left out of the JSON: absent options, empty lists, nothing else.
pub(crate) trait Presence {
    /// True when there is nothing to write.
    fn is_absent(&self) -> bool;
}

impl<T> Presence for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Presence for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Presence for std::collections::BTreeMap<K, V> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! always_present {
    ($($scalar:ty),+) => {
        $(impl Presence for $scalar {
            fn is_absent(&self) -> bool {
                false
            }
        })+
    };
}

always_present!(String, i64, f64, bool);
