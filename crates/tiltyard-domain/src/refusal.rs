//! Why something a caller asked for was not done, in words the caller can act on.
//! How a refusal looks on a wire (status, error code) is decided in `tiltyard-api`, not here.

/// The class of a refusal; each wire format maps it to its own code and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// A value was understood and is not allowed.
    InvalidValue,
    /// The request as a whole could not be understood.
    Malformed,
    /// What was named is not there.
    NotFound,
    /// What was to be made is there already.
    AlreadyExists,
    /// The thing is there, but not in a state in which this may happen.
    WrongState,
    /// The same name was given to another wish before.
    KeyReused,
    /// The caller may not, or a policy requires more first.
    Denied,
    /// The server is too busy to take this now; trying again later may work.
    Busy,
    /// The server does not offer this; the message says what to do instead.
    Unsupported,
}

/// A refusal: what is wrong, where, and what to do about it. The message is public text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The class of the refusal.
    pub kind: RefusalKind,
    /// Public text, a full sentence.
    pub message: String,
}

impl Refusal {
    /// Makes a refusal of the given class.
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A value that is not allowed.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::InvalidValue, message)
    }

    /// A thing that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, message)
    }

    /// A thing that is there already.
    pub fn exists(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::AlreadyExists, message)
    }

    /// A thing that is not in the state this needs.
    pub fn wrong_state(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::WrongState, message)
    }
}
