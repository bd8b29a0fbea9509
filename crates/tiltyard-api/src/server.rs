//! The server: settings, `bind`, `run` until told to stop, drain.
//! Which routes there are stands in `routes`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use metrics_exporter_prometheus::PrometheusHandle;
use tiltyard_registry::Context;
use tokio::net::{TcpListener, TcpStream};
use tower::Service;
use tower_http::catch_panic::CatchPanicLayer;

use crate::guard::NetworkRules;
use crate::limits::{ANSWER_PATIENCE, BODY_PATIENCE, DRAIN_PATIENCE, HEAD_PATIENCE};
use crate::patience::{Patient, patient};
use crate::table::Part;
use crate::{measure, probes, routes};

/// How long to rest when the system has no more file descriptors to accept with.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// How a server answers. The default serves every route but `/metrics`, to anybody.
#[derive(Default)]
pub struct Options {
    /// A path that every route stands below, such as `/registry`, or nothing.
    pub base_path: String,
    /// What protects browsers, if anything does.
    pub network: Option<NetworkRules>,
    /// Whether only artifacts and probes are served.
    pub artifacts_only: bool,
    /// What `/metrics` shows, where it is served.
    pub prometheus: Option<PrometheusHandle>,
}

/// A server that is ready to be bound.
pub struct Server {
    router: Router,
    rules: Option<NetworkRules>,
    base: String,
}

/// A server that has an address and answers once it runs.
pub struct Bound {
    server: Arc<Server>,
    listener: TcpListener,
    head_patience: Duration,
    body_patience: Duration,
    answer_patience: Duration,
}

impl Server {
    /// Makes a server of the use cases.
    pub fn new(context: &Context, options: Options) -> Self {
        let Options { base_path, network, artifacts_only, prometheus } = options;
        let mut table = routes::all();
        if let Some(prometheus) = prometheus {
            measure::introduce(context);
            table.push(probes::metrics_route(prometheus));
        }
        let off: Vec<Part> = [
            artifacts_only.then_some(Part::Registry),
            (!context.serves_artifacts()).then_some(Part::ArtifactStore),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut router = routes::router(table, context, &base_path, &off).layer(CatchPanicLayer::new());
        if let Some(rules) = &network {
            router = router.layer(rules.cross_origin());
        }
        Self { router, rules: network, base: base_path }
    }

    /// Takes an address. Port 0 takes any free one.
    ///
    /// # Errors
    /// What the system said, such as that the address is in use.
    pub async fn bind(self, address: SocketAddr) -> std::io::Result<Bound> {
        let listener = TcpListener::bind(address).await?;
        Ok(Bound {
            server: Arc::new(self),
            listener,
            head_patience: HEAD_PATIENCE,
            body_patience: BODY_PATIENCE,
            answer_patience: ANSWER_PATIENCE,
        })
    }

    /// One request: let through or refused, routed, marked.
    async fn answer(&self, request: Request) -> Response {
        let Some(rules) = &self.rules else { return self.route(request).await };
        let refused = rules.refuse(request.method(), request.uri(), request.headers(), &self.base);
        let mut response = match refused {
            Some(response) => response,
            None => self.route(request).await,
        };
        rules.mark(response.headers_mut());
        response
    }

    async fn route(&self, request: Request) -> Response {
        match self.router.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Bound {
    /// The address taken.
    ///
    /// # Errors
    /// What the system said.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The same server, with another time that clients may take to send the head of a request.
    #[must_use]
    pub fn head_patience(self, head_patience: Duration) -> Self {
        Self { head_patience, ..self }
    }

    /// The same server, with another time for which clients may send nothing of a body.
    #[must_use]
    pub fn body_patience(self, body_patience: Duration) -> Self {
        Self { body_patience, ..self }
    }

    /// The same server, with another time for which clients may take nothing of an answer.
    #[must_use]
    pub fn answer_patience(self, answer_patience: Duration) -> Self {
        Self { answer_patience, ..self }
    }

    /// Answers until `stop` ends, then finishes what is under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.serve(stream, &connections),
                    Err(failure) => {
                        tracing::warn!(%failure, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_REST).await;
                    }
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(DRAIN_PATIENCE, connections.shutdown()).await.is_err() {
            tracing::warn!(
                seconds = DRAIN_PATIENCE.as_secs(),
                "some requests did not end in time and were cut"
            );
        }
    }

    fn serve(&self, stream: TcpStream, connections: &GracefulShutdown) {
        // Answers are small and wanted now; nothing is gained by waiting for more to send.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.answer_patience);
        let server = Arc::clone(&self.server);
        let patience = self.body_patience;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let server = Arc::clone(&server);
            async move {
                Ok::<_, Infallible>(
                    server.answer(request.map(|body| patient(Body::new(body), patience))).await,
                )
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_patience)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the client's affair.
            let _ = connection.await;
        });
    }
}
