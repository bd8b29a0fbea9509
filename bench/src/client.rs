//! One keep-alive HTTP/1.1 connection that sends what `MLflow`'s Python client sends.
//! Which requests are sent, and when, is decided elsewhere.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::{During as _, Failure, Outcome};

type Body = BoxBody<Bytes, std::convert::Infallible>;

const CHUNK_BYTES: u64 = 64 * 1024;

/// A request, short of address and headers.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    path: String,
    body: String,
}

impl Call {
    /// A GET; `path` includes the query.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: String::new() }
    }

    /// A POST of JSON.
    pub(crate) fn post(path: impl Into<String>, body: String) -> Self {
        Self { method: Method::POST, path: path.into(), body }
    }

    /// The body; empty for a GET.
    #[cfg(test)]
    pub(crate) fn body(&self) -> &str {
        &self.body
    }
}

/// A status and the whole body.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The body.
    pub(crate) body: Bytes,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Body>,
    host: String,
    user_agent: String,
    client_version: String,
}

impl Connection {
    /// Connects; `client_version` is the `MLflow` version the headers claim.
    pub(crate) async fn open(address: SocketAddr, client_version: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await.during(format!("connecting to {address}"))?;
        stream.set_nodelay(true).during("setting TCP_NODELAY")?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await.during("starting HTTP")?;
        tokio::spawn(driver);
        Ok(Self {
            sender,
            host: address.to_string(),
            user_agent: format!("mlflow-python-client/{client_version}"),
            client_version: client_version.to_owned(),
        })
    }

    /// Sends `call` and reads the whole answer.
    pub(crate) async fn send(&mut self, call: Call) -> Outcome<Answer> {
        let what = format!("{} {}", call.method, call.path);
        let mut request = self.request(call.method, &call.path);
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(call.body)).boxed();
        let answer = self.exchange(request.body(body).during("building a request")?, &what).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await.during(format!("reading the answer to {what}"))?;
        Ok(Answer { status, body: body.to_bytes() })
    }

    /// Sends `call`, refuses any answer but success.
    pub(crate) async fn expect(&mut self, call: Call) -> Outcome<Bytes> {
        let what = format!("{} {}", call.method, call.path);
        let answer = self.send(call).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let text = String::from_utf8_lossy(&answer.body);
        Err(Failure::new(format!("{what} was answered with {}: {text}", answer.status)))
    }

    /// Uploads `length` bytes that are made up as they are sent.
    pub(crate) async fn upload(&mut self, path: &str, length: u64) -> Outcome<()> {
        let request = self
            .request(Method::PUT, path)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, length)
            .body(filler(length)?)
            .during("building an upload")?;
        let answer = self.exchange(request, path).await?;
        let status = answer.status();
        answer.into_body().collect().await.during("reading the answer to an upload")?;
        if status.is_success() { Ok(()) } else { Err(Failure::new(format!("upload of {path}: {status}"))) }
    }

    /// Downloads `path` and says how many bytes came; the bytes are dropped.
    pub(crate) async fn download(&mut self, path: &str) -> Outcome<u64> {
        let body = Full::new(Bytes::new()).boxed();
        let request = self.request(Method::GET, path).body(body).during("building a download")?;
        let answer = self.exchange(request, path).await?;
        if !answer.status().is_success() {
            return Err(Failure::new(format!("download of {path}: {}", answer.status())));
        }
        count_bytes(answer.into_body()).await
    }

    async fn exchange(&mut self, request: Request<Body>, what: &str) -> Outcome<Response<Incoming>> {
        self.sender.ready().await.during(format!("waiting to send {what}"))?;
        self.sender.send_request(request).await.during(format!("sending {what}"))
    }

    /// The headers of the stock client, in its order.
    fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, &self.user_agent)
            .header(header::ACCEPT_ENCODING, "gzip, deflate")
            .header(header::ACCEPT, "*/*")
            .header(header::CONNECTION, "keep-alive")
            .header("x-mlflow-client-version", &self.client_version)
    }
}

/// Asks `path` once on a fresh connection; `None` while nobody listens or the answer is no success.
pub(crate) async fn probe(address: SocketAddr, path: &str) -> Option<Bytes> {
    let ask = async {
        let mut connection = Connection::open(address, "0").await.ok()?;
        connection.expect(Call::get(path)).await.ok()
    };
    tokio::time::timeout(Duration::from_secs(5), ask).await.ok()?
}

/// `length` bytes in chunks: every chunk the same, which neither server makes use of.
pub(crate) fn filler_chunks(length: u64) -> Outcome<impl Iterator<Item = Bytes> + use<>> {
    let chunk_bytes = usize::try_from(CHUNK_BYTES).during("sizing a chunk")?;
    let rest_bytes = usize::try_from(length % CHUNK_BYTES).during("sizing the last chunk")?;
    let pattern: Vec<u8> = (0..=u8::MAX).cycle().take(chunk_bytes).collect();
    let chunk = Bytes::from(pattern);
    let rest = chunk.slice(..rest_bytes);
    let whole = (0..length / CHUNK_BYTES).map(move |_| chunk.clone());
    Ok(whole.chain((rest_bytes > 0).then_some(rest)))
}

fn filler(length: u64) -> Outcome<Body> {
    let frames = filler_chunks(length)?.map(|chunk| Ok(Frame::data(chunk)));
    Ok(StreamBody::new(stream::iter(frames)).boxed())
}

async fn count_bytes(mut body: Incoming) -> Outcome<u64> {
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.during("reading a download")?;
        count += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    Ok(count)
}
