//! How a use case fails: a refusal for the caller, or a failure of what lies below.

use tiltyard_domain::Refusal;
use tiltyard_domain::promotion::Unmet;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A policy requires more before the pointer may move.
    #[error("the policy requires more: {}", .0.iter().map(|unmet| unmet.reason.as_str()).collect::<Vec<_>>().join("; "))]
    Unmet(Vec<Unmet>),
    /// The metadata store failed.
    #[error(transparent)]
    Store(#[from] tiltyard_store::Error),
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
