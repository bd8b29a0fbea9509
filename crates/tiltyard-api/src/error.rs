//! How a failure looks on MLflow's wire: one mapping from kinds to codes and statuses.
//! Public text leaves; what went wrong inside is logged here and does not.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tiltyard_domain::{Refusal, RefusalKind};
use tiltyard_registry::Error;
use tiltyard_wire::mlflow::{ErrorBody, ErrorCode, WireError, to_json_line};

use crate::limits::OUTAGE_TOLD_EVERY;
use crate::measure;
use crate::table::Part;

/// What a client is told when the database is away; why is for the log.
const AWAY: &str = "For now the database is not available. Nothing was changed; try again in a moment.";
/// What a client is told when a change may or may not have been made.
const UNCERTAIN: &str = "The database went away while this change was being committed: it was made, or it was not. Look before \
                         you send it again, or send it with the idempotency key that it had.";
/// What a client is told when nothing more can be kept. Stock clients send such a request again for some minutes.
const NO_ROOM: &str = "No room is left where the server keeps its data. Nothing of this request was kept, and nothing that was \
                       acknowledged is lost. Tell whoever runs the server, and try again once there is room.";

/// A failure on its way to the client.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: ErrorCode,
    status: StatusCode,
    message: String,
}

impl ApiError {
    /// A failure with MLflow's status for its code.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { code, status, message: message.into() }
    }

    /// A value that is not allowed.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterValue, message)
    }

    /// Something that is not there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ResourceDoesNotExist, message)
    }

    /// No such route; MLflow's clients fall back to an older one when they see this.
    pub(crate) fn no_endpoint(path: &str) -> Self {
        Self::new(
            ErrorCode::EndpointNotFound,
            format!("No endpoint at '{path}'. See the documentation for what is served."),
        )
    }

    /// A route of a part that is switched off, in MLflow's words. MLflow answers 503, which its clients send again for minutes
    /// before they show anything; no repetition will help here.
    pub(crate) fn switched_off(part: Part, path: &str) -> Self {
        let why = match part {
            Part::ArtifactStore => {
                "running with `--no-serve-artifacts`. To enable artifacts server functionality, run `mlflow server` with \
                 `--serve-artifacts`"
            }
            Part::Registry | Part::Server => {
                "running in `--artifacts-only` mode. To enable tracking server functionality, run `mlflow server` without \
                 `--artifacts-only`"
            }
        };
        Self::new(
            ErrorCode::NotImplemented,
            format!("Endpoint: {path} disabled due to the mlflow server {why}"),
        )
    }

    /// The same failure under another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same failure of a request that came with an idempotency key: to send it again does no harm.
    pub(crate) fn under_key(self) -> Self {
        match self.code {
            ErrorCode::TemporarilyUnavailable => self.with_status(StatusCode::SERVICE_UNAVAILABLE),
            _ => self,
        }
    }

    fn away(failure: &str) -> Self {
        static TOLD: Mutex<Option<Instant>> = Mutex::new(None);
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= OUTAGE_TOLD_EVERY) {
            *told = Some(Instant::now());
            tracing::warn!(failure, "the database is not available");
        }
        Self::new(ErrorCode::TemporarilyUnavailable, AWAY)
    }

    /// Stock clients send a request again whenever they see 408, 429 or most of the 5xx, and would make a second run. They
    /// show a conflict.
    fn uncertain(failure: &str) -> Self {
        tracing::warn!(failure, "it is not certain whether a change was made");
        Self::new(ErrorCode::TemporarilyUnavailable, UNCERTAIN).with_status(StatusCode::CONFLICT)
    }

    fn no_room(failure: &dyn std::fmt::Display) -> Self {
        tracing::error!(%failure, "no room is left for data: free some, or make the disk larger");
        Self::new(ErrorCode::ResourceExhausted, NO_ROOM).with_status(StatusCode::SERVICE_UNAVAILABLE)
    }

    fn internal(failure: &dyn std::fmt::Display) -> Self {
        tracing::error!(%failure, "a request failed inside");
        Self::new(
            ErrorCode::InternalError,
            "The server failed inside; its log says how. Look what was changed before you try again.",
        )
    }
}

impl From<WireError> for ApiError {
    fn from(error: WireError) -> Self {
        Self::new(WireError::CODE, error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { kind, message } = refusal;
        match kind {
            RefusalKind::InvalidValue => Self::new(ErrorCode::InvalidParameterValue, message),
            RefusalKind::Malformed => Self::new(ErrorCode::BadRequest, message),
            RefusalKind::NotFound => Self::new(ErrorCode::ResourceDoesNotExist, message),
            RefusalKind::AlreadyExists => Self::new(ErrorCode::ResourceAlreadyExists, message),
            // MLflow answers 500 here, which its clients send again and again.
            RefusalKind::WrongState => {
                Self::new(ErrorCode::InvalidState, message).with_status(StatusCode::CONFLICT)
            }
            RefusalKind::KeyReused => Self::new(ErrorCode::InvalidParameterValue, message)
                .with_status(StatusCode::UNPROCESSABLE_ENTITY),
            RefusalKind::Denied => Self::new(ErrorCode::PermissionDenied, message),
            RefusalKind::Busy => Self::new(ErrorCode::TemporarilyUnavailable, message),
            RefusalKind::Unsupported => Self::new(ErrorCode::NotImplemented, message),
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        measure::refused(&error);
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Unmet(_) => Self::new(ErrorCode::PermissionDenied, text),
            Error::Busy(_) => Self::new(ErrorCode::TemporarilyUnavailable, text),
            Error::TooSlow(_) => Self::new(ErrorCode::InvalidParameterValue, text),
            Error::Unavailable(_) => Self::away(&text),
            Error::Uncertain(_) => Self::uncertain(&text),
            Error::Full(_) => Self::no_room(&text),
            Error::Store(_) | Error::Broken(_) => Self::internal(&text),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = to_json_line(&ErrorBody::new(self.code, self.message));
        let mut response = (self.status, [(header::CONTENT_TYPE, crate::answer::JSON)], body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_sent_again_says_so() {
        let answer = |error: ApiError| {
            let response = error.into_response();
            (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER))
        };
        let uncertain = || ApiError::from(Error::Uncertain("the connection was cut".to_owned()));
        assert_eq!(answer(uncertain()), (409, false), "stock clients would send it again");
        assert_eq!(answer(uncertain().under_key()), (503, true));
        let away = || ApiError::from(Error::Unavailable("db.internal:5432: refused".to_owned()));
        assert!(!away().message.contains("internal"), "{}", away().message);
        assert_eq!(answer(away()), (503, true));
        assert_eq!(answer(ApiError::invalid("x").under_key()), (400, false));
    }
}
