//! Runs and what they log.

use super::{ArtifactLocation, Tag};
use crate::Timestamp;

/// The state of a run, with MLflow's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// Under way.
    Running = 1,
    /// To begin later.
    Scheduled = 2,
    /// Ended well.
    Finished = 3,
    /// Ended badly.
    Failed = 4,
    /// Ended by somebody.
    Killed = 5,
}

impl RunStatus {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Running, Self::Scheduled, Self::Finished, Self::Failed, Self::Killed];

    /// MLflow's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }
}

/// One execution of training code.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// MLflow's id, 32 hexadecimal digits unless imported.
    pub run_id: String,
    /// The experiment's id.
    pub experiment_id: i64,
    /// Display name.
    pub name: String,
    /// Who started it, as the client said.
    pub user_id: String,
    /// Its state.
    pub status: RunStatus,
    /// When it began, as the client said.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// Whether it is deleted (and can be restored).
    pub deleted: bool,
    /// Where its artifacts go.
    pub location: ArtifactLocation,
    /// The latest point of each metric.
    pub metrics: Vec<Metric>,
    /// Its params.
    pub params: Vec<Param>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Data sets it read.
    pub datasets: Vec<DatasetInput>,
    /// Logged models it read.
    pub model_inputs: Vec<ModelInput>,
    /// Logged models it made.
    pub model_outputs: Vec<ModelOutput>,
}

/// One point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The metric's name.
    pub key: String,
    /// The value; may be NaN, never infinite (see the list of differences).
    pub value: f64,
    /// When, as the client said.
    pub timestamp: Timestamp,
    /// The step; 0 where the client said none.
    pub step: i64,
    /// Name of the data set it was measured on, if said.
    pub dataset_name: Option<String>,
    /// Digest of that data set, as the client said.
    pub dataset_digest: Option<String>,
    /// The logged model it is about, if said.
    pub model_id: Option<String>,
    /// The run that logged it, where an answer shows it.
    pub run_id: Option<String>,
}

/// A param: written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// A data set as a client describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Name.
    pub name: String,
    /// Digest, as the client computed it.
    pub digest: String,
    /// Kind of source.
    pub source_type: String,
    /// Source, JSON by convention.
    pub source: String,
    /// Schema, JSON by convention.
    pub schema: Option<String>,
    /// Profile, JSON by convention.
    pub profile: Option<String>,
}

/// A data set that a run read, with tags such as its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetInput {
    /// The data set.
    pub dataset: Dataset,
    /// Tags of this use.
    pub tags: Vec<Tag>,
}

/// A data set that runs of an experiment read, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSummary {
    /// The experiment's id.
    pub experiment_id: i64,
    /// Name.
    pub name: String,
    /// Digest.
    pub digest: String,
    /// What it was read for, if said.
    pub context: Option<String>,
}

/// A logged model that a run read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInput {
    /// Its id.
    pub model_id: String,
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOutput {
    /// Its id.
    pub model_id: String,
    /// At which step.
    pub step: i64,
}
