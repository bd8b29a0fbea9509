//! Where the artifacts of a run, a logged model or a version are.

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::artifact_uri::{self, Meaning};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::runs::no_run;
use tiltyard_domain::{Permit, Refusal, RefusalKind};

use super::Folder;
use super::place::pinned_path;
use crate::logged_models::no_model;
use crate::{Context, Error, versions};

/// The folder under which something keeps its artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// As clients are shown it.
    pub uri: String,
    meaning: Meaning,
}

impl Root {
    /// Reads a URI; nothing is opened.
    pub(super) fn at(context: &Context, uri: String) -> Result<Self, Error> {
        let meaning = artifact_uri::read(&uri, context.hosts())?;
        Ok(Self { uri, meaning })
    }

    /// The path in the server's own store of something below this root.
    ///
    /// # Errors
    /// `Unsupported` when the root is elsewhere: the server opens no address that a client gave it.
    pub fn path(&self, below: Option<&ArtifactPath>) -> Result<Folder, Error> {
        let Meaning::Own(root) = &self.meaning else {
            let message = format!(
                "The artifacts are at '{}', outside this server's own store, where it neither lists, reads nor \
                 writes. Let clients use that place directly, as MLflow's do.",
                self.uri
            );
            return Err(Refusal::new(RefusalKind::Unsupported, message).into());
        };
        Ok(match (root, below) {
            (Some(root), Some(below)) => Some(root.join(below)?),
            (root, below) => root.as_ref().or(below).cloned(),
        })
    }

    /// As [`Root::path`], for a file.
    ///
    /// # Errors
    /// As there.
    pub fn file(&self, below: &ArtifactPath) -> Result<ArtifactPath, Error> {
        Ok(self.path(Some(below))?.unwrap_or_else(|| below.clone()))
    }
}

/// Where the artifacts of a run are.
///
/// # Errors
/// `NotFound` when there is no such run.
pub async fn run_root(context: &Context, permit: &Permit, run_id: &str) -> Result<Root, Error> {
    let found = context.store().read(permit, |read| read.run_location(run_id)).await?;
    let location = found.ok_or_else(|| no_run(run_id))?;
    Root::at(context, context.uri(&location))
}

/// Where the artifacts of a logged model are.
///
/// # Errors
/// `NotFound` when there is no such logged model, or it is deleted.
pub async fn logged_model_root(context: &Context, permit: &Permit, model_id: &str) -> Result<Root, Error> {
    let found = context.store().read(permit, |read| read.logged_model_origin(model_id)).await?;
    let (location, _) = found.ok_or_else(|| no_model(model_id))?;
    Root::at(context, context.uri(&location))
}

/// Where the bytes of a version are: those it pins, where it pins any.
///
/// # Errors
/// `NotFound` when there is no such version.
pub async fn version_root(
    context: &Context,
    permit: &Permit,
    model: &ModelName,
    number: i64,
) -> Result<Root, Error> {
    Root::at(context, versions::download_uri(context, permit, model, number).await?)
}

/// The URI under which clients read what a version pins.
pub(crate) fn pinned_uri(version: i64) -> Result<String, Error> {
    Ok(format!("mlflow-artifacts:/{}", pinned_path(version)?))
}
