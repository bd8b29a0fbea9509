//! What handlers answer with: a message that becomes MLflow's JSON.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tiltyard_wire::mlflow::{Empty, to_json};

use crate::error::ApiError;

/// MLflow's content type, without a charset.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a handler of messages gives.
pub(crate) type Answer<T> = Result<T, ApiError>;

/// The answer of calls that have nothing to say.
pub(crate) const DONE: Answer<Empty> = Ok(Empty {});

/// Writes a message as the body of an answer.
pub(crate) fn json<T: Serialize>(message: &T) -> Response {
    written(to_json(message))
}

/// A message that is written already, as an answer.
pub(crate) fn written(json: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, JSON)], json).into_response()
}
