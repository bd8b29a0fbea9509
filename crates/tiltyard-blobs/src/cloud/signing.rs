//! Addresses at which clients reach the store by themselves, to send the parts of an upload and to fetch bytes. Each carries
//! a signature, and an end.
//!
//! Parts are sent to the minted key of their upload, which nobody else has. Once they are joined the store knows the upload
//! no more, so none of its addresses can change what they were joined to; and nobody is given one for whole objects.

use std::sync::Arc;
use std::time::Duration;

use object_store::signer::{Method, SignedUrlOptions};

use super::Inner;
use super::address::CloudKind;
use super::fault::failed;
use super::uploads::{find, key_of};
use crate::error::BlobError;
use crate::key::BlobKey;
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
    let opened = find(store, upload).await?;
    let path = store.path(&key_of(upload))?;
    let mut addresses = Vec::with_capacity(parts.into());
    for number in 1..=parts {
        let query = [("partNumber", number.to_string()), ("uploadId", opened.remote.clone())];
        let options = SignedUrlOptions::new().with_query(query);
        match store.remote.signed_url_opts(Method::PUT, &path, good_for, &options).await {
            Ok(address) => addresses.push(address.into()),
            // Credentials that are no key cannot sign everywhere; then parts come through the server.
            Err(_) if number == 1 => return Ok(None),
            Err(error) => return Err(failed("signing addresses")(error)),
        }
    }
    Ok(Some(addresses))
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
