//! What can be asked for, as it is kept with the job.

use serde::{Deserialize, Serialize};
use tiltyard_domain::entity::BlobStoreId;

use crate::Context;

/// Work for the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Remove bytes that nothing refers to.
    Collect(Collect),
    /// Look whether all bytes are there and unaltered.
    Check(Check),
    /// Copy bytes to another place and refer to them there.
    Relocate(Relocate),
    /// Take away for good what was deleted.
    Purge(Purge),
    /// Look at the files of versions that lie where clients write by themselves. The server asks for it itself.
    Look,
}

/// What to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collect {
    /// Only say what would be removed.
    pub dry_run: bool,
    /// Bytes younger than this stay: they may be on their way in.
    pub grace_ms: i64,
}

/// What to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Read all bytes and compare their digests.
    pub deep: bool,
    /// Bytes that nothing refers to are not mentioned while they are younger than this.
    pub grace_ms: i64,
}

/// What to purge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// Only count what would go.
    pub dry_run: bool,
    /// How long ago it must have been deleted.
    pub older_than_ms: i64,
}

/// What to move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relocate {
    /// Where to, as the server calls it.
    pub to: String,
    /// The same place in the metadata.
    #[serde(rename = "store")]
    pub(crate) id: i64,
    /// Remove the bytes from where they were.
    pub remove_source: bool,
}

impl Relocate {
    pub(crate) fn target(&self) -> BlobStoreId {
        BlobStoreId(self.id)
    }
}

impl Request {
    /// The name of the job; there is one of each at a time.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Collect(_) => "gc",
            Self::Check(_) => "fsck",
            Self::Relocate(_) => "relocate",
            Self::Purge(_) => "purge",
            Self::Look => "look",
        }
    }
}

/// The jobs that a server can work on: not every one has bytes of its own, or looks at those of clients.
pub(super) fn names(context: &Context) -> Vec<&'static str> {
    let mut names = vec!["purge"];
    if context.serves_artifacts() {
        names.extend(["gc", "fsck", "relocate"]);
    }
    if context.observes() {
        names.push("look");
    }
    names
}
