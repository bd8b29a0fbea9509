//! What a request for bytes brings: a path, a query, a body that streams.
//! Requests that are messages are read in `rpc`.

use std::io;

use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::header;
use futures_util::{StreamExt, TryStreamExt};
use percent_encoding::percent_decode_str;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_registry::artifacts::ByteStream;
use tiltyard_wire::mlflow::{FromMessage, Message};

use crate::error::ApiError;

/// The file that the path of a request names.
pub(crate) fn path(request: &Request) -> Result<ArtifactPath, ApiError> {
    Ok(ArtifactPath::parse(&rest(request))?)
}

/// What the route of a request leaves open at its end, decoded once. As in MLflow, bytes that are no text become
/// replacement characters: clients send a name such as `per%cent.txt` as it is, and get the file back by the same name.
pub(crate) fn rest(request: &Request) -> String {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let fixed = route.split_once("{*").map_or(route, |(fixed, _)| fixed);
    let rest = request.uri().path().strip_prefix(fixed).unwrap_or_default();
    percent_decode_str(rest).decode_utf8_lossy().into_owned()
}

/// A parameter of the path of a request, decoded once.
pub(crate) async fn parameter(request: Request, name: &str) -> Result<(String, Request), ApiError> {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await;
    let found = path
        .ok()
        .and_then(|path| path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()));
    let text = found.ok_or_else(|| ApiError::invalid("Invalid path: it is not UTF-8 once it is decoded"))?;
    Ok((text, Request::from_parts(parts, body)))
}

/// The message that a query string is.
pub(crate) fn query<Q: FromMessage>(request: &Request) -> Result<Q, ApiError> {
    Ok(Q::from_message(Message::from_query(request.uri().query().unwrap_or_default())?)?)
}

/// How many bytes the body will have, where the request says it.
pub(crate) fn length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The bytes of a body as they come.
pub(crate) fn bytes(body: Body) -> ByteStream {
    body.into_data_stream().map_err(io::Error::other).boxed()
}
