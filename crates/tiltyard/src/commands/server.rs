//! `tiltyard server`: settings, build, run until told to stop, drain. No decisions are taken here.

use std::io::{Write, stderr};
use std::net::SocketAddr;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusBuilder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tiltyard_api::{Bound, NetworkRules, Options, Server as Http};
use tiltyard_registry::{Context, Error, OwnStore, Settings, jobs};
use tiltyard_store::{Error as StoreError, Store};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::failure::{Exit, Failure};
use crate::clock::SystemClock;
use crate::limits::CLOSE_PATIENCE;
use crate::settings::{
    ArtifactProxy, BrowserGuard, Environment, ListenHost, Resolved, ServerArguments, ServerSettings,
    StoreLocation, Surface,
};
use crate::telemetry;

/// Runs a server until it is told to stop.
pub(super) fn run(arguments: &ServerArguments) -> Result<(), Failure> {
    let environment = Environment::of_process().map_err(usage)?;
    let Resolved { settings, notices } = ServerSettings::resolve(arguments, &environment).map_err(usage)?;
    telemetry::start(&settings.log_filter).map_err(broken)?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    raise_open_files();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(broken)?
        .block_on(serve(settings))
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

async fn serve(settings: ServerSettings) -> Result<(), Failure> {
    let (store, place) = match &settings.store {
        StoreLocation::Sqlite(path) => (Store::open_sqlite(path), path.display().to_string()),
        StoreLocation::Postgres(postgres) => {
            (Store::open_postgres(*postgres.clone()).await, "the PostgreSQL database".to_owned())
        }
    };
    let store = store.map_err(|error| unusable(&place, &error))?;
    let told = Settings {
        default_artifact_root: settings.artifacts.root.uri().to_owned(),
        location_length_max: settings.bounds.artifact_location_length_max,
        long_values: settings.bounds.long_values,
        host_schemes: settings.artifacts.host_schemes.clone(),
        own_store: own_store(&settings.artifacts.proxy)?,
    };
    let context = Context::open(store, Arc::new(SystemClock), told).await.map_err(|error| match error {
        Error::Store(error) => unusable(&place, &error),
        other => broken(other),
    })?;
    let bound = bind(Http::new(&context, options(&settings)?), &settings).await?;
    // Before anybody is told that the server is there, so that a signal sent on that news is not missed.
    let stop = told_to_stop()?;
    announce(&bound)?;
    let (rest, told_to_rest) = oneshot::channel::<()>();
    let working = tokio::spawn(jobs::keep_working(context.clone(), async {
        // A sender that is gone means rest as well.
        let _ = told_to_rest.await;
    }));
    bound.run(stop).await;
    drop(rest);
    working.await.map_err(broken)?;
    context.close(CLOSE_PATIENCE).await.map_err(broken)
}

fn own_store(proxy: &ArtifactProxy) -> Result<Option<OwnStore>, Failure> {
    match proxy {
        ArtifactProxy::Off => Ok(None),
        ArtifactProxy::Folder(folder) => match OwnStore::in_folder(folder) {
            Ok(store) => Ok(Some(store)),
            Err(error) => Err(broken(format!("artifacts cannot be kept in {}: {error}", folder.display()))
                .next(
                    "name a folder that the user who runs the server may write with --artifacts-destination",
                )),
        },
    }
}

fn options(settings: &ServerSettings) -> Result<Options, Failure> {
    let network = match &settings.browser_guard {
        BrowserGuard::Off => None,
        BrowserGuard::On(rules) => Some(NetworkRules {
            hosts: rules.hosts.clone(),
            origins: rules.origins.clone(),
            frame_options: rules.frames.header(),
        }),
    };
    let prometheus = PrometheusBuilder::new().install_recorder().map_err(broken)?;
    Ok(Options {
        base_path: settings.static_prefix.as_str().to_owned(),
        network,
        prometheus: Some(prometheus),
        artifacts_only: settings.surface == Surface::ArtifactsOnly,
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
    writeln!(stderr(), "Tiltyard listens on http://{address}").map_err(broken)
}

/// Ends when the process is asked to: Ctrl-C, or what a service manager sends.
fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(broken)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A database that cannot be used, with its path and what to do about it.
fn unusable(place: &str, error: &StoreError) -> Failure {
    let said = error.to_string();
    let failure = broken(if said.contains(place) { said } else { format!("{place}: {said}") });
    match error.advice() {
        Some(advice) => failure.next(advice),
        None => failure,
    }
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Usage, error.to_string())
}

pub(super) fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Refused, error.to_string())
}
