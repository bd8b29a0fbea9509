//! Declarations of messages, so that a feature file reads like a table of fields and cannot forget one.
//! What a field means and who may send it belongs elsewhere.

/// A message that clients send: a struct, how it is read (`FromMessage`) and how our own client writes it.
///
/// A field is read as its type says, or by the function after `=>`.
macro_rules! request {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $(=> $reader:expr)?,)*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::mlflow::field::Presence::is_absent")]
                pub $field: $type,
            )*
        }

        impl crate::mlflow::field::FromMessage for $name {
            fn from_message(
                mut message: crate::mlflow::message::Message<'_>,
            ) -> Result<Self, crate::mlflow::error::WireError> {
                Ok(Self { $($field: read_field!(message, $field $(, $reader)?),)* })
            }
        }
    )+};
}

/// Reads one field of a request.
macro_rules! read_field {
    ($message:ident, $field:ident) => {
        crate::mlflow::field::FromField::from_field(&mut $message, stringify!($field))?
    };
    ($message:ident, $field:ident, $reader:expr) => {
        $reader(&mut $message, stringify!($field))?
    };
}

/// A message that servers send. Fields that are absent or empty lists are left out, and absent ones read as such.
macro_rules! response {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::mlflow::field::Presence::is_absent")]
                pub $field: $type,
            )*
        }

        impl crate::mlflow::field::Presence for $name {
            fn is_absent(&self) -> bool {
                false
            }
        }
    )+};
}

/// A protobuf enum: written by name, read by name or number.
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$doc:meta])* $value:ident = $text:literal, $number:literal;)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $value,)+
        }

        impl $name {
            /// The name as it stands on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }

            /// The value of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$value),)+ _ => None }
            }

            /// The value of that protobuf number.
            pub fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$value),)+ _ => None }
            }
        }

        impl crate::mlflow::field::FromField for Option<$name> {
            fn from_field(
                message: &mut crate::mlflow::message::Message<'_>,
                name: &str,
            ) -> Result<Self, crate::mlflow::error::WireError> {
                message.enumeration(name, $name::from_name, $name::from_number)
            }
        }

        impl crate::mlflow::field::Presence for $name {
            fn is_absent(&self) -> bool {
                false
            }
        }
    };
}
