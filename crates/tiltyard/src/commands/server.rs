//! `tiltyard server`: settings, build, run until told to stop, drain. No decisions are taken here.

use std::future::pending;
use std::io::{Write, stderr};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tiltyard_api::{Bound, NetworkRules, Options, Server as Http, Tls, start_counting};
use tiltyard_registry::{Context, Error, Settings, jobs};
use tiltyard_store::{Error as StoreError, Store};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::artifacts;
use super::failure::{Exit, Failure};
use crate::clock::SystemClock;
use crate::limits::CLOSE_PATIENCE;
use crate::settings::{
    BrowserGuard, Environment, ListenHost, Resolved, ServerArguments, ServerSettings, StoreLocation, Surface,
};
use crate::telemetry;

/// How often what was measured is added up, so that it does not pile up where nobody reads it.
const COUNTED_EVERY: Duration = Duration::from_secs(5);

/// Runs a server until it is told to stop.
pub(super) fn run(arguments: &ServerArguments) -> Result<(), Failure> {
    let environment = Environment::of_process().map_err(usage)?;
    let Resolved { settings, notices } = ServerSettings::resolve(arguments, &environment).map_err(usage)?;
    telemetry::start(&settings.log_filter).map_err(broken)?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(broken)?;
    let ended = runtime.block_on(serve(settings));
    // What is still under way after a drain, or a second signal, is not waited for.
    runtime.shutdown_background();
    ended
}

/// Every connection is an open file, and the number that a shell hands out is often small. What the administrator allows at most
/// is taken; where that fails, connections beyond the number wait until others end.
fn raise_open_files() {
    let allowed = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: allowed.maximum, ..allowed };
    if let Err(failure) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%failure, "the number of files that may be open could not be raised");
    }
}

/// Opens the store there.
pub(super) async fn open(location: &StoreLocation) -> Result<Store, Failure> {
    let store = match location {
        StoreLocation::Sqlite(path) => Store::open_sqlite(path),
        StoreLocation::Postgres(postgres) => Store::open_postgres(*postgres.clone()).await,
    };
    store.map_err(|error| unusable(&name(location), &error))
}

/// What people call a store.
fn name(location: &StoreLocation) -> String {
    match location {
        StoreLocation::Sqlite(path) => path.display().to_string(),
        StoreLocation::Postgres(_) => "the PostgreSQL database".to_owned(),
    }
}

async fn serve(settings: ServerSettings) -> Result<(), Failure> {
    let store = open(&settings.store).await?;
    let told = Settings {
        default_artifact_root: settings.artifacts.root.uri().to_owned(),
        location_length_max: settings.bounds.artifact_location_length_max,
        long_values: settings.bounds.long_values,
        host_schemes: settings.artifacts.host_schemes.clone(),
        own_store: artifacts::own_store(&settings.artifacts, &store).await?,
        observed: artifacts::observed(&settings.artifacts.root),
    };
    let context = Context::open(store, Arc::new(SystemClock), told).await.map_err(|error| match error {
        Error::Store(error) => unusable(&name(&settings.store), &error),
        other => broken(other),
    })?;
    let tls = settings.front.tls.clone().map(Tls::open).transpose().map_err(certificate)?;
    let bound = bind(Http::new(&context, options(&settings, tls.clone())?), &settings).await?;
    // Before anybody is told that the server is there, so that a signal sent on that news is not missed.
    let mut signals = Signals::listen()?;
    let renewals = renew_on_hangup(tls)?;
    announce(&bound)?;
    let (told, stop) = oneshot::channel::<()>();
    let (rest, told_to_rest) = oneshot::channel::<()>();
    let working = tokio::spawn(jobs::keep_working(context.clone(), async { drop(told_to_rest.await) }));
    let ends = async {
        // A sender that is gone means stop as well.
        bound.run(async { drop(stop.await) }).await;
        drop(rest);
        // A piece of work that waits for the database or the artifact store goes with the process; another replica takes it up.
        match timeout(CLOSE_PATIENCE, working).await {
            Ok(ended) => ended.map_err(broken)?,
            Err(_) => {
                tracing::warn!(
                    "a job in the background did not rest in time; it goes on when its lease ends"
                );
            }
        }
        context.close(CLOSE_PATIENCE).await.map_err(broken)
    };
    let hurries = async {
        signals.next().await;
        drop(told);
        signals.next().await;
    };
    tokio::select! {
        ended = ends => ended,
        () = renewals => Ok(()),
        () = hurries => Err(broken("told to stop a second time; requests under way were cut")),
    }
}

/// Takes a renewed certificate at once when it is told to, as other servers do; without one, nothing happens.
fn renew_on_hangup(tls: Option<Tls>) -> Result<impl Future<Output = ()>, Failure> {
    let mut hangup = tls.is_some().then(|| signal(SignalKind::hangup())).transpose().map_err(broken)?;
    Ok(async move {
        while let (Some(tls), Some(hangup)) = (&tls, &mut hangup) {
            hangup.recv().await;
            tls.renew().await;
        }
        pending::<()>().await;
    })
}

fn certificate(why: String) -> Failure {
    broken(why)
        .next("name the certificate with --tls-certificate and its key with --tls-key, both in PEM form")
}

fn options(settings: &ServerSettings, tls: Option<Tls>) -> Result<Options, Failure> {
    let network = match &settings.browser_guard {
        BrowserGuard::Off => None,
        BrowserGuard::On(rules) => Some(NetworkRules {
            hosts: rules.hosts.clone(),
            origins: rules.origins.clone(),
            frame_options: rules.frames.header(),
        }),
    };
    let prometheus = start_counting().map_err(broken)?;
    let counted = prometheus.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(COUNTED_EVERY).await;
            counted.run_upkeep();
        }
    });
    Ok(Options {
        base_path: settings.static_prefix.as_str().to_owned(),
        network,
        prometheus: Some(prometheus),
        artifacts_only: settings.surface == Surface::ArtifactsOnly,
        trusted_proxies: settings.front.trusted_proxies.clone(),
        tls,
        drain_delay: settings.front.drain_delay,
    })
}

async fn bind(server: Http, settings: &ServerSettings) -> Result<Bound, Failure> {
    let port = settings.listen.port;
    let address = match &settings.listen.host {
        ListenHost::Address(address) => SocketAddr::new(*address, port),
        ListenHost::Name(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .ok()
            .and_then(|mut addresses| addresses.next())
            .ok_or_else(|| Failure::new(Exit::Usage, format!("the host {name} has no address")))?,
    };
    server.bind(address).await.map_err(|error| {
        Failure::new(Exit::Refused, format!("{address} cannot be listened on: {error}"))
            .next("stop what listens there, or choose another port with --port")
    })
}

/// Says where the server is. Programs that start one read this line from stderr.
fn announce(bound: &Bound) -> Result<(), Failure> {
    let address = bound.address().map_err(broken)?;
    let scheme = if bound.is_encrypted() { "https" } else { "http" };
    writeln!(stderr(), "Tiltyard listens on {scheme}://{address}").map_err(broken)
}

/// What asks the process to end: Ctrl-C, or what a service manager sends.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(broken);
        Ok(Self { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A database that cannot be used, with its path and what to do about it.
pub(super) fn unusable(place: &str, error: &StoreError) -> Failure {
    let said = error.to_string();
    let failure = broken(if said.contains(place) { said } else { format!("{place}: {said}") });
    match error.advice() {
        Some(advice) => failure.next(advice),
        None => failure,
    }
}

pub(super) fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Usage, error.to_string())
}

pub(super) fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Refused, error.to_string())
}
