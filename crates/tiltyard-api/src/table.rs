//! The shape of the route table: every route says which part of the server it belongs to, who may call it, whether it can move a pointer, and whether it honours an
//! idempotency key.
//! The rows themselves stand with their features; a snapshot test prints them all.

use axum::http::Method;
use axum::routing::MethodFilter;

pub use tiltyard_domain::access::Action as Access;

use crate::rpc::Handler;

/// Whether a route can move a pointer, and so must carry a `Cleared` to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateClass {
    /// It cannot.
    None,
    /// It moves one, or may take one away by deleting its holder.
    Moves,
}

/// The part of the server that a route belongs to. A part can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What every server has.
    Server,
    /// Metadata, and artifacts as seen from it; off with `--artifacts-only`.
    Registry,
    /// The server's own artifact store; off with `--no-serve-artifacts`.
    ArtifactStore,
}

/// Whether a client may repeat a request under an `Idempotency-Key` and be sure that it is done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// A key says nothing here: to repeat the request does no harm, or is refused.
    Ignored,
    /// The answer is remembered under the key and given again.
    Honoured,
}

/// Under which prefixes a route is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mount {
    /// `/api/2.0` and `/ajax-api/2.0`.
    V2,
    /// `/api/3.0` and `/ajax-api/3.0`.
    V3,
    /// `/ajax-api/2.0` alone, where MLflow serves only its web pages.
    Ajax2,
    /// Tiltyard's own API.
    Own,
    /// The path as it stands.
    Root,
}

impl Mount {
    /// The prefixes.
    pub(crate) fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::V2 => &["/api/2.0", "/ajax-api/2.0"],
            Self::V3 => &["/api/3.0", "/ajax-api/3.0"],
            Self::Ajax2 => &["/ajax-api/2.0"],
            Self::Own => &["/api/tiltyard/v1"],
            Self::Root => &[""],
        }
    }
}

/// One row: where, how, by whom, with what consequence, and what runs.
pub(crate) struct Route {
    pub(crate) mount: Mount,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) part: Part,
    pub(crate) access: Access,
    pub(crate) gate: GateClass,
    pub(crate) handler: Handler,
}

impl Route {
    /// A row of a route of the registry, or of the server where it is a probe, that moves no pointer.
    pub(crate) fn new(
        mount: Mount,
        method: Method,
        path: &'static str,
        access: Access,
        handler: Handler,
    ) -> Self {
        let part = if access == Access::Probe { Part::Server } else { Part::Registry };
        Self { mount, method, path, part, access, gate: GateClass::None, handler }
    }

    /// The same row, as one of the artifact store.
    pub(crate) fn of_the_artifact_store(mut self) -> Self {
        self.part = Part::ArtifactStore;
        self
    }

    /// The same row, as one that every server has.
    pub(crate) fn of_every_server(mut self) -> Self {
        self.part = Part::Server;
        self
    }

    /// The same row, as one that can move a pointer.
    pub(crate) fn moving(mut self) -> Self {
        self.gate = GateClass::Moves;
        self
    }

    /// The method as the router knows it. Routes of other methods do not exist.
    pub(crate) fn filter(&self) -> Option<MethodFilter> {
        MethodFilter::try_from(self.method.clone()).ok()
    }
}

/// The whole table as text, one line a route: what the snapshot test compares and reviewers read.
pub fn describe_routes() -> String {
    let mut lines: Vec<String> = crate::routes::all()
        .iter()
        .flat_map(|route| {
            let line = |prefix: &&str| {
                format!(
                    "{:6} {prefix}{} {:?} {:?} gate={:?} key={:?}",
                    route.method.as_str(),
                    route.path,
                    route.part,
                    route.access,
                    route.gate,
                    route.handler.key
                )
            };
            route.mount.prefixes().iter().map(line).collect::<Vec<_>>()
        })
        .collect();
    lines.sort();
    lines.join("\n") + "\n"
}
