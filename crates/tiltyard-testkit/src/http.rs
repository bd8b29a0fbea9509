//! Speaking to a server, wherever it runs: a base address and a client, and answers that tests take apart.
//! Starting servers does not belong here.

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// A way to a server. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// The client.
    pub client: Client,
}

/// Status and body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; `Null` when it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.body);
        self.body
    }

    /// The error code of an answer that must be a refusal with that status.
    #[track_caller]
    pub fn refused(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body["error_code"].as_str().expect("a refusal has an error code")
    }
}

impl Http {
    /// A way to the server at an address.
    pub fn to(url: impl Into<String>) -> Self {
        Self { url: url.into(), client: Client::new() }
    }

    /// Sends a JSON body to `/api/2.0/mlflow/…`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, &format!("/api/2.0/mlflow/{path}"), Some(body)).await
    }

    /// Gets `/api/2.0/mlflow/…`; the query is part of the path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &format!("/api/2.0/mlflow/{path}"), None).await
    }

    /// Sends a request to any path.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.try_send(method, path, body).await.expect("the server answers")
    }

    /// Sends a request to a server that may go away before it has answered.
    ///
    /// # Errors
    /// What the client said when no whole answer came.
    pub async fn try_send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}
