//! HTTP: one route table, one door for callers, and the conversion between MLflow's messages and the use cases.
//! SQL and decisions do not belong here.

mod answer;
mod caller;
mod error;
mod files;
mod forwarded;
mod guard;
mod incoming;
mod late;
mod limits;
mod measure;
mod mlflow;
mod once;
mod patience;
mod probes;
mod routes;
mod rpc;
mod server;
mod table;
mod tls;
mod v1;

pub use guard::NetworkRules;
pub use measure::start_counting;
pub use server::{Bound, Options, Server};
pub use table::{Access, GateClass, KeyUse, Part, describe_routes};
pub use tls::{CertificateFiles, Tls};
