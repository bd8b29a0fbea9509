//! Giving received bytes their key, and taking bytes away. A request that creates never replaces anything.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{Error, PutMode, PutOptions};

use super::Inner;
use super::fault::{failed, is_cut_off};
use super::receiving::Staged;
use super::uploads::is_absent;
use crate::error::{BlobError, PlaceError};
use crate::key::BlobKey;
use crate::limits::CLOUD_KEY_SIZE_BYTES_MAX;
use crate::store::Received;

pub(super) async fn place(
    store: &Arc<Inner>,
    received: Received,
    wanted: &BlobKey,
) -> Result<BlobKey, PlaceError> {
    let (payload, fresh) = match received.staged::<Staged>() {
        Some(Staged::Held { payload, fresh, .. }) => (payload.clone(), *fresh),
        Some(Staged::Sent { key, .. } | Staged::Claimed { key }) => {
            let key = key.clone();
            if let Some(Staged::Sent { leftover, .. }) =
                received.into_staged::<Staged>().map(|staged| *staged)
            {
                leftover.keep();
            }
            return Ok(key);
        }
        None => return Err(of_another_store().into()),
    };
    let (key, mode) = choose(store, wanted, fresh);
    let path = store.path(&key)?;
    let options = PutOptions { mode, ..PutOptions::default() };
    let put = || store.remote.put_opts(&path, payload.clone(), options.clone());
    let placed = match put().await {
        Err(error) if is_cut_off(&error) => put().await,
        placed => placed,
    };
    match placed {
        Ok(_) => Ok(key),
        // Nobody else has a minted key: what lies there is what an earlier attempt brought, of which the answer was lost.
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) if key.is_minted() => Ok(key),
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Err(PlaceError::Taken(received)),
        Err(error) => Err(failed("placing bytes")(error).into()),
    }
}

/// The wanted key, if the store sees to it that nothing is replaced there; else one that is certainly free.
fn choose(store: &Inner, wanted: &BlobKey, fresh: u128) -> (BlobKey, PutMode) {
    let size_bytes = store.address.folder().len() + wanted.as_str().len();
    let mode = if store.creates_only { PutMode::Create } else { PutMode::Overwrite };
    if store.creates_only && size_bytes <= CLOUD_KEY_SIZE_BYTES_MAX {
        return (wanted.clone(), mode);
    }
    (BlobKey::minted(fresh), mode)
}

fn of_another_store() -> BlobError {
    BlobError::Io {
        doing: "placing bytes",
        source: std::io::Error::other("the bytes were received by another kind of store"),
    }
}

/// Takes away what lies under a key, if anything does.
pub(super) async fn delete(store: &Arc<Inner>, key: &BlobKey) -> Result<(), BlobError> {
    let path = store.path(key)?;
    let one = stream::iter([Ok(path)]).boxed();
    match store.remote.delete_stream(one).try_collect::<Vec<_>>().await {
        Ok(_) => Ok(()),
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(failed("removing bytes")(error)),
    }
}
