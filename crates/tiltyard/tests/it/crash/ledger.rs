//! What the server has acknowledged, and what it was asked and may or may not have done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::numbers::Numbers;

/// The client's book of one life of a folder.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Source of each acknowledged version, by model and number.
    pub(super) versions: BTreeMap<(String, i64), String>,
    /// Who holds each pointer, by model and pointer.
    pub(super) pointers: BTreeMap<(String, &'static str), Holder>,
    /// Acknowledged batches of each run.
    pub(super) batches: BTreeMap<String, BTreeSet<u64>>,
    /// What lies at each artifact path.
    pub(super) artifacts: BTreeMap<String, Content>,
    /// Uploads that were begun and not acknowledged.
    pub(super) uploads: BTreeMap<String, Content>,
}

impl Ledger {
    /// Takes over what another book says, and leaves it the pointers and the newest version of each model: what a client
    /// needs to go on.
    pub(super) fn take_over(&mut self, fresh: &mut Self) {
        let mut newest: BTreeMap<String, (i64, String)> = BTreeMap::new();
        for ((model, number), source) in &fresh.versions {
            newest.insert(model.clone(), (*number, source.clone()));
        }
        self.versions.append(&mut fresh.versions);
        self.batches.append(&mut fresh.batches);
        self.artifacts.append(&mut fresh.artifacts);
        let kept = newest.into_iter().map(|(model, (number, source))| ((model, number), source));
        fresh.versions = kept.collect();
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let batches: usize = self.batches.values().map(BTreeSet::len).sum();
        let (versions, artifacts) = (self.versions.len(), self.artifacts.len());
        write!(formatter, "{versions} versions, {batches} batches and {artifacts} artifacts")
    }
}

/// Who holds a pointer that one client moves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Holder {
    /// The holder that was acknowledged last.
    pub(super) acknowledged: Option<i64>,
    /// The holder that was asked for since.
    pub(super) asked: Option<i64>,
}

impl Holder {
    /// Whether a version may be found holding the pointer.
    pub(super) fn permits(&self, found: Option<i64>) -> bool {
        found == self.acknowledged || (self.asked.is_some() && found == self.asked)
    }
}

/// The bytes of one upload, by the seed that makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) seed: u64,
    pub(super) size_bytes: u64,
}

impl Content {
    pub(super) fn bytes(self) -> Vec<u8> {
        Numbers::new(self.seed).bytes(self.size_bytes)
    }
}
