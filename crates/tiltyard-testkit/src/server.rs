//! A real server on a free port of the loopback, with a folder of its own, spoken to over HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tiltyard_api::{Options, Server};
use tiltyard_blobs::LocalStore;
use tiltyard_domain::runs::LongValues;
use tiltyard_registry::{Context, Settings};
use tiltyard_store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::MovingClock;

/// A running server. Dropping it stops it; `stop` also waits.
pub struct TestServer {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// Its clock.
    pub clock: Arc<MovingClock>,
    /// Its use cases, for tests below HTTP.
    pub context: Context,
    folder: Arc<TempDir>,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
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

impl TestServer {
    /// Starts a server on an empty folder.
    pub async fn start() -> Self {
        Self::start_in(Arc::new(TempDir::new().expect("a temporary folder"))).await
    }

    /// Stops this server and starts another on the same folder.
    pub async fn restart(self) -> Self {
        let folder = Arc::clone(&self.folder);
        self.stop().await;
        Self::start_in(folder).await
    }

    async fn start_in(folder: Arc<TempDir>) -> Self {
        let store = Store::open_sqlite(&folder.path().join("tiltyard.db")).expect("a database");
        let clock = Arc::new(MovingClock::new());
        let blobs = LocalStore::open(&folder.path().join("artifacts")).expect("an artifact store");
        let settings = Settings {
            default_artifact_root: "mlflow-artifacts:/".to_owned(),
            location_length_max: tiltyard_domain::limits::LOCATION_LENGTH_MAX,
            long_values: LongValues::Cut,
            blobs: Some(Arc::new(blobs)),
        };
        let context = Context::open(store, Arc::clone(&clock) as _, settings).await.expect("a context");
        let options =
            Options { base_path: String::new(), network: None, artifacts_only: false, prometheus: None };
        let server = Server::new(&context, options);
        let bound = server.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
        let url = format!("http://{}", bound.address().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(bound.run(async {
            let _ = stopped.await;
        }));
        Self { url, clock, context, folder, client: Client::new(), stop: Some(stop), running }
    }

    /// Finishes what is under way and stops.
    pub async fn stop(mut self) {
        drop(self.client);
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.running.await.expect("the server ends well");
        self.context.close(Duration::from_secs(10)).await.expect("the store closes");
    }

    /// The folder that holds the database and the artifacts.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
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
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let body = response.bytes().await.expect("a whole body");
        Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() }
    }
}
