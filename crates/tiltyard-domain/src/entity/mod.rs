//! The things a registry keeps, as plain data: what the store loads and the API shows.
//! Rules about them stand in the modules named after the rule, not here.

mod experiment;
mod logged_model;
mod model;
mod run;

pub use experiment::{Experiment, NewExperiment};
pub use logged_model::{LoggedModel, LoggedModelStatus, NewLoggedModel};
pub use model::{HistoryEntry, Model, Version, VersionStatus};
pub use run::{
    Dataset, DatasetInput, DatasetSummary, Metric, ModelInput, ModelOutput, Param, Run, RunStatus,
};

/// A key and its value, of an experiment, run, model or version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

/// Which of active and deleted things a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewType {
    /// Those that are not deleted.
    Active,
    /// Those that are.
    Deleted,
    /// Both.
    All,
}

/// Integer key of a root of artifact URIs, as clients are shown them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId(pub i64);

/// Integer key of a place where the server itself keeps bytes. No client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobStoreId(pub i64);

/// Where the artifacts of an experiment, run or logged model live.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ArtifactLocation {
    /// In a store the server knows, under a key; the URI is made when shown, so that a store can move.
    Stored {
        /// The store.
        store: StoreId,
        /// The root of that store's URIs.
        root: String,
        /// The key inside it, without a leading slash.
        key: String,
    },
    /// At a URI that a client supplied. Data: the server never opens it.
    Elsewhere(String),
}

impl ArtifactLocation {
    /// The URI, as clients are shown it.
    pub fn uri(&self) -> String {
        match self {
            Self::Stored { root, key, .. } => format!("{}/{key}", root.trim_end_matches('/')),
            Self::Elsewhere(uri) => uri.clone(),
        }
    }

    /// The location of something below this one. `path` has no leading slash.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        match self {
            Self::Stored { store, root, key } => {
                let key = if key.is_empty() { path.to_owned() } else { format!("{key}/{path}") };
                Self::Stored { store: *store, root: root.clone(), key }
            }
            Self::Elsewhere(uri) => Self::Elsewhere(append_to_uri(uri, path)),
        }
    }
}

/// Appends a path to the path part of a URI and leaves its query and fragment where they are.
fn append_to_uri(uri: &str, path: &str) -> String {
    let split = uri.find(['?', '#']).unwrap_or(uri.len());
    let (base, rest) = uri.split_at(split);
    format!("{}/{path}{rest}", base.trim_end_matches('/'))
}
