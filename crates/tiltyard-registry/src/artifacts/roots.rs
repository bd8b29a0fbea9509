//! Where the artifacts of a run, a logged model or a version are.

use std::ops::Range;
use std::time::Duration;

use tiltyard_blobs::CreateAddress;
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::artifact_uri::{self, Meaning};
use tiltyard_domain::names::ModelName;
use tiltyard_domain::runs::no_run;
use tiltyard_domain::{Permit, Refusal, RefusalKind};

use super::direct::FetchAddress;
use super::list::{Entry, list};
use super::observing::check_soon;
use super::open::{OpenFile, open};
use super::place::pinned_path;
use super::{Folder, failed, observed};
use crate::logged_models::no_model;
use crate::{Context, Error, versions};

/// The folder under which something keeps its artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// As clients are shown it.
    pub uri: String,
    place: RootPlace,
}

/// Where a root is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RootPlace {
    /// In the server's own store.
    Own(Folder),
    /// Where clients write by themselves and the server looks: below the root that it was started with.
    Observed(Folder),
    /// Where the server does not look: it opens no address that a client gave it.
    Elsewhere,
}

impl Root {
    /// Reads a URI; nothing is opened.
    pub(super) fn at(context: &Context, uri: String) -> Result<Self, Error> {
        let place = match artifact_uri::read(&uri, context.hosts())? {
            Meaning::Own(folder) => RootPlace::Own(folder),
            Meaning::Elsewhere => match context.observed_below(&uri)? {
                Some(folder) => RootPlace::Observed(folder),
                None => RootPlace::Elsewhere,
            },
        };
        Ok(Self { uri, place })
    }

    /// What lies right inside a folder below this root.
    ///
    /// # Errors
    /// As [`super::list()`]; `Unsupported` when the root is where the server does not look.
    pub async fn list(&self, context: &Context, permit: &Permit, below: Folder) -> Result<Vec<Entry>, Error> {
        match &self.place {
            RootPlace::Own(root) => list(context, permit, joined(root, below.as_ref())?).await,
            RootPlace::Observed(root) => {
                observed::list(context, joined(root, below.as_ref())?.as_ref()).await
            }
            RootPlace::Elsewhere => Err(self.unreachable("neither lists, reads nor writes")),
        }
    }

    /// Opens a file below this root, as [`super::open()`] does.
    ///
    /// # Errors
    /// As there; `Unsupported` when the root is where the server does not look.
    pub async fn open(
        &self,
        context: &Context,
        permit: &Permit,
        below: &ArtifactPath,
        part: impl Fn(u64, &str) -> Option<Range<u64>> + Send,
    ) -> Result<OpenFile, Error> {
        match &self.place {
            RootPlace::Own(root) => open(context, permit, &file(root, below)?, part).await,
            RootPlace::Observed(root) => observed::open(context, below, &file(root, below)?, part).await,
            RootPlace::Elsewhere => Err(self.unreachable("neither lists, reads nor writes")),
        }
    }

    /// The path in the server's own store of a file below this root, to write it.
    ///
    /// # Errors
    /// `Unsupported` when the root is elsewhere.
    pub fn writable(&self, below: &ArtifactPath) -> Result<ArtifactPath, Error> {
        match &self.place {
            RootPlace::Own(root) => file(root, below),
            RootPlace::Observed(_) => Err(self.unreachable("lists and reads, and does not write")),
            RootPlace::Elsewhere => Err(self.unreachable("neither lists, reads nor writes")),
        }
    }

    /// An address at which a client fetches a file below this root by itself; nothing where it has to ask this server.
    ///
    /// # Errors
    /// `NotFound`; `InvalidValue` when it is a folder.
    pub async fn fetch_address(
        &self,
        context: &Context,
        below: &ArtifactPath,
        disposition: &str,
        good_for: Duration,
    ) -> Result<Option<FetchAddress>, Error> {
        match &self.place {
            RootPlace::Observed(root) => {
                observed::fetch_address(context, below, &file(root, below)?, disposition, good_for).await
            }
            RootPlace::Own(_) | RootPlace::Elsewhere => Ok(None),
        }
    }

    /// An address at which a client makes a file below this root by itself; nothing where it has to ask this server.
    ///
    /// # Errors
    /// `InvalidValue` when the path is too long.
    pub async fn create_address(
        &self,
        context: &Context,
        below: &ArtifactPath,
        content_type: &str,
        good_for: Duration,
    ) -> Result<Option<CreateAddress>, Error> {
        match &self.place {
            RootPlace::Observed(root) => {
                let path = file(root, below)?;
                let address = context.observed()?.create_address(&path, content_type, good_for);
                address.await.map_err(failed)
            }
            RootPlace::Own(_) | RootPlace::Elsewhere => Ok(None),
        }
    }

    fn unreachable(&self, what_it_does: &str) -> Error {
        let message = format!(
            "The artifacts are at '{}', outside this server's own store, where it {what_it_does}. Let clients use that \
             place directly, as MLflow's do.",
            self.uri
        );
        Refusal::new(RefusalKind::Unsupported, message).into()
    }
}

fn joined(root: &Folder, below: Option<&ArtifactPath>) -> Result<Folder, Error> {
    Ok(match (root, below) {
        (Some(root), Some(below)) => Some(root.join(below)?),
        (root, below) => root.as_ref().or(below).cloned(),
    })
}

fn file(root: &Folder, below: &ArtifactPath) -> Result<ArtifactPath, Error> {
    Ok(joined(root, Some(below))?.unwrap_or_else(|| below.clone()))
}

/// Where the artifacts of a run are.
///
/// # Errors
/// `NotFound` when there is no such run.
pub async fn run_root(context: &Context, permit: &Permit, run_id: &str) -> Result<Root, Error> {
    let found = context.store().read(permit, |read| read.run_location(run_id)).await?;
    let location = found.ok_or_else(|| no_run(run_id))?;
    Root::at(context, location.uri())
}

/// Where the artifacts of a logged model are.
///
/// # Errors
/// `NotFound` when there is no such logged model, or it is deleted.
pub async fn logged_model_root(context: &Context, permit: &Permit, model_id: &str) -> Result<Root, Error> {
    let found = context.store().read(permit, |read| read.logged_model_origin(model_id)).await?;
    let (location, _) = found.ok_or_else(|| no_model(model_id))?;
    Root::at(context, location.uri())
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
    let version = versions::get(context, permit, model, number).await?;
    let id = version.id;
    let root = Root::at(context, versions::uri_of_bytes(version)?)?;
    if matches!(root.place, RootPlace::Observed(_)) {
        check_soon(context, permit, id);
    }
    Ok(root)
}

/// The URI under which clients read what a version pins.
pub(crate) fn pinned_uri(version: i64) -> Result<String, Error> {
    Ok(format!("mlflow-artifacts:/{}", pinned_path(version)?))
}
