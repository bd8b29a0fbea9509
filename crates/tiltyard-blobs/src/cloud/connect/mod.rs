//! From settings to a client of the right kind. Nothing is sent from here.

mod azure;
mod google;
mod s3;

use std::sync::Arc;

use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::signer::Signer;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::address::{CloudKind, CloudSettings};
use crate::limits::{CONNECT_TIMEOUT, RETRIES_MAX, RETRY_PATIENCE, SILENCE_TIMEOUT};

/// A client of an object store.
pub(crate) trait Remote: ObjectStore + MultipartStore + PaginatedListStore + Signer {}

impl<Client: ObjectStore + MultipartStore + PaginatedListStore + Signer> Remote for Client {}

/// Makes the client; the error is a sentence on what settings lack.
pub(crate) fn connect(settings: &CloudSettings) -> Result<Arc<dyn Remote>, String> {
    match settings.address.kind() {
        CloudKind::S3 => s3::connect(settings),
        CloudKind::Google => google::connect(settings),
        CloudKind::Azure => azure::connect(settings),
    }
}

/// No bound on a whole transfer, which may be as long as it likes, but on silence.
fn client_options() -> ClientOptions {
    ClientOptions::new()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_read_timeout(SILENCE_TIMEOUT)
        .with_timeout_disabled()
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_PATIENCE, ..RetryConfig::default() }
}
