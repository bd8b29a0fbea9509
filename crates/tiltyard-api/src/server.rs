//! The server: settings, `bind`, `run` until told to stop, drain.
//! Which routes there are stands in `routes`.

use std::convert::Infallible;
use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use metrics_exporter_prometheus::PrometheusHandle;
use tiltyard_domain::network::TrustedProxies;
use tiltyard_registry::Context;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::Service;
use tower_http::catch_panic::CatchPanicLayer;

use crate::forwarded::{Proxies, Seen};
use crate::guard::NetworkRules;
use crate::limits::{
    ANSWER_PATIENCE, BODY_PATIENCE, CERTIFICATE_LOOKS_EVERY, DRAIN_PATIENCE, HANDSHAKE_PATIENCE,
    HEAD_PATIENCE, READ_SIZE_BYTES,
};
use crate::patience::{Patient, patient};
use crate::table::Part;
use crate::tls::Tls;
use crate::{measure, probes, routes};

/// How long to rest when the system has no more file descriptors to accept with.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// How a server answers. The default serves every route but `/metrics`, to anybody, in plain HTTP.
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
    /// Who is believed about the clients that it asks for.
    pub trusted_proxies: TrustedProxies,
    /// What encrypts connections, if anything does.
    pub tls: Option<Tls>,
    /// How long a server that is told to stop says so at `/ready` before it takes no more connections.
    pub drain_delay: Duration,
}

/// A server that is ready to be bound.
pub struct Server {
    router: Router,
    rules: Option<NetworkRules>,
    base: String,
    proxies: Proxies,
    tls: Option<Tls>,
    drain_delay: Duration,
    context: Context,
}

/// A server that has an address and answers once it runs.
pub struct Bound {
    manners: Manners,
    listener: TcpListener,
}

/// A server, and for how long it waits for its clients.
#[derive(Clone)]
struct Manners {
    server: Arc<Server>,
    head_patience: Duration,
    body_patience: Duration,
    answer_patience: Duration,
}

impl Server {
    /// Makes a server of the use cases.
    pub fn new(context: &Context, options: Options) -> Self {
        let Options { base_path, network, artifacts_only, prometheus, trusted_proxies, tls, drain_delay } =
            options;
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
        let proxies = Proxies::new(trusted_proxies, base_path.clone());
        let context = context.clone();
        Self { router, rules: network, base: base_path, proxies, tls, drain_delay, context }
    }

    /// Takes an address. Port 0 takes any free one.
    ///
    /// # Errors
    /// What the system said, such as that the address is in use.
    pub async fn bind(self, address: SocketAddr) -> std::io::Result<Bound> {
        let listener = TcpListener::bind(address).await?;
        let manners = Manners {
            server: Arc::new(self),
            head_patience: HEAD_PATIENCE,
            body_patience: BODY_PATIENCE,
            answer_patience: ANSWER_PATIENCE,
        };
        Ok(Bound { manners, listener })
    }

    /// One request, from and to a connection.
    async fn answer(&self, mut request: Request, peer: IpAddr) -> Response {
        self.proxies.understand(&mut request, peer, self.tls.is_some());
        let mut response = self.answer_and_log(request, peer).await;
        // Whoever keeps connections, such as a proxy, is told in time not to send another request on one that will end.
        if self.context.is_stopping() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// The same, with a line in the log for those who want to see all of them.
    async fn answer_and_log(&self, request: Request, peer: IpAddr) -> Response {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return self.admit(request).await;
        }
        let client = request.extensions().get::<Seen>().map_or(peer, |seen| seen.client);
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.admit(request).await;
        tracing::debug!(%client, %method, %path, status = response.status().as_u16(), "answered");
        response
    }

    /// One request: let through or refused, routed, marked.
    async fn admit(&self, request: Request) -> Response {
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
    pub fn head_patience(mut self, head_patience: Duration) -> Self {
        self.manners.head_patience = head_patience;
        self
    }

    /// The same server, with another time for which clients may send nothing of a body.
    #[must_use]
    pub fn body_patience(mut self, body_patience: Duration) -> Self {
        self.manners.body_patience = body_patience;
        self
    }

    /// The same server, with another time for which clients may take nothing of an answer.
    #[must_use]
    pub fn answer_patience(mut self, answer_patience: Duration) -> Self {
        self.manners.answer_patience = answer_patience;
        self
    }

    /// Whether connections are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.manners.server.tls.is_some()
    }

    /// Answers until `stop` ends, then says at `/ready` that it will, takes no more connections, and finishes what is under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        // Those who are being greeted when the end comes are let go.
        let (open, closing) = watch::channel(());
        let stopped = async {
            stop.await;
            self.manners.server.context.stop_soon();
            sleep(self.manners.server.drain_delay).await;
            self.manners.server.context.stop_now();
        };
        tokio::select! {
            () = stopped => {}
            () = self.renew_certificate() => {}
            () = self.accept(&connections, &closing) => {}
        }
        drop((self.listener, open));
        if timeout(DRAIN_PATIENCE, connections.shutdown()).await.is_err() {
            tracing::warn!(
                seconds = DRAIN_PATIENCE.as_secs(),
                "some requests did not end in time and were cut"
            );
        }
    }

    /// Looks again and again whether the certificate was renewed.
    async fn renew_certificate(&self) {
        let Some(tls) = &self.manners.server.tls else { return pending().await };
        loop {
            sleep(CERTIFICATE_LOOKS_EVERY).await;
            tls.renew().await;
        }
    }

    async fn accept(&self, connections: &GracefulShutdown, closing: &watch::Receiver<()>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => self.manners.take(stream, peer.ip(), connections, closing.clone()),
                Err(failure) => {
                    tracing::warn!(%failure, "a connection could not be accepted");
                    sleep(ACCEPT_REST).await;
                }
            }
        }
    }
}

impl Manners {
    fn take(
        &self,
        stream: TcpStream,
        peer: IpAddr,
        connections: &GracefulShutdown,
        mut closing: watch::Receiver<()>,
    ) {
        // Answers are small and wanted now; nothing is gained by waiting for more to send.
        let _ = stream.set_nodelay(true);
        let Some(tls) = self.server.tls.clone() else {
            let connection = self.connection(Patient::new(stream, self.answer_patience), peer);
            tokio::spawn(ended(connections.watch(connection)));
            return;
        };
        let (watcher, manners) = (connections.watcher(), self.clone());
        tokio::spawn(async move {
            let greeted = tokio::select! {
                greeted = tls.accept(stream, manners.answer_patience, HANDSHAKE_PATIENCE) => greeted,
                _ = closing.changed() => return,
            };
            match greeted {
                Ok(stream) => ended(watcher.watch(manners.connection(stream, peer))).await,
                Err(failure) => tracing::debug!(%peer, %failure, "a connection could not be encrypted"),
            }
        });
    }

    /// What reads requests from a stream and writes answers to it.
    fn connection<S>(
        &self,
        stream: S,
        peer: IpAddr,
    ) -> impl GracefulConnection<Error = hyper::Error> + Send + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let server = Arc::clone(&self.server);
        let patience = self.body_patience;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let server = Arc::clone(&server);
            async move {
                let request = request.map(|body| patient(Body::new(body), patience));
                Ok::<_, Infallible>(server.answer(request, peer).await)
            }
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_patience)
            .max_buf_size(READ_SIZE_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    }
}

/// Lets a connection come to its end; one that breaks is the client's affair.
async fn ended(connection: impl Future<Output = hyper::Result<()>>) {
    let _ = connection.await;
}
