//! One connection pool to one server, and how a call becomes an HTTP request and back.
//! What the calls are is in `calls`; when they are repeated is in `retry`.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{ClientBuilder, Method, RequestBuilder, Response, Url};

use super::call::{Call, Verb};
use super::calls::GetServer;
use super::error::ClientError;
use super::key::{self, Key};
use super::retry;
use super::silence::{Silence, Waiting, while_told};
use crate::limits::{CONNECT_TIMEOUT, SILENCE_MAX};

/// What stands unescaped in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How to say who is calling.
#[derive(Clone)]
pub enum Credentials {
    /// A token, sent as `Authorization: Bearer`.
    Token(String),
    /// A user and a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
}

/// A client of one server. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: Url,
    /// The address as it may be shown.
    shown: String,
    credentials: Option<Credentials>,
    silence_max: Duration,
    waiting: Option<Waiting>,
}

impl Client {
    /// A client of the server at that address, such as `http://127.0.0.1:5000`.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        Self::over(reqwest::Client::builder(), server)
    }

    /// A client of a server on this machine, reached without the proxy that the environment may name.
    pub fn on_this_machine(server: &str) -> Result<Self, ClientError> {
        Self::over(reqwest::Client::builder().no_proxy(), server)
    }

    fn over(transport: ClientBuilder, server: &str) -> Result<Self, ClientError> {
        let server = parse_server(server)?;
        let shown = without_password(&server);
        let http = transport
            .user_agent(concat!("tiltyard-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| ClientError::from_transport(&shown, false, &error))?;
        Ok(Self { http, shown, server, credentials: None, silence_max: SILENCE_MAX, waiting: None })
    }

    /// The same client, saying who is calling.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    /// The same client, waiting for an answer, or for the next bytes of a file, for as long as this.
    #[must_use]
    pub fn with_silence_max(self, silence_max: Duration) -> Self {
        Self { silence_max, ..self }
    }

    /// The same client, for calls by which the server is asked to wait that much longer than usual.
    #[must_use]
    pub fn with_more_silence(self, more: Duration) -> Self {
        Self { silence_max: self.silence_max.saturating_add(more), ..self }
    }

    /// The same client, telling somebody when an answer takes its time.
    #[must_use]
    pub fn with_waiting(self, waiting: Waiting) -> Self {
        Self { waiting: Some(waiting), ..self }
    }

    pub(crate) fn silence_max(&self) -> Duration {
        self.silence_max
    }

    /// The server's address, without a name and a password that it may hold.
    pub fn server(&self) -> &str {
        &self.shown
    }

    /// Sends a call and reads its answer. When the server is away, calls that can do no harm are repeated a few times: those
    /// that only read, and those that the server does once however often it hears of them.
    pub async fn send<C: Call>(&self, call: &C) -> Result<C::Answer, ClientError> {
        let answer = async {
            match C::VERB {
                Verb::Once => self.send_under_key(call).await,
                verb if verb.only_reads() => retry::persistently(|| self.send_once(call, None)).await,
                _ => self.send_once(call, None).await,
            }
        };
        let answer = while_told(self.silence_max, self.waiting.as_ref(), answer).await;
        self.awake(!C::VERB.only_reads(), answer)?
    }

    /// Says of whom nothing was heard; a request that changes something may have been done all the same.
    pub(crate) fn awake<T>(&self, changes: bool, answer: Result<T, Silence>) -> Result<T, ClientError> {
        answer.map_err(|Silence| ClientError::Silent {
            server: self.shown.clone(),
            seconds: self.silence_max.as_secs(),
            may_be_done: changes,
        })
    }

    /// Sends a call under a key of its own. MLflow's server knows no keys: from it, a lost answer stays lost.
    async fn send_under_key<C: Call>(&self, call: &C) -> Result<C::Answer, ClientError> {
        let key = Key::fresh();
        let answer = self.send_once(call, Some(&key)).await;
        match &answer {
            Err(error) if error.may_pass() && self.remembers_keys().await => {
                retry::persistently(|| self.send_once(call, Some(&key))).await
            }
            _ => answer,
        }
    }

    async fn remembers_keys(&self) -> bool {
        let server = retry::persistently(|| self.send_once(&GetServer {}, None)).await;
        server.is_ok_and(|server| server.idempotency_key_seconds > 0)
    }

    async fn send_once<C: Call>(&self, call: &C, key: Option<&Key>) -> Result<C::Answer, ClientError> {
        let path = call.path();
        let method = C::VERB.method();
        let request = match C::VERB {
            Verb::Get => self.request(method, &with_query(&path, call)?)?,
            _ => self.request(method, &path)?.json(call),
        };
        let request = match key {
            None => request,
            Some(key) => request.header(key::HEADER, key.to_string()),
        };
        let changes = !C::VERB.only_reads();
        let answer = self.answer(changes, request).await?;
        let lost = |error| ClientError::from_transport(self.server(), changes, &error);
        let body = answer.bytes().await.map_err(lost)?;
        serde_json::from_slice(&body).map_err(|error| ClientError::unreadable(&path, &error))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ClientError> {
        let url = self.server.join(path).map_err(|error| ClientError::unreadable(path, &error))?;
        let request = self.http.request(method, url);
        Ok(match &self.credentials {
            None => request,
            Some(Credentials::Token(token)) => request.bearer_auth(token),
            Some(Credentials::Basic { user, password }) => request.basic_auth(user, Some(password)),
        })
    }

    /// Sends a request and turns error statuses into errors; the body of a good answer is still unread.
    pub(crate) async fn answer(
        &self,
        changes: bool,
        request: RequestBuilder,
    ) -> Result<Response, ClientError> {
        let lost = |error: reqwest::Error| ClientError::from_transport(self.server(), changes, &error);
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.bytes().await.map_err(lost)?;
        Err(ClientError::refused(status.as_u16(), &body))
    }
}

/// The path with the request behind it. Lists repeat their key, as MLflow reads them.
pub(crate) fn with_query<T: serde::Serialize>(path: &str, request: &T) -> Result<String, ClientError> {
    let query = serde_html_form::to_string(request).map_err(|error| ClientError::unreadable(path, &error))?;
    Ok(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}

/// Escapes a name so that it stays one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

fn without_password(server: &Url) -> String {
    let mut shown = server.clone();
    // Both fail only for addresses that cannot hold a name, which then holds none.
    let _ = (shown.set_username(""), shown.set_password(None));
    shown.as_str().trim_end_matches('/').to_owned()
}

/// What is no address of a server may be one of something else, with a password in it.
fn without_secrets(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    let Some((before, host)) = text.rsplit_once('@') else { return text.to_owned() };
    before.split_once("://").map_or_else(|| format!("…@{host}"), |(scheme, _)| format!("{scheme}://…@{host}"))
}

fn parse_server(server: &str) -> Result<Url, ClientError> {
    let wrong = |reason: String| ClientError::Address { server: without_secrets(server), reason };
    // A path in front of the routes is kept only when it ends with a slash.
    let with_slash = format!("{}/", server.trim_end_matches('/'));
    let url = Url::parse(&with_slash).map_err(|error| wrong(error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(wrong("it must begin with http:// or https://".to_owned()))
    }
}
