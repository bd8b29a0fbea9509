//! Tiltyard's own API, for what MLflow has no words for; one file a feature.
//! MLflow's messages are in `mlflow`.

pub mod jobs;
pub mod journal;
pub mod pointers;
pub mod server;
pub mod versions;
