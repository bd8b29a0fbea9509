//! The settings of a server: flags and environment in, typed and checked values out, by one pure function.
//! Only `Environment::of_process` looks at the process; nothing here opens a file, a socket or a log.

mod arguments;
mod artifacts;
mod bounds;
mod browser;
mod catalogue;
mod cloud;
mod environment;
mod error;
mod front;
mod input;
mod listen;
mod postgres;
mod reference;
mod store;
#[cfg(test)]
mod tests;
mod unused;
mod uri;
mod variables;
mod worker_options;

pub(crate) use arguments::ServerArguments;
pub(crate) use artifacts::{ArtifactRoot, ArtifactSettings, Destination, destination_at};
pub(crate) use bounds::Bounds;
pub(crate) use browser::BrowserGuard;
pub(crate) use cloud::cloud_at;
pub(crate) use environment::Environment;
pub(crate) use error::SettingsError;
pub(crate) use front::Front;
pub(crate) use listen::{Listen, ListenHost, StaticPrefix};
pub(crate) use reference::reference_page;
pub(crate) use store::{StoreLocation, named as named_store};

use crate::telemetry::LogFilter;
use catalogue::{ARTIFACTS_ONLY, LOG_FILTER};

const DEFAULT_LOG_FILTER: &str = "info";

/// Everything that a server needs to know before it is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerSettings {
    /// Where to listen.
    pub(crate) listen: Listen,
    /// TLS, proxies, and how to leave a load balancer.
    pub(crate) front: Front,
    /// The path in front of every route.
    pub(crate) static_prefix: StaticPrefix,
    /// Which routes there are.
    pub(crate) surface: Surface,
    /// Where metadata lives.
    pub(crate) store: StoreLocation,
    /// Where artifacts live.
    pub(crate) artifacts: ArtifactSettings,
    /// What protects browsers.
    pub(crate) browser_guard: BrowserGuard,
    /// Limits that the operator may set.
    pub(crate) bounds: Bounds,
    /// Which log lines are written.
    pub(crate) log_filter: LogFilter,
}

/// Which routes a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// All of them.
    Everything,
    /// Artifacts, health and version.
    ArtifactsOnly,
}

/// Settings, with what the operator should be told about them at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The settings.
    pub(crate) settings: ServerSettings,
    /// Full sentences, one a line.
    pub(crate) notices: Vec<String>,
}

impl ServerSettings {
    /// Decides every setting: its flag, else its `TILTYARD_` variable, else its `MLFLOW_` one, else the default.
    pub(crate) fn resolve(
        arguments: &ServerArguments,
        environment: &Environment,
    ) -> Result<Resolved, SettingsError> {
        let mut notices = unused::check(arguments, environment)?;
        let artifacts = artifacts::resolve(arguments, environment, &mut notices)?;
        let settings = Self {
            listen: listen::resolve(arguments, environment, &mut notices)?,
            front: front::resolve(arguments, environment, &mut notices)?,
            static_prefix: listen::static_prefix(arguments, environment)?,
            surface: surface(arguments, environment, artifacts.proxy.as_ref())?,
            store: store::resolve(arguments, environment)?,
            artifacts,
            browser_guard: browser::resolve(arguments, environment, &mut notices)?,
            bounds: bounds::resolve(environment)?,
            log_filter: log_filter(arguments, environment)?,
        };
        Ok(Resolved { settings, notices })
    }
}

fn surface(
    arguments: &ServerArguments,
    environment: &Environment,
    proxy: Option<&Destination>,
) -> Result<Surface, SettingsError> {
    if environment.switch(&ARTIFACTS_ONLY, arguments.artifacts_only())? != Some(true) {
        return Ok(Surface::Everything);
    }
    if proxy.is_none() {
        let origin = "--artifacts-only";
        let sentence =
            "nothing would be left to serve with --no-serve-artifacts; leave one of the two out".to_owned();
        return Err(SettingsError::Value { origin, sentence });
    }
    Ok(Surface::ArtifactsOnly)
}

fn log_filter(arguments: &ServerArguments, environment: &Environment) -> Result<LogFilter, SettingsError> {
    let default = input::Given { text: DEFAULT_LOG_FILTER, origin: "--log-level" };
    let given = environment.text(&LOG_FILTER, arguments.log_level.as_deref()).unwrap_or(default);
    let filter = match given.origin {
        "MLFLOW_LOGGING_LEVEL" => LogFilter::from_python_level(given.text),
        _ => LogFilter::parse(given.text),
    };
    filter.map_err(|sentence| given.refuse(sentence))
}
