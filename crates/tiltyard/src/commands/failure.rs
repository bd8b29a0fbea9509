//! How a command ends when it does not work out: what went wrong, what to do next, and the exit code.
//! The words of a server are passed on as they are.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use tiltyard_client::ClientError;

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
    /// The server cannot be reached.
    Unreachable = 4,
}

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    next: Option<String>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), next: None }
    }

    /// Adds what to do next, in place of the general advice.
    #[must_use]
    pub(super) fn next(self, advice: impl Into<String>) -> Self {
        Self { next: Some(advice.into()), ..self }
    }

    /// Writes the failure to stderr and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        // When stderr is gone there is nobody left to tell.
        drop(writeln!(io::stderr(), "{self}"));
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", visible(&self.message))?;
        match &self.next {
            Some(next) => write!(f, "\n  next: {next}"),
            None => Ok(()),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        match error {
            ClientError::Address { .. } => Self::new(Exit::Usage, message)
                .next("name a server, as in --server http://127.0.0.1:5000"),
            ClientError::Unreachable { .. } => Self::new(Exit::Unreachable, message).next(
                "start one with `tiltyard server`, or name yours with --server or in MLFLOW_TRACKING_URI",
            ),
            ClientError::Silent { .. } => Self::new(Exit::Unreachable, message)
                .next("look whether it was done all the same before you try again"),
            ClientError::Refused { status: 401, .. } => Self::new(Exit::Refused, message).next(
                "say who you are: put a token into MLFLOW_TRACKING_TOKEN, or a name and a password into \
                 MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            ),
            ClientError::Refused { status: 403, .. } => Self::new(Exit::Refused, message)
                .next("meet what the server asks for, or ask somebody who holds the right"),
            ClientError::Refused { status: 404, .. } => Self::new(Exit::NotFound, message)
                .next("see what there is with `tiltyard models list`, `tiltyard versions list NAME` or `tiltyard runs list`"),
            ClientError::Refused { .. } | ClientError::Local(_) => Self::new(Exit::Refused, message),
            ClientError::Unreadable { .. } => Self::new(Exit::Refused, message)
                .next("check that the address is that of a server of Tiltyard or MLflow, and not of a page or proxy"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        ClientError::from(error).into()
    }
}
