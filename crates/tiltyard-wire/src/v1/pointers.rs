//! Pointers: rolling one back, and who held it when, under `/api/tiltyard/v1/models/{name}/…`.
//! Moving a pointer forward is MLflow's business and travels in its messages.

use serde::{Deserialize, Serialize};

use crate::mlflow::{FromMessage, Message, WireError};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// The model; it travels in the path.
    #[serde(skip)]
    pub name: String,
    /// What to roll back.
    pub pointer: Pointer,
    /// Why; it is kept in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl FromMessage for Rollback {
    fn from_message(mut message: Message<'_>) -> Result<Self, WireError> {
        let pointer = message.message("pointer")?.ok_or_else(|| WireError::missing("pointer"))?;
        Ok(Self { name: message.required_text("name")?, pointer, reason: message.text("reason")? })
    }
}

impl FromMessage for Pointer {
    fn from_message(mut message: Message<'_>) -> Result<Self, WireError> {
        match (message.text("stage")?, message.text("alias")?) {
            (Some(stage), None) => Ok(Self::Stage(stage)),
            (None, Some(alias)) => Ok(Self::Alias(alias)),
            (Some(_), Some(_)) => {
                Err(WireError::limit("A pointer is a stage or an alias; name one of them."))
            }
            (None, None) => Err(WireError::missing("pointer.stage")),
        }
    }
}

/// The answer to a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackResponse {
    /// What was rolled back.
    pub pointer: Pointer,
    /// The versions that left it; none where nobody held it.
    #[serde(default)]
    pub from: Vec<String>,
    /// The version that holds it again. Others that held a stage before this one left may stand beside it.
    pub to: String,
}

/// A question about one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedModel {
    /// The model; it travels in the path.
    #[serde(skip)]
    pub name: String,
}

impl FromMessage for NamedModel {
    fn from_message(mut message: Message<'_>) -> Result<Self, WireError> {
        Ok(Self { name: message.required_text("name")? })
    }
}

response! {
    /// The answer to `GET models/{name}/history`: the newest thousand lines, oldest first.
    pub struct HistoryResponse {
        /// Who held what, from when to when.
        pub entries: Vec<HistoryEntry>,
    }

    /// One version holding one pointer for a while.
    pub struct HistoryEntry {
        /// From when, in milliseconds.
        pub time_ms: i64,
        /// The pointer as text: `stage:Production` or `alias:champion`.
        pub pointer: String,
        /// The version.
        pub version: Option<String>,
        /// Until when, in milliseconds; absent while it lasts.
        pub until_ms: Option<i64>,
        /// Who moved the pointer.
        pub actor: Option<String>,
        /// `move`, `rollback` or `deletion`.
        pub cause: Option<String>,
        /// Why.
        pub reason: Option<String>,
        /// Whether it was rolled back from.
        pub rolled_back: bool,
        /// Whether the version has been deleted since.
        pub deleted: bool,
    }

    /// The answer to `GET models/{name}/journal`: the newest thousand entries, oldest first.
    pub struct JournalResponse {
        /// Every change of the model.
        pub entries: Vec<JournalEntry>,
    }

    /// One change.
    pub struct JournalEntry {
        /// When, in milliseconds.
        pub time_ms: i64,
        /// By whom.
        pub actor: String,
        /// What, such as `version.created`.
        pub action: String,
        /// Of which version, if of one.
        pub version: Option<String>,
        /// Before and after, for people.
        pub detail: String,
    }
}
