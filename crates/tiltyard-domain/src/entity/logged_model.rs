//! Logged models: what MLflow 3 keeps of a model before it is registered.

use super::{ArtifactLocation, Metric, Param, Tag};
use crate::Timestamp;

/// The state of a logged model, with MLflow's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoggedModelStatus {
    /// Not said.
    Unspecified = 0,
    /// Files are still being uploaded.
    Pending = 1,
    /// Complete.
    Ready = 2,
    /// The upload failed.
    Failed = 3,
}

impl LoggedModelStatus {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Unspecified, Self::Pending, Self::Ready, Self::Failed];
}

/// A model as a run logged it.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedModel {
    /// MLflow's id, `m-` and 32 hexadecimal digits.
    pub model_id: String,
    /// The experiment's id.
    pub experiment_id: i64,
    /// Display name.
    pub name: String,
    /// Where its files are.
    pub location: ArtifactLocation,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Its state.
    pub status: LoggedModelStatus,
    /// Why it is in that state, if said.
    pub status_message: Option<String>,
    /// Kind of model, as the client said.
    pub model_type: Option<String>,
    /// The run that made it.
    pub source_run_id: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its params.
    pub params: Vec<Param>,
    /// Every point of every metric about it, oldest first, with the run that logged it.
    pub metrics: Vec<Metric>,
}

/// What a caller says of a logged model to be made.
#[derive(Debug, Clone)]
pub struct NewLoggedModel {
    /// The experiment's id.
    pub experiment_id: i64,
    /// Display name; none lets the server make one up.
    pub name: Option<String>,
    /// Kind of model; may be empty.
    pub model_type: String,
    /// The run that made it; may be empty, and need not be known here.
    pub source_run_id: String,
    /// The tags.
    pub tags: Vec<Tag>,
    /// The params.
    pub params: Vec<Param>,
}
