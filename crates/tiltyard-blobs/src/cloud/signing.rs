//! Addresses at which clients reach the store by themselves, to send the parts of an upload and to fetch bytes. Each carries
//! a signature, and an end.
//!
//! Parts are sent to the minted key of their upload, which nobody else has. Once they are joined the store knows the upload
//! no more, so none of its addresses can change what they were joined to; and nobody is given one for whole objects.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::signer::{Method, SignedUrlOptions};

use super::Inner;
use super::address::CloudKind;
use super::fault::failed;
use super::uploads::{find, key_of};
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::limits::SIGNED_AT_ONCE_MAX;
use crate::store::DirectAccess;
use crate::upload::UploadId;

impl CloudKind {
    /// What clients can do by themselves. Addresses of Azure cannot be for one part alone, nor say that what they lead to is
    /// to be saved and not shown; and whether Google's can be signed is only known once it is tried.
    pub(super) fn direct_access(self) -> DirectAccess {
        match self {
            Self::S3 => DirectAccess { sends_parts: true, fetches: true },
            Self::Google => DirectAccess { sends_parts: true, fetches: false },
            Self::Azure => DirectAccess::default(),
        }
    }
}

pub(super) async fn part_addresses(
    store: &Arc<Inner>,
    upload: UploadId,
    parts: u16,
    good_for: Duration,
) -> Result<Option<Vec<String>>, BlobError> {
    if !store.address.kind().direct_access().sends_parts {
        return Ok(None);
    }
    let opened = find(store, upload, Duration::ZERO).await?;
    let path = store.path(&key_of(upload))?;
    let sign = async |number: u16| {
        let query = [("partNumber", number.to_string()), ("uploadId", opened.remote.clone())];
        let options = SignedUrlOptions::new().with_query(query);
        store.remote.signed_url_opts(Method::PUT, &path, good_for, &options).await.map(String::from)
    };
    // Credentials that are no key cannot sign everywhere; then parts come through the server.
    let Ok(first) = sign(1).await else { return Ok(None) };
    let rest = stream::iter(2..=parts).map(sign).buffered(SIGNED_AT_ONCE_MAX).try_collect::<Vec<_>>();
    let rest = rest.await.map_err(failed("signing addresses"))?;
    // The parts do not pass here, so nobody sees whether the upload goes on; it may, as long as the addresses are good.
    find(store, upload, good_for).await?;
    Ok(Some([first].into_iter().chain(rest).collect()))
}

pub(super) async fn fetch_address(
    store: &Arc<Inner>,
    key: &BlobKey,
    disposition: &str,
    good_for: Duration,
) -> Result<Option<String>, BlobError> {
    if store.address.kind() == CloudKind::Azure {
        return Ok(None);
    }
    let options = SignedUrlOptions::new().with_query([("response-content-disposition", disposition)]);
    let signed = store.remote.signed_url_opts(Method::GET, &store.path(key)?, good_for, &options).await;
    match signed {
        Ok(address) => Ok(Some(address.into())),
        Err(_) if store.address.kind() == CloudKind::Google => Ok(None),
        Err(error) => Err(failed("signing an address")(error)),
    }
}
