//! The files of a logged model are listed, one folder at a time.

use std::collections::BTreeMap;

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::entity::{ArtifactLocation, StoreId};
use tiltyard_domain::{Permit, Refusal, RefusalKind};

use crate::{Context, Error};

/// A file or folder inside the folder that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path below the model's location.
    pub path: String,
    /// The size of a file; `None` for a folder.
    pub size_bytes: Option<i64>,
}

/// Where a logged model's files are, and what lies right inside one of its folders, by path.
///
/// # Errors
/// `NotFound`; `Unsupported` when the files are not in the server's own store.
pub async fn list_artifacts(
    context: &Context,
    permit: &Permit,
    model_id: String,
    folder: Option<ArtifactPath>,
) -> Result<(ArtifactLocation, Vec<Entry>), Error> {
    let list = move |read: &mut tiltyard_store::Read<'_>| {
        let location = super::active_row(read, &model_id)?.model.location;
        let ArtifactLocation::Stored { store: StoreId::PROXIED, key: root } = &location else {
            return Err(elsewhere().into());
        };
        let above = folder.map_or_else(String::new, |folder| format!("{}/", folder.as_str()));
        let mut entries = BTreeMap::new();
        read.each_artifact_below(&format!("{root}/{above}"), |rest, size_bytes| {
            match rest.split_once('/') {
                Some((name, _)) => entries.insert(format!("{above}{name}"), None),
                None => entries.insert(format!("{above}{rest}"), Some(size_bytes)),
            };
        })?;
        let entries = entries.into_iter().map(|(path, size_bytes)| Entry { path, size_bytes });
        Ok((location, entries.collect()))
    };
    context.store().scan(permit, list).await
}

fn elsewhere() -> Refusal {
    Refusal::new(
        RefusalKind::Unsupported,
        "The model's files lie outside this server's own store, and it does not reach there. Let the client list them \
         directly.",
    )
}
