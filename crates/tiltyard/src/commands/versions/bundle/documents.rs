//! The documents of a bundle beside its model: run, version, validation report and manifest, as JSON.
//! Nothing in them says when or where the bundle was made: the same version gives the same bytes, so that bundles can be compared.

use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::{Manifest, ManifestEntry, Sha256Digest};
use tiltyard_wire::mlflow::experiments::Tag;
use tiltyard_wire::mlflow::metrics::Metric;
use tiltyard_wire::mlflow::runs::Run;
use tiltyard_wire::mlflow::versions::{ModelVersion, ModelVersionStatus};
use tiltyard_wire::v1::pointers::HistoryEntry;

use super::card;
use super::facts::Facts;
use crate::commands::failure::Failure;

/// Where the files of the model lie in a bundle.
pub(super) const MODEL_FOLDER: &str = "model";
/// The list of all files; a bundle without it is none.
pub(super) const MANIFEST: &str = "manifest.json";
/// How the files of a bundle are laid out; another layout gets another name.
const LAYOUT: &str = "tiltyard-bundle-1";

/// A file made here.
pub(super) struct Document {
    pub(super) path: &'static str,
    pub(super) bytes: Vec<u8>,
}

#[derive(Serialize)]
struct RunDocument<'a> {
    run: &'a Run,
    metric_points: &'a [Metric],
}

#[derive(Serialize)]
struct VersionDocument<'a> {
    version: &'a ModelVersion,
    model: ModelDocument<'a>,
    history: &'a [HistoryEntry],
}

#[derive(Serialize)]
struct ModelDocument<'a> {
    name: &'a str,
    description: Option<&'a str>,
    creation_timestamp: Option<i64>,
    tags: &'a [Tag],
}

#[derive(Serialize)]
struct ValidationDocument<'a> {
    status: Option<ModelVersionStatus>,
    status_message: Option<&'a str>,
    /// Absent where the server verifies nothing.
    verified: Option<bool>,
    unverified_reason: Option<&'a str>,
    /// Whether every byte was compared with the digest that was taken when the version was registered.
    compared_with_registry: bool,
    digest: String,
    files: usize,
    size_bytes: u64,
    left_out: &'a [String],
}

#[derive(Serialize)]
struct ManifestDocument<'a> {
    layout: &'static str,
    name: &'a str,
    version: &'a str,
    /// Over the files of the model, as the registry has it.
    digest: String,
    model: Vec<FileDocument<'a>>,
    documents: Vec<FileDocument<'a>>,
}

#[derive(Serialize)]
struct FileDocument<'a> {
    path: &'a str,
    size_bytes: u64,
    sha256: String,
}

/// All documents, the manifest last.
pub(super) fn documents(
    facts: &Facts,
    files: &Manifest,
    model_text: Option<&[u8]>,
) -> Result<Vec<Document>, Failure> {
    let mut documents = Vec::new();
    if let Some(run) = &facts.run {
        documents.push(json("run.json", &RunDocument { run, metric_points: &facts.points })?);
    }
    documents.push(json("version.json", &version(facts))?);
    documents.push(json("validation.json", &validation(facts, files))?);
    documents.push(Document { path: "CARD.md", bytes: card::card(facts, files, model_text).into_bytes() });
    let manifest = manifest(facts, files, &documents);
    let manifest = json(MANIFEST, &manifest)?;
    documents.push(manifest);
    Ok(documents)
}

/// The one digest over the files of a model.
pub(super) fn digest_of(files: &Manifest) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(files.canonical_text().as_bytes()).into())
}

/// How many bytes the files have together.
pub(super) fn size_of(files: &Manifest) -> u64 {
    files.entries().iter().map(|file| file.size_bytes).sum()
}

fn version(facts: &Facts) -> VersionDocument<'_> {
    let model = &facts.model;
    let model = ModelDocument {
        name: &model.name,
        description: model.description.as_deref(),
        creation_timestamp: model.creation_timestamp,
        tags: &model.tags,
    };
    VersionDocument { version: &facts.version, model, history: &facts.history }
}

fn validation<'a>(facts: &'a Facts, files: &Manifest) -> ValidationDocument<'a> {
    let pinned = facts.pinned.as_ref();
    ValidationDocument {
        status: facts.version.status,
        status_message: facts.version.status_message.as_deref(),
        verified: pinned.map(|pinned| pinned.verified),
        unverified_reason: pinned.and_then(|pinned| pinned.unverified_reason.as_deref()),
        compared_with_registry: pinned.is_some_and(|pinned| pinned.manifest_digest.is_some()),
        digest: digest_of(files).to_string(),
        files: files.entries().len(),
        size_bytes: size_of(files),
        left_out: &facts.left_out,
    }
}

fn manifest<'a>(facts: &'a Facts, files: &'a Manifest, documents: &'a [Document]) -> ManifestDocument<'a> {
    let model = |file: &'a ManifestEntry| FileDocument {
        path: file.path.as_str(),
        size_bytes: file.size_bytes,
        sha256: file.sha256.to_string(),
    };
    let made_here = |document: &Document| FileDocument {
        path: document.path,
        size_bytes: document.bytes.len() as u64,
        sha256: sha256(&document.bytes).to_string(),
    };
    ManifestDocument {
        layout: LAYOUT,
        name: &facts.version.name,
        version: &facts.version.version,
        digest: digest_of(files).to_string(),
        model: files.entries().iter().map(model).collect(),
        documents: documents.iter().map(made_here).collect(),
    }
}

fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

fn json(path: &'static str, content: &impl Serialize) -> Result<Document, Failure> {
    let mut bytes = serde_json::to_vec_pretty(content).map_err(io::Error::from)?;
    bytes.push(b'\n');
    Ok(Document { path, bytes })
}
