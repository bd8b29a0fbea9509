//! How far a job has come and what it found, as both are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tiltyard_store::{Condemned, Reference, Referrers};

use crate::limits::FINDINGS_MAX;

/// How far a job has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Which part of the job.
    pub(super) part: u8,
    /// Where in it: a number (a place, a workspace, a version) and a text (a key, a path) that is done.
    pub(super) number: i64,
    pub(super) text: String,
    /// What was counted, under names for people.
    pub(super) counts: BTreeMap<String, i64>,
    /// Findings that were noted.
    pub(super) noted: usize,
}

/// What a piece of work leads to.
pub(super) struct Piece {
    pub(super) progress: Progress,
    pub(super) found: Vec<Finding>,
    pub(super) is_last: bool,
}

/// What was found out about some bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What about them.
    pub kind: FindingKind,
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

/// What can be found out about bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Nothing refers to them.
    Orphan,
    /// Nothing referred to them, and they were removed.
    Removed,
    /// They are referred to and not there.
    Missing,
    /// There are more of them, or fewer, than there should be.
    WrongSize,
    /// They are not what was written.
    Altered,
    /// They, or their place, cannot be read.
    Unreadable,
    /// Nothing refers to them, and they could not be removed.
    Stuck,
}

impl FindingKind {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Removed => "removed",
            Self::Missing => "missing",
            Self::WrongSize => "wrong_size",
            Self::Altered => "altered",
            Self::Unreadable => "unreadable",
            Self::Stuck => "stuck",
        }
    }

    /// Under which name such findings are counted.
    fn counted_as(self) -> &'static str {
        match self {
            Self::Orphan => "orphans",
            Self::WrongSize => "wrong_sizes",
            other => other.name(),
        }
    }
}

impl Progress {
    /// Goes on to the next part, at its beginning.
    pub(super) fn next_part(&mut self) {
        self.part += 1;
        self.number = 0;
        self.text.clear();
    }

    /// Goes on behind a place in this part.
    pub(super) fn behind(&mut self, number: i64, text: &str) {
        self.number = number;
        text.clone_into(&mut self.text);
    }

    pub(super) fn count(&mut self, name: &str, more: i64) {
        *self.counts.entry(name.to_owned()).or_default() += more;
    }

    /// The piece that ends here.
    pub(super) fn piece(mut self, mut found: Vec<Finding>, is_last: bool) -> Piece {
        for finding in &found {
            self.count(finding.kind.counted_as(), 1);
            if matches!(finding.kind, FindingKind::Orphan | FindingKind::Removed) {
                let name = format!("{}_bytes", finding.kind.name());
                self.count(&name, finding.size_bytes.unwrap_or(0));
            }
        }
        // All are counted; so many are kept to be listed.
        found.truncate(FINDINGS_MAX.saturating_sub(self.noted));
        self.noted += found.len();
        Piece { progress: self, found, is_last }
    }
}

impl Finding {
    /// A finding about bytes that are referred to.
    pub(super) fn of_reference(
        kind: FindingKind,
        destination: String,
        referrers: Referrers,
        reference: Reference,
        detail: Option<String>,
    ) -> Self {
        let used_by = match referrers {
            Referrers::Paths => reference.path,
            Referrers::Versions => format!(".tiltyard/versions/{}/{}", reference.owner, reference.path),
        };
        let size_bytes = i64::try_from(reference.file.size_bytes).ok();
        Self { kind, destination, key: reference.file.key, size_bytes, used_by: Some(used_by), detail }
    }

    /// A finding about bytes that nothing refers to.
    pub(super) fn unused(kind: FindingKind, destination: &str, blob: &Condemned) -> Self {
        Self {
            kind,
            destination: destination.to_owned(),
            key: blob.key.clone(),
            size_bytes: Some(blob.size_bytes),
            used_by: None,
            detail: None,
        }
    }

    /// A finding about a whole place, or a folder in it.
    pub(super) fn of_place(destination: &str, folder: &str, detail: String) -> Self {
        Self {
            kind: FindingKind::Unreadable,
            destination: destination.to_owned(),
            key: folder.to_owned(),
            size_bytes: None,
            used_by: None,
            detail: Some(detail),
        }
    }
}
