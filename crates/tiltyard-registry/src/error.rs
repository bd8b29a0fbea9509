//! How a use case fails: a refusal for the caller, or a failure of what lies below.

use tiltyard_domain::Refusal;
use tiltyard_domain::promotion::Unmet;
use tiltyard_store::Error as StoreError;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A policy requires more before the pointer may move.
    #[error("the policy requires more: {}", .0.iter().map(|unmet| unmet.reason.as_str()).collect::<Vec<_>>().join("; "))]
    Unmet(Vec<Unmet>),
    /// Too much is asked at once; the same request may work later.
    #[error("{0}")]
    Busy(StoreError),
    /// The database cannot be reached, or cannot serve for now; nothing was changed. The text is for the log, not for callers.
    #[error("{0}")]
    Unavailable(String),
    /// The question takes too long as it was asked.
    #[error("{0}")]
    TooSlow(StoreError),
    /// The database went away while the change was being committed: it was made, or was not. The text is for the log.
    #[error("{0}")]
    Uncertain(String),
    /// No room is left for data below. The text is for the log, not for callers.
    #[error("{0}")]
    Full(String),
    /// The store failed. The text is for the log, not for callers.
    #[error("{0}")]
    Store(StoreError),
    /// Something else below failed. The text is for the log, not for callers.
    #[error("{0}")]
    Broken(String),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy { .. }
            | StoreError::Crowded { .. }
            | StoreError::Exhausted { .. }
            | StoreError::Contended { .. }
            | StoreError::Closed
            | StoreError::Conflict => Self::Busy(error),
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Nul | StoreError::TooLong => Self::invalid(error.to_string()),
            StoreError::Deadline { .. } => Self::TooSlow(error),
            uncertain if uncertain.is_uncertain() => Self::Uncertain(uncertain.to_string()),
            full if full.is_full() => Self::Full(full.to_string()),
            other => Self::Store(other),
        }
    }
}

impl Error {
    /// A value that is not allowed.
    pub fn invalid(message: impl Into<String>) -> Self {
        Refusal::invalid(message).into()
    }

    /// A thing that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Refusal::not_found(message).into()
    }
}
