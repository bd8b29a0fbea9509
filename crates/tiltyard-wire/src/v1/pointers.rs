//! Pointers: rolling one back, and who held it when, under `/api/tiltyard/v1/models/{name}/…`.
//! Moving a pointer forward is MLflow's business and travels in its messages.

use serde::{Deserialize, Serialize};

/// A stage or an alias of a model, written `{"stage": "Production"}` or `{"alias": "champion"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pointer {
    /// A stage.
    Stage(String),
    /// An alias.
    Alias(String),
}

/// `POST models/{name}/rollback`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// What to roll back.
    pub pointer: Pointer,
    /// Why; it is kept in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer to a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackResponse {
    /// What was rolled back.
    pub pointer: Pointer,
    /// The version that held it until now.
    pub from: String,
    /// The version that holds it again.
    pub to: String,
}

/// The answer to `GET models/{name}/history`, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryResponse {
    /// Who held what, from when to when.
    #[serde(default)]
    pub entries: Vec<HistoryEntry>,
}

/// One version holding one pointer for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// From when, in milliseconds.
    pub time_ms: i64,
    /// The pointer as text: `stage:Production` or `alias:champion`.
    pub pointer: String,
    /// The version; absent when the pointer was left without a holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Until when, in milliseconds; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Who moved the pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
