//! Requests that clients may repeat under an `Idempotency-Key`: how the header is read, and handlers that honour it.
//! What is remembered, and for how long, is said by the registry.

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sfv::{BareItem, Item, Parser};
use tiltyard_domain::idempotency::IdempotencyKey;
use tiltyard_registry::{Once, Outcome};
use tiltyard_wire::mlflow::{ErrorCode, FromMessage, to_json, to_json_line};

use crate::answer::{Answer, json, written};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::rpc::{Handler, read_message};
use crate::table::KeyUse;

const HEADER: &str = "idempotency-key";

impl Handler {
    /// A handler of messages that honours an idempotency key: `run` does what is asked for, `show` is its answer.
    pub(crate) fn once<Q, T, S, F>(
        run: impl Fn(Caller, Q, Once<T>) -> F + Send + Sync + Clone + 'static,
        show: fn(T) -> S,
    ) -> Self
    where
        Q: FromMessage + Serialize + Send + 'static,
        T: Clone + Send + Sync + 'static,
        S: Serialize + 'static,
        F: Future<Output = Answer<Outcome<T>>> + Send + 'static,
    {
        Self::of(KeyUse::Honoured, move |caller, request| {
            let run = run.clone();
            Box::pin(async move { exchange(caller, request, run, show).await.into_response() })
        })
    }
}

async fn exchange<Q, T, S, F>(
    caller: Caller,
    request: Request,
    run: impl Fn(Caller, Q, Once<T>) -> F,
    show: fn(T) -> S,
) -> Result<Response, ApiError>
where
    Q: FromMessage + Serialize,
    T: Clone + 'static,
    S: Serialize + 'static,
    F: Future<Output = Answer<Outcome<T>>>,
{
    let context = caller.context.clone();
    let (once, query) = match caller.key.clone() {
        None => (Once::without_key(), read_message(request).await?),
        Some(key) => {
            let (query, understood) = understand(request).await?;
            let tell = move |done: &T| to_json(&show(done.clone()));
            (Once::under_key(&context, &caller.permit, key, &understood, tell), query)
        }
    };
    if let Some(answer) = once.answered(&context, &caller.permit).await? {
        return Ok(written(answer));
    }
    let has_key = caller.key.is_some();
    let outcome = run(caller, query, once).await;
    Ok(match outcome.map_err(|error| if has_key { error.under_key() } else { error })? {
        Outcome::Done(done) => json(&show(done)),
        Outcome::Repeated(answer) => written(answer),
    })
}

/// The message of a request, and everything that it asks for as bytes: the same for each way to write the same.
async fn understand<Q: FromMessage + Serialize>(request: Request) -> Result<(Q, Vec<u8>), ApiError> {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await;
    let query = read_message(Request::from_parts(parts, body)).await?;
    let mut understood = to_json_line(&query);
    // Messages leave out what travels in the path.
    for (name, value) in path.iter().flatten() {
        understood.extend(to_json_line(&(name, value)));
    }
    Ok((query, understood))
}

/// Reads the header: text in quotes, as its draft standard has it, or bare, as most clients send it.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed("is given twice"));
    }
    let text = value.to_str().map_err(|_| malformed("is not ASCII"))?.trim();
    if !text.starts_with('"') {
        return Ok(Some(IdempotencyKey::parse(text)?));
    }
    let item: Item = Parser::new(text).parse().map_err(|_| malformed("has no end to its quotes"))?;
    match item.bare_item {
        BareItem::String(text) => Ok(Some(IdempotencyKey::parse(text.as_str())?)),
        _ => Err(malformed("is no text")),
    }
}

fn malformed(problem: &str) -> ApiError {
    let message = format!(
        "The header Idempotency-Key {problem}. Send it once, as text in quotes, such as \"8e03978e-40d5-43dd-bc93-6894a57f9324\"."
    );
    ApiError::new(ErrorCode::InvalidParameterValue, message)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Result<Option<String>, ApiError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_static(value));
        }
        Ok(key(&headers)?.map(|key| key.as_str().to_owned()))
    }

    #[test]
    fn keys_come_in_quotes_or_bare() {
        assert_eq!(read(&[]).unwrap(), None);
        for (text, expected) in [
            ("\"8e03978e\"", "8e03978e"),
            ("8e03978e", "8e03978e"),
            ("  \"a b\"  ", "a b"),
            (r#""a\"b\\""#, r#"a"b\"#),
            ("\"k\";since=1", "k"),
        ] {
            assert_eq!(read(&[text]).unwrap().as_deref(), Some(expected), "{text}");
        }
        for bad in ["", "\"\"", "\"open", "\"a\" b", "\"a\", \"b\""] {
            assert!(read(&[bad]).is_err(), "{bad}");
        }
        assert!(read(&["a", "a"]).is_err());
    }
}
