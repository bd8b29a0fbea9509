//! What can go wrong between us and a server, kept apart so that callers can react to each.
//! What to tell people about it is the caller's business.

use tiltyard_wire::mlflow::{ErrorBody, ErrorCode};

/// How the TLS library calls an answer in plain HTTP to its greeting.
const NOT_TLS: &str = "InvalidContentType";

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
        /// Whether the server may have heard a request that changes something, and done it.
        may_be_done: bool,
    },
    /// The address says `https`, and the server speaks plain HTTP.
    #[error("{server} does not speak TLS")]
    NotTls {
        /// The server.
        server: String,
    },
    /// The server said nothing for too long.
    #[error("{server} has not answered for {seconds} seconds")]
    Silent {
        /// The server.
        server: String,
        /// How long it was waited for.
        seconds: u64,
        /// Whether the request changes something, and may have been done.
        may_be_done: bool,
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
    /// Whether the server does not have the route at all, as opposed to the thing that was named.
    pub fn is_unknown_route(&self) -> bool {
        let thing_is_missing = [ErrorCode::ResourceDoesNotExist.name(), ErrorCode::NotFound.name()];
        matches!(self, Self::Refused { status: 404 | 405, error_code, .. }
            if !thing_is_missing.contains(&error_code.as_str()))
    }

    /// Whether the same call may work in a moment: the server could not be reached, also by a proxy in front of it (502, 504),
    /// or was too busy (429, 503).
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { status: 429 | 502..=504, .. })
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

    /// Reads a failure of the transport, on the way of a request that changes something or does not.
    pub(crate) fn from_transport(server: &str, changes: bool, error: &reqwest::Error) -> Self {
        let (server, reason) = (server.to_owned(), innermost(error));
        if error.is_connect() && reason.contains(NOT_TLS) {
            return Self::NotTls { server };
        }
        Self::Unreachable { server, reason, may_be_done: changes && !error.is_connect() }
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
