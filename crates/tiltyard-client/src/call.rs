//! What a call is: a request that knows its verb, its path and its answer.
//! The table of all calls is in `calls`; sending is in `transport`.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How a request travels and whether it may be sent again without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`, the request in the query string.
    Get,
    /// `POST` that only reads.
    Search,
    /// `POST` that changes something.
    Post,
    /// `POST` that does harm when it is done twice; it travels with a key under which the server does it once.
    Once,
    /// `PATCH`.
    Patch,
    /// `DELETE`, the request in the body.
    Delete,
}

impl Verb {
    /// Whether nothing changes however often it is sent.
    pub fn only_reads(self) -> bool {
        matches!(self, Self::Get | Self::Search)
    }

    pub(crate) fn method(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Search | Self::Post | Self::Once => reqwest::Method::POST,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }
}

/// A request that can be sent.
pub trait Call: Serialize + Sync {
    /// What the server answers with.
    type Answer: DeserializeOwned;
    /// How it travels.
    const VERB: Verb;

    /// The path after the server's address, without a slash in front.
    fn path(&self) -> Cow<'static, str>;
}
