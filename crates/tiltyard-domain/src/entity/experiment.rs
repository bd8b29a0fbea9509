//! Experiments.

use super::{ArtifactLocation, Tag};
use crate::Timestamp;

/// A group of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// The id; MLflow shows it as decimal text.
    pub id: i64,
    /// Unique in its workspace, deleted ones included.
    pub name: String,
    /// Where the artifacts of its runs go.
    pub location: ArtifactLocation,
    /// Whether it is deleted (and can be restored).
    pub deleted: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Its tags, by key.
    pub tags: Vec<Tag>,
}

/// What a caller says of an experiment to be made.
#[derive(Debug, Clone)]
pub struct NewExperiment {
    /// The name.
    pub name: String,
    /// A location of the caller's own, or none for the server's default.
    pub location: Option<String>,
    /// The tags.
    pub tags: Vec<Tag>,
}
