//! The server's own artifact store, opened as the settings say: a folder, or a place in a cloud. Where bytes were kept before,
//! older ones are found, in a cloud or not. And the place where clients write by themselves, to look at it.

use std::path::Path;
use std::sync::Arc;

use tiltyard_blobs::{
    BlobStore, CloudFault, CloudKind, CloudSettings, CloudStore, ObservedBucket, ObservedStore, Opened,
    SealingKeys,
};
use tiltyard_registry::artifacts::upload_ledger;
use tiltyard_registry::{OpenStore, OwnStore, observed_folder, open_folder};
use tiltyard_store::Store;
use tokio::runtime::Handle;

use super::failure::Failure;
use super::server::broken;
use crate::clock::SystemClock;
use crate::settings::{ArtifactRoot, ArtifactSettings, Destination, cloud_at};

pub(super) async fn own_store(
    settings: &ArtifactSettings,
    store: &Store,
) -> Result<Option<OwnStore>, Failure> {
    let keys = settings.seal_key_file.as_deref().map(sealing_keys).transpose()?;
    let open = opener(settings, keys.clone(), store);
    match &settings.proxy {
        None => Ok(None),
        Some(Destination::Folder(folder)) => {
            let own = match keys {
                None => OwnStore::in_folder(folder),
                Some(keys) => OwnStore::in_sealed_folder(folder, keys),
            };
            let own = own.map_err(|error| {
                broken(format!("artifacts cannot be kept in {}: {error}", folder.display())).next(
                    "name a folder that the user who runs the server may write with --artifacts-destination",
                )
            })?;
            Ok(Some(OwnStore { open, ..own }))
        }
        Some(Destination::Cloud(cloud)) => {
            let blobs = open_cloud(cloud, store)
                .await
                .map_err(|fault| broken(format!("artifacts cannot be kept: {fault}")).next(fault.advice()))?;
            Ok(Some(OwnStore { destination: cloud.address.to_string(), blobs, open }))
        }
    }
}

/// Where clients write by themselves, if this server can look there. It starts all the same where it cannot.
pub(super) fn observed(root: &ArtifactRoot) -> Option<Arc<dyn ObservedStore>> {
    match root {
        ArtifactRoot::LocalFolder { folder, .. } => Some(observed_folder(folder)),
        ArtifactRoot::Bucket { settings, .. } => match ObservedBucket::new(settings) {
            Ok(bucket) => Some(Arc::new(bucket)),
            Err(said) => {
                tracing::warn!(
                    "the server cannot look at what clients write to {}: {said}",
                    settings.address
                );
                None
            }
        },
        ArtifactRoot::Proxied { .. } | ArtifactRoot::Remote { .. } => None,
    }
}

fn sealing_keys(file: &Path) -> Result<SealingKeys, Failure> {
    SealingKeys::read(file).map_err(|error| {
        broken(format!("{} cannot be used as the file of sealing keys: {error}", file.display()))
            .next("make one with `(umask 077; openssl rand -hex 32 > FILE)`, and keep a copy elsewhere")
    })
}

async fn open_cloud(cloud: &CloudSettings, store: &Store) -> Result<Arc<dyn BlobStore>, CloudFault> {
    let ledger = upload_ledger(store, Arc::new(SystemClock), cloud.address.to_string());
    let Opened { store, notices } = CloudStore::open(cloud, ledger).await?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    Ok(Arc::new(store))
}

/// Opens the places that bytes were kept in before: each cloud as the variables of today say, each folder with the keys of
/// today if it is sealed.
fn opener(settings: &ArtifactSettings, keys: Option<SealingKeys>, store: &Store) -> OpenStore {
    let (clouds, store) = (settings.clouds.clone(), store.clone());
    Arc::new(move |destination| {
        let scheme = destination.split_once("://").map_or("", |(scheme, _)| scheme);
        if CloudKind::of_scheme(scheme).is_none() {
            return open_folder(destination, keys.as_ref());
        }
        let cloud = cloud_at(destination, &clouds).map_err(|error| error.to_string())?;
        let opening = Handle::current().block_on(open_cloud(&cloud, &store));
        opening.map_err(|fault| format!("{fault}; {}", fault.advice()))
    })
}
