//! Answers that are long in coming: joining a very large file means to read it once. Clients and proxies give up on a
//! connection that stays silent, so a blank is sent from time to time, which JSON allows before a message.
//!
//! The status has to be said before the first blank. What fails after that breaks the connection off, so that no client can
//! take it for a success.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::{Stream, stream};
use tiltyard_wire::mlflow::Empty;
use tokio::time::timeout;

use crate::answer::{JSON, json};
use crate::error::ApiError;
use crate::limits::{SIGN_OF_LIFE_PATIENCE, STATUS_PATIENCE};

type Working = BoxFuture<'static, Result<(), ApiError>>;

/// Answers with nothing to say once the work is done, however long that takes.
pub(crate) async fn late(mut working: Working) -> Result<Response, ApiError> {
    if let Ok(outcome) = timeout(STATUS_PATIENCE, &mut working).await {
        return outcome.map(|()| json(&Empty {}));
    }
    let body = Body::from_stream(signs_of_life(working));
    Ok(([(header::CONTENT_TYPE, JSON)], body).into_response())
}

fn signs_of_life(working: Working) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(Some(working), |working| async move {
        let Some(mut working) = working else { return Ok(None) };
        match timeout(SIGN_OF_LIFE_PATIENCE, &mut working).await {
            Err(_) => Ok(Some((Bytes::from_static(b" "), Some(working)))),
            Ok(Ok(())) => Ok(Some((Bytes::from_static(b"{}"), None))),
            Ok(Err(failure)) => {
                tracing::warn!(?failure, "a request failed after its answer was begun");
                Err(io::Error::other("the work failed"))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::to_bytes;
    use axum::http::StatusCode;
    use futures_util::FutureExt;
    use tokio::time::sleep;

    use super::{ApiError, late};

    async fn answered(
        after: Duration,
        outcome: Result<(), ApiError>,
    ) -> (StatusCode, Result<Vec<u8>, axum::Error>) {
        let working = async move {
            sleep(after).await;
            outcome
        };
        let answer = match late(working.boxed()).await {
            Ok(answer) => answer,
            Err(error) => axum::response::IntoResponse::into_response(error),
        };
        let status = answer.status();
        (status, to_bytes(answer.into_body(), 10_000).await.map(|bytes| bytes.to_vec()))
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_gives_signs_of_life() {
        let (status, body) = answered(Duration::from_mins(2), Ok(())).await;
        let body = String::from_utf8(body.expect("a whole answer")).expect("text");
        assert_eq!((status, body.trim()), (StatusCode::OK, "{}"));
        assert!(body.len() > 5, "{body:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_a_status_as_long_as_it_can_be_and_no_success_after() {
        let failure = || Err(ApiError::not_found("gone"));
        let (status, _) = answered(Duration::from_millis(1), failure()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (_, body) = answered(Duration::from_mins(2), failure()).await;
        assert!(body.is_err(), "the answer breaks off");
    }
}
