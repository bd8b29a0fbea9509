//! Addresses at which clients reach a store by themselves, each good for a while only: large files then need not pass through
//! this server. Where there are none, clients are told so and send and fetch through the server.

use std::time::Duration;

use tiltyard_blobs::DirectAccess;
use tiltyard_domain::Permit;
use tiltyard_domain::artifact_path::ArtifactPath;

use super::failed;
use super::open::stored_key;
use super::place::Place;
use crate::{Context, Error};

/// Where a client fetches a file by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchAddress {
    /// The address.
    pub url: String,
    /// How long the file is.
    pub size_bytes: u64,
}

/// How a client gets a file, where it can be expected to fetch most by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// From the store.
    At(FetchAddress),
    /// Through this server: the file lies in a place without addresses.
    ThroughServer,
}

/// What clients can be expected to do at the server's own store by themselves.
pub fn direct_access(context: &Context) -> DirectAccess {
    context.blobs_for_new().map(|(_, blobs)| blobs.direct_access()).unwrap_or_default()
}

/// An address of a file in the server's own store, where clients can be expected to fetch anything by themselves; its bytes do not
/// change, whatever is written to the path meanwhile. The client is told to treat them as `disposition` says.
///
/// # Errors
/// `NotFound`; `InvalidValue` when it is a folder; `Unsupported` when this server serves no artifacts.
pub async fn fetch_address(
    context: &Context,
    permit: &Permit,
    path: &ArtifactPath,
    disposition: &str,
    good_for: Duration,
) -> Result<Option<Fetch>, Error> {
    context.check_artifacts()?;
    if !direct_access(context).fetches {
        return Ok(None);
    }
    let place = Place::of(path)?;
    let file = context.store().read(permit, |read| place.file(read, path)).await?;
    let blobs = context.blobs_of(file.store).await?;
    let url = blobs.fetch_address(&stored_key(&file.key)?, disposition, good_for).await.map_err(failed)?;
    let at = |url| Fetch::At(FetchAddress { url, size_bytes: file.size_bytes });
    Ok(Some(url.map_or(Fetch::ThroughServer, at)))
}
