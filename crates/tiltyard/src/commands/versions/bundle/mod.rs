//! `tiltyard versions bundle`: a version as files that need no registry: model, run, validation report and card, under
//! `NAME/VERSION/` in a folder or bucket. All of it is there in the end, or nothing is, and what is there is never changed.

mod bucket;
mod card;
mod documents;
mod facts;
mod folder;
mod hashing;
mod place;
mod segment;

use std::collections::HashMap;

use clap::Args;
use serde::Serialize;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::{Manifest, ManifestEntry};
use tiltyard_wire::mlflow::versions::ModelVersion;
use tiltyard_wire::v1::versions::ManifestEntry as PinnedFile;
use tokio::io::AsyncWriteExt as _;

use super::{Named, download};
use crate::commands::connection::Session;
use crate::commands::failure::{Exit, Failure};
use crate::commands::render::visible;
use crate::commands::transfer::{self, Found};
use crate::limits::MODEL_TEXT_BYTES_MAX;
use documents::{digest_of, documents, size_of};
use facts::Facts;
use hashing::Hashing;
use place::Place;

/// The file that says what a model is.
const MODEL_TEXT: &str = "MLmodel";

/// Write a version with its run, validation report and card to a folder or bucket, under NAME/VERSION/.
#[derive(Debug, Args)]
pub(super) struct Bundle {
    #[command(flatten)]
    named: Named,
    /// The folder or bucket to put NAME/VERSION/ into, as in `out`, `s3://BUCKET/FOLDER`, `gs://…` or `wasbs://…`
    #[arg(long, value_name = "DESTINATION")]
    to: String,
}

/// What became of it.
#[derive(Serialize)]
struct Bundled {
    name: String,
    version: String,
    place: String,
    digest: String,
    files: usize,
    size_bytes: u64,
    /// Whether the same bundle stood there before.
    was_there: bool,
    left_out: Vec<String>,
}

impl Bundle {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let version = self.named.find(session).await?;
        let facts = Facts::of(&session.client, &version).await?;
        let found = files_of(session, &facts).await?;
        let (name, version) = (&facts.version.name, &facts.version.version);
        let target = Place::open(&self.to, &segment::segment(name), &segment::segment(version)).await?;
        let (files, model_text) = fetch(session, &facts, &found, &target).await?;
        must_be_the_registered(&facts, &files)?;
        let place = target.shown();
        let documents = documents(&facts, &files, model_text.as_deref())?;
        let was_there = !target.finish(&files, documents).await?;
        let bundled = Bundled {
            place,
            was_there,
            digest: digest_of(&files).to_string(),
            files: files.entries().len(),
            size_bytes: size_of(&files),
            name: facts.version.name,
            version: facts.version.version,
            left_out: facts.left_out,
        };
        for missing in &bundled.left_out {
            session.output.remark(&format!("Left out: {missing}."));
        }
        session.output.show(&bundled, said)
    }
}

fn said(Bundled { name, version, place, files, was_there, .. }: &Bundled) -> String {
    if *was_there {
        format!("The same bundle of {name} {version} is at {place} already.")
    } else {
        format!("Bundled {name} {version} with {files} files of the model to {place}.")
    }
}

/// The files of the model: those that the version pins, else those that the server lists.
async fn files_of(session: &Session, facts: &Facts) -> Result<Vec<Found>, Failure> {
    let pinned = facts.pinned.as_ref().map(|pinned| &pinned.manifest[..]).unwrap_or_default();
    if pinned.is_empty() {
        return download::files_of(&session.client, &facts.version).await;
    }
    let found = |file: &PinnedFile| Found {
        path: file.path.clone(),
        size_bytes: u64::try_from(file.size_bytes).unwrap_or_default(),
    };
    Ok(pinned.iter().map(found).collect())
}

