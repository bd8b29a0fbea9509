//! The one error of the benchmark: what was being done, and why it did not work.
//! Measured failures (a server answering 500) are data, not errors, and stay out of here.

use std::{error::Error, fmt};

/// Result of anything that can stop a benchmark run.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// What was attempted, with the cause if there is one.
#[derive(Debug)]
pub(crate) struct Failure {
    attempt: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure that has no underlying error.
    pub(crate) fn new(attempt: impl Into<String>) -> Self {
        Self { attempt: attempt.into(), cause: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(out, "{}: {cause}", self.attempt),
            None => out.write_str(&self.attempt),
        }
    }
}

impl Error for Failure {}

/// Adds the attempt to any error.
pub(crate) trait During<T> {
    /// Says what was being done when this failed.
    fn during(self, attempt: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> During<T> for Result<T, E> {
    fn during(self, attempt: impl fmt::Display) -> Outcome<T> {
        self.map_err(|cause| Failure { attempt: attempt.to_string(), cause: Some(cause.into()) })
    }
}
