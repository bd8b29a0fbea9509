//! Registered models and their versions.

use super::Tag;
use crate::Timestamp;
use crate::pointer::{Pointer, Stage};
use crate::promotion::Cause;

/// A registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The store's key.
    pub id: i64,
    /// Unique in its workspace.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// How often its pointers have moved.
    pub pointer_revision: i64,
    /// The highest version number ever given.
    pub last_version: i64,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its aliases and the version number that each points at.
    pub aliases: Vec<(String, i64)>,
    /// The newest version of each stage.
    pub latest_versions: Vec<Version>,
}

/// Whether a version's bytes are all there, with MLflow's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionStatus {
    /// Being copied.
    Pending = 1,
    /// Failed.
    Failed = 2,
    /// Ready.
    Ready = 3,
}

/// A model version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The store's key.
    pub id: i64,
    /// The model's name.
    pub model: String,
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Who made it.
    pub user_id: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// What it is.
    pub description: Option<String>,
    /// Where its bytes came from, as the client said.
    pub source: String,
    /// The location that `source` stood for when that was another one (`models:/…`).
    pub storage_location: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// A link to that run.
    pub run_link: Option<String>,
    /// The logged model it came from.
    pub logged_model_id: Option<String>,
    /// Whether its bytes are there.
    pub status: VersionStatus,
    /// Digest over its pinned manifest, hexadecimal; none where nothing is pinned.
    pub manifest_digest: Option<String>,
    /// Whether its manifest is complete and its `MLmodel` parses.
    pub verified: bool,
    /// Why it is not verified.
    pub unverified_reason: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The aliases that point at it.
    pub aliases: Vec<String>,
}

/// One line of a pointer's history: who held it, from when to when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The pointer.
    pub pointer: Pointer,
    /// The version's number.
    pub version: i64,
    /// From when.
    pub since: Timestamp,
    /// Until when; none while it holds.
    pub until: Option<Timestamp>,
    /// The journal entry of the move by which it left: these are in order, whatever clocks said.
    pub left_by: Option<i64>,
    /// Who moved it there.
    pub actor: String,
    /// Why it came to hold the pointer.
    pub cause: Cause,
    /// The reason given, if any.
    pub reason: Option<String>,
    /// Whether it was later rolled back from.
    pub rolled_back: bool,
    /// Whether the version has been deleted since.
    pub deleted: bool,
}
