//! How a command ends when it does not work out: what went wrong, what to do next, and the exit code.
//! The words of a server are passed on as they are.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::json;
use tiltyard_client::ClientError;
use tiltyard_wire::mlflow::ErrorCode;

use super::render::visible;

/// The exit codes pipelines may depend on; success is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// The server refused, or something failed.
    Refused = 1,
    /// The command line was wrong, or a question could not be asked.
    Usage = 2,
    /// What was named does not exist.
    NotFound = 3,
    /// The server cannot be reached, does not answer, or is not a registry.
    Unreachable = 4,
}

impl Exit {
    /// The word for programs where the server has none. What is not there is called as MLflow calls it.
    fn error_code(self) -> &'static str {
        match self {
            Self::Refused => "FAILED",
            Self::Usage => "USAGE",
            Self::NotFound => ErrorCode::ResourceDoesNotExist.name(),
            Self::Unreachable => "UNREACHABLE",
        }
    }
}

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    next: Option<String>,
    /// The server's own word for it.
    error_code: Option<String>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), next: None, error_code: None }
    }

    /// Adds what to do next, in place of the general advice.
    #[must_use]
    pub(super) fn next(self, advice: impl Into<String>) -> Self {
        Self { next: Some(advice.into()), ..self }
    }

    /// Adds the server's own word for what went wrong.
    #[must_use]
    fn called(self, error_code: String) -> Self {
        Self { error_code: Some(error_code).filter(|code| !code.is_empty()), ..self }
    }

    /// Writes the failure to stderr, for people or for programs, and gives the exit code.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        let text = if json { self.object().to_string() } else { self.to_string() };
        // When stderr is gone there is nobody left to tell.
        drop(writeln!(io::stderr(), "{text}"));
        ExitCode::from(self.exit as u8)
    }

    fn object(&self) -> serde_json::Value {
        json!({
            "error_code": self.error_code.as_deref().unwrap_or(self.exit.error_code()),
            "message": self.message,
            "next": self.next,
            "exit_code": self.exit as u8,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", visible(&self.message))?;
        match &self.next {
            Some(next) => write!(f, "\n  next: {}", visible(next)),
            None => Ok(()),
        }
    }
}

/// What to do about a request that may have been done although nobody said so.
const LOOK_FIRST: &str = "look whether it was done all the same before you try again";

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let is_unknown_route = error.is_unknown_route();
        let message = error.to_string();
        match error {
            ClientError::Address { .. } => Self::new(Exit::Usage, message)
                .next("name a server, as in --server http://127.0.0.1:5000"),
            ClientError::Unreachable { may_be_done: true, .. } => {
                Self::new(Exit::Unreachable, message).next(LOOK_FIRST)
            }
            ClientError::Unreachable { .. } => Self::new(Exit::Unreachable, message).next(
                "start one with `tiltyard server`, or name yours with --server or in MLFLOW_TRACKING_URI",
            ),
            ClientError::NotTls { .. } => Self::new(Exit::Unreachable, message)
                .next("write http:// in place of https://, or name the address at which TLS ends"),
            ClientError::Silent { may_be_done, .. } => silent(message, may_be_done),
            ClientError::Refused { error_code, .. } if is_unknown_route => no_registry(&message).called(error_code),
            ClientError::Refused { status, error_code, .. } => refused(status, message).called(error_code),
            ClientError::Local(_) => Self::new(Exit::Refused, message),
            ClientError::Unreadable { .. } => Self::new(Exit::Refused, message)
                .next("check that the address is that of a server of Tiltyard or MLflow, and not of a page or proxy"),
        }
    }
}

fn silent(message: String, may_be_done: bool) -> Failure {
    let advice = if may_be_done {
        LOOK_FIRST
    } else {
        "try again, or wait longer with --timeout SECONDS; nothing was changed"
    };
    Failure::new(Exit::Unreachable, message).next(advice)
}

fn no_registry(message: &str) -> Failure {
    Failure::new(Exit::Unreachable, format!("this is not the address of a registry: {message}"))
        .next("check the path in --server or MLFLOW_TRACKING_URI: it is what the server was given as --static-prefix, or none")
}

fn refused(status: u16, message: String) -> Failure {
    match status {
        401 => Failure::new(Exit::Refused, message).next(
            "say who you are: put a token into MLFLOW_TRACKING_TOKEN, or a name and a password into \
             MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        ),
        403 => Failure::new(Exit::Refused, message)
            .next("meet what the server asks for, or ask somebody who holds the right"),
        404 => Failure::new(Exit::NotFound, message).next(
            "see what there is with `tiltyard models list`, `tiltyard versions list NAME` or `tiltyard runs list`",
        ),
        _ => Failure::new(Exit::Refused, message),
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        ClientError::from(error).into()
    }
}
