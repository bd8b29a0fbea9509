//! The third contender: the framework alone, answering a constant. Nothing can be built on it that is faster.
//! It knows no model registry; the benchmark tells it how long its answers shall be.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    client::filler_chunks,
    failure::{During as _, Outcome},
};

/// Path on which the length of the constant answer is set.
pub(crate) const ANSWER_LENGTH_PATH: &str = "/bare/answer-length";
/// Path that swallows uploads and streams downloads of the length that ends it.
pub(crate) const BYTES_PATH: &str = "/bare/bytes";

type Answer = Arc<watch::Sender<Bytes>>;

/// Serves until the process is ended.
pub(crate) async fn serve(port: u16) -> Outcome<()> {
    let answer: Answer = Arc::new(watch::Sender::new(constant(2)));
    let router = Router::new()
        .route("/health", get(|| async { "OK" }))
        .route(&format!("{ANSWER_LENGTH_PATH}/{{length}}"), get(set_length))
        .route(&format!("{BYTES_PATH}/{{length}}"), put(swallow).get(stream_bytes))
        .fallback(answer_constant)
        .layer(DefaultBodyLimit::disable())
        .with_state(answer);
    let listener =
        TcpListener::bind(("127.0.0.1", port)).await.during(format!("listening on port {port}"))?;
    axum::serve(listener, router).await.during("serving constant answers")
}

/// Reads the whole body, as a server that means to parse it must.
async fn answer_constant(State(answer): State<Answer>, _body: Bytes) -> Response {
    let body = answer.borrow().clone();
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

async fn set_length(State(answer): State<Answer>, Path(length): Path<usize>) {
    answer.send_replace(constant(length));
}

async fn swallow(body: Body) -> StatusCode {
    let mut body = body;
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return StatusCode::BAD_REQUEST;
        }
    }
    StatusCode::OK
}

async fn stream_bytes(Path(length): Path<u64>) -> Response {
    let Ok(chunks) = filler_chunks(length) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let body = Body::from_stream(stream::iter(chunks).map(Ok::<_, std::convert::Infallible>));
    (headers, body).into_response()
}

/// A JSON string of exactly `length` bytes, at least the empty object.
fn constant(length: usize) -> Bytes {
    if length <= 2 {
        return Bytes::from_static(b"{}");
    }
    Bytes::from(format!("\"{}\"", "x".repeat(length - 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_answers_have_the_length_asked_for() {
        assert_eq!([0, 2, 3, 700].map(|length| constant(length).len()), [2, 2, 3, 700]);
    }
}
