//! Work in the background of the server: bytes are collected, checked and moved, and what was deleted is purged, under
//! `/api/tiltyard/v1/store`, `/api/tiltyard/v1/purge` and `/api/tiltyard/v1/jobs`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::mlflow::{FromMessage, Message, WireError};

/// `GET jobs`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListJobs {}

impl FromMessage for ListJobs {
    fn from_message(_: Message<'_>) -> Result<Self, WireError> {
        Ok(Self {})
    }
}

request! {
    /// `POST store/gc`: removes bytes that nothing refers to.
    pub struct CollectBytes {
        /// Only say what would be removed.
        pub dry_run: Option<bool>,
        /// How old bytes must be.
        pub grace_seconds: Option<i64>,
    }

    /// `POST purge`: takes away for good what was deleted.
    pub struct PurgeDeleted {
        /// Only count what would go.
        pub dry_run: Option<bool>,
        /// How long ago it must have been deleted.
        pub older_than_seconds: Option<i64>,
    }

    /// `POST store/fsck`: looks whether all bytes are there and unaltered.
    pub struct CheckBytes {
        /// Read all bytes and compare their digests.
        pub deep: Option<bool>,
        /// How old bytes must be for it to be said that nothing refers to them.
        pub grace_seconds: Option<i64>,
    }

    /// `POST store/relocate`: copies bytes to another place and refers to them there.
    pub struct RelocateBytes {
        /// Where to: what a server was started with as `--artifacts-destination`.
        pub to: String,
        /// Remove the bytes from where they were.
        pub remove_source: Option<bool>,
    }

    /// `GET jobs/{name}`
    pub struct GetJob {
        /// `gc`, `fsck`, `relocate`, `purge` or `look`.
        pub name: String,
    }

    /// `GET jobs/{name}/findings`
    pub struct ListFindings {
        /// `gc`, `fsck`, `relocate`, `purge` or `look`.
        pub name: String,
        /// Where the page begins.
        pub page_token: Option<String>,
    }
}

response! {
    /// The latest job of a name.
    pub struct Job {
        /// Its name.
        pub name: String,
        /// Counts the jobs of that name.
        pub number: i64,
        /// `waiting`, `running`, `done` or `failed`.
        pub state: String,
        /// Who asked for it.
        pub asked_by: String,
        /// When, in milliseconds.
        pub asked_ms: i64,
        /// When it was first taken up.
        pub started_ms: Option<i64>,
        /// When it ended.
        pub ended_ms: Option<i64>,
        /// Why it ended before it was done.
        pub failure: Option<String>,
        /// What was counted so far.
        pub counts: BTreeMap<String, i64>,
        /// How many findings can be listed so far.
        pub findings: i64,
    }

    /// The answer to `GET jobs`.
    pub struct JobsResponse {
        /// The latest of every name.
        pub jobs: Vec<Job>,
    }

    /// The answer to `GET jobs/{name}/findings`.
    pub struct FindingsResponse {
        /// In the order in which they were found.
        pub findings: Vec<Finding>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// What was found out about some bytes.
    pub struct Finding {
        /// `orphan`, `removed`, `missing`, `wrong_size`, `altered`, `unreadable` or `stuck`.
        pub kind: String,
        /// The place where they are, or should be.
        pub destination: String,
        /// Their key there.
        pub key: String,
        /// How many there are, or should be.
        pub size_bytes: Option<i64>,
        /// What refers to them.
        pub used_by: Option<String>,
        /// More about it.
        pub detail: Option<String>,
    }
}
