//! From a request to a handler's message and back: the one place that reads bodies and query strings.
//! What the messages mean belongs to the features.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tiltyard_wire::mlflow::{ErrorCode, FromMessage, Message};

use crate::answer::{Answer, json};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits::BODY_BYTES_MAX;
use crate::patience::stood_still;
use crate::table::KeyUse;

pub(crate) type Running = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What a route runs, once its caller is admitted.
#[derive(Clone)]
pub(crate) struct Handler {
    run: Arc<dyn Fn(Caller, Request) -> Running + Send + Sync>,
    /// Whether an idempotency key means something to it.
    pub(crate) key: KeyUse,
}

impl Handler {
    /// A handler that sees the request itself, for bytes rather than messages.
    pub(crate) fn raw<F, R>(run: impl Fn(Caller, Request) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = R> + Send + 'static,
        R: IntoResponse,
    {
        Self::of(KeyUse::Ignored, move |caller, request| {
            let running = run(caller, request);
            Box::pin(async move { running.await.into_response() })
        })
    }

    /// A handler of messages.
    pub(crate) fn message<Q, S, F>(run: impl Fn(Caller, Q) -> F + Send + Sync + Clone + 'static) -> Self
    where
        Q: FromMessage + Send + 'static,
        S: Serialize,
        F: Future<Output = Answer<S>> + Send + 'static,
    {
        Self::of(KeyUse::Ignored, move |caller, request| {
            let run = run.clone();
            Box::pin(async move { exchange(caller, request, run).await.into_response() })
        })
    }

    /// A handler of any kind.
    pub(crate) fn of(key: KeyUse, run: impl Fn(Caller, Request) -> Running + Send + Sync + 'static) -> Self {
        Self { run: Arc::new(run), key }
    }

    /// Runs it.
    pub(crate) fn call(&self, caller: Caller, request: Request) -> Running {
        (self.run)(caller, request)
    }
}

async fn exchange<Q, S, F>(
    caller: Caller,
    request: Request,
    run: impl Fn(Caller, Q) -> F,
) -> Result<Response, ApiError>
where
    Q: FromMessage,
    S: Serialize,
    F: Future<Output = Answer<S>>,
{
    let query = read_message(request).await?;
    let answer = run(caller, query).await?;
    Ok(json(&answer))
}

/// Reads the message of a request: from the query string of a GET that has one, else from the body, with the
/// parameters of the path on top.
pub(crate) async fn read_message<Q: FromMessage>(request: Request) -> Result<Q, ApiError> {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await;
    let query = parts.uri.query().filter(|query| parts.method == Method::GET && !query.is_empty());
    let bytes = if query.is_some() {
        Bytes::new()
    } else {
        check_content_type(&parts)?;
        read_body(body).await?
    };
    let mut message = match query {
        Some(query) => Message::from_query(query)?,
        None => Message::from_json(&bytes)?,
    };
    if let Ok(path) = &path {
        for (name, value) in path {
            message.set(name, value)?;
        }
    }
    Ok(Q::from_message(message)?)
}

async fn read_body(body: Body) -> Result<Bytes, ApiError> {
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|failure| {
        if stood_still(&failure) {
            return ApiError::new(
                ErrorCode::BadRequest,
                "The request's body did not come to its end in time. Send it again.",
            )
            .with_status(StatusCode::REQUEST_TIMEOUT);
        }
        ApiError::invalid(format!(
            "The request's body is cut short or larger than {BODY_BYTES_MAX} bytes. Send less at once."
        ))
        .with_status(StatusCode::PAYLOAD_TOO_LARGE)
    })
}

/// A body must say that it is JSON, as MLflow demands, because a form could be sent from any web page. Only verbs that
/// no page can send to a stranger may leave it out.
fn check_content_type(parts: &Parts) -> Result<(), ApiError> {
    let must_say = parts.method == Method::POST || parts.method == Method::PUT;
    let Some(value) = parts.headers.get(header::CONTENT_TYPE) else {
        return if must_say { Err(refuse_content_type("header is missing")) } else { Ok(()) };
    };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(refuse_content_type("must be one of ['application/json']"))
}

fn refuse_content_type(problem: &str) -> ApiError {
    ApiError::invalid(format!("Bad Request. Content-Type {problem}."))
}
