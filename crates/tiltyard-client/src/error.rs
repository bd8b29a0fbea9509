//! What can go wrong between us and a server, kept apart so that callers can react to each.
//! What to tell people about it is the caller's business.

use tiltyard_wire::mlflow::{ErrorBody, ErrorCode};

use crate::limits::SILENCE_MAX;

/// Why a call did not bring an answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's address is not one.
    #[error("'{server}' is not the address of a server: {reason}")]
    Address {
        /// What was given.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answered, or the connection broke.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// The server.
        server: String,
        /// The innermost cause.
        reason: String,
    },
    /// The server took the request and then said nothing for too long. It may or may not have done what was asked.
    #[error("{server} has not answered for {} seconds", SILENCE_MAX.as_secs())]
    Silent {
        /// The server.
        server: String,
    },
    /// The server answered with an error.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code's name; the server may know more codes than we do.
        error_code: String,
        /// The server's own words.
        message: String,
    },
    /// The server answered with something else than was asked for.
    #[error("the answer to {path} cannot be read: {reason}")]
    Unreadable {
        /// The path of the call.
        path: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Reading or writing on this side failed.
    #[error("cannot read or write locally: {0}")]
    Local(#[from] std::io::Error),
}

impl ClientError {
    /// Whether the server says that what was named is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether the server does not have the route at all, as opposed to the thing that was named.
    pub fn is_unknown_route(&self) -> bool {
        let thing_is_missing = [ErrorCode::ResourceDoesNotExist.name(), ErrorCode::NotFound.name()];
        matches!(self, Self::Refused { status: 404 | 405, error_code, .. }
            if !thing_is_missing.contains(&error_code.as_str()))
    }

    /// Reads an error answer. Proxies in between answer with pages instead of MLflow's JSON.
    pub(crate) fn refused(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<ErrorBody>(body) {
            Ok(ErrorBody { error_code, message, .. }) => Self::Refused { status, error_code, message },
            Err(_) => Self::Refused {
                status,
                error_code: String::new(),
                message: format!("the server answered with status {status} and no explanation"),
            },
        }
    }

    pub(crate) fn from_transport(server: &str, error: &reqwest::Error) -> Self {
        let server = server.to_owned();
        if error.is_timeout() && !error.is_connect() {
            return Self::Silent { server };
        }
        Self::Unreachable { server, reason: innermost(error) }
    }

    pub(crate) fn unreadable(path: &str, reason: &impl ToString) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// The innermost cause says it best ("connection refused"); the outer ones only repeat the address.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