/// Streams all files to the target. Gives what they turned out to be, and the text of `MLmodel`.
async fn fetch(
    session: &Session,
    facts: &Facts,
    found: &[Found],
    target: &Place,
) -> Result<(Manifest, Option<Vec<u8>>), Failure> {
    let (bar, progress) = transfer::bar(found);
    let from = (facts.version.name.as_str(), facts.version.version.as_str());
    let pinned = facts.pinned.iter().flat_map(|pinned| &pinned.manifest);
    let pinned: HashMap<_, _> = pinned.map(|file| (file.path.as_str(), file)).collect();
    let (mut entries, mut model_text) = (Vec::new(), None);
    for Found { path, size_bytes } in found {
        bar.set_message(visible(path));
        let kept_bytes = if path == MODEL_TEXT { MODEL_TEXT_BYTES_MAX } else { 0 };
        let parsed = ArtifactPath::parse(path).ok().filter(|parsed| parsed.as_str() == path);
        let parsed = parsed.ok_or_else(|| transfer::unsafe_name(path))?;
        let mut content = Hashing::new(target.writer(path, *size_bytes).await?, kept_bytes);
        let came = tokio::select! {
            came = session.client.download_version_file(from, path, &mut content, progress.clone()) => {
                came.map_err(|error| target.explained(error))
            }
            // What was written so far goes again.
            _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Refused, "interrupted; no bundle was made")),
        };
        let (written, mut writer) = content.written();
        let entry = ManifestEntry { path: parsed, size_bytes: written.size_bytes, sha256: written.sha256 };
        let is_right =
            came.and_then(|_| must_be_as_pinned(facts, pinned.get(path.as_str()).copied(), &entry));
        if let Err(failure) = is_right {
            writer.give_up().await;
            return Err(failure);
        }
        writer.shutdown().await.map_err(|error| target.explained(error.into()))?;
        if kept_bytes > 0 {
            model_text = Some(written.beginning);
        }
        entries.push(entry);
    }
    bar.finish_and_clear();
    let files = Manifest::new(entries).map_err(|refusal| Failure::new(Exit::Refused, refusal.to_string()))?;
    Ok((files, model_text))
}

/// Refuses a file that came with other bytes than were registered.
fn must_be_as_pinned(
    facts: &Facts,
    pinned: Option<&PinnedFile>,
    came: &ManifestEntry,
) -> Result<(), Failure> {
    let Some(pinned) = pinned else { return Ok(()) };
    let size_bytes = i64::try_from(came.size_bytes).unwrap_or(i64::MAX);
    if pinned.sha256 == came.sha256.to_string() && pinned.size_bytes == size_bytes {
        return Ok(());
    }
    let what = format!("{} came with {} bytes of SHA-256 {}", came.path, came.size_bytes, came.sha256);
    Err(altered(&facts.version, &format!("{what}, not the {} of {}", pinned.size_bytes, pinned.sha256)))
}

/// Refuses files that are not, together, what was registered.
fn must_be_the_registered(facts: &Facts, files: &Manifest) -> Result<(), Failure> {
    let registered = facts.pinned.as_ref().and_then(|pinned| pinned.manifest_digest.as_ref());
    let came = digest_of(files).to_string();
    match registered {
        Some(registered) if *registered != came => {
            let what = format!("the files together have the digest {came}, not {registered}");
            Err(altered(&facts.version, &what))
        }
        _ => Ok(()),
    }
}

fn altered(version: &ModelVersion, what: &str) -> Failure {
    let message = format!(
        "the bytes of {} {} are not those that were registered: {what}",
        version.name, version.version
    );
    Failure::new(Exit::Refused, message).next(
        "no bundle was made; tell whoever runs the server that its artifact store was altered or damaged",
    )
}

/// Refuses a place that holds something else.
fn taken(place: &str, why: &str) -> Failure {
    Failure::new(Exit::Refused, format!("{place} is not this bundle: {why}"))
        .next("bundles are never overwritten: name another destination with --to, or move that one away")
}
