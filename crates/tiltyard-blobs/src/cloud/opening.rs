//! Opening a store: it is tried whether it can be used at all and what it honours, and told plainly what is wrong.

use std::fmt;
use std::sync::Arc;

use object_store::{Error, GetOptions, PutMode, PutOptions, PutPayload};
use tokio::time::timeout;

use super::address::{CloudAddress, CloudKind, CloudSettings};
use super::connect::connect;
use super::fault::{failed, said};
use super::ledger::UploadLedger;
use super::memory::Memory;
use super::uploads::is_absent;
use super::{CloudStore, Inner};
use crate::error::BlobError;
use crate::key::PRIVATE_FOLDER;
use crate::limits::OPENING_PATIENCE;

/// What is written to see whether the store can be used.
const PROBE: &str = "Tiltyard keeps artifacts here.\n";

/// A store that can be used.
pub struct Opened {
    /// The store.
    pub store: CloudStore,
    /// What the operator should know about it; full sentences.
    pub notices: Vec<String>,
}

/// Why a store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudFault {
    said: String,
    advice: String,
}

impl CloudFault {
    /// Settings of a store at an address that are not enough, or wrong.
    pub(super) fn lacking(address: &CloudAddress, what: &str) -> Self {
        Self { said: format!("{address}: {what}"), advice: format!("set {}", credentials(address.kind())) }
    }

    /// What to do about it.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for CloudFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said)
    }
}

impl std::error::Error for CloudFault {}

impl CloudStore {
    /// Opens a store: writes a small object and reads it, in bounded time.
    ///
    /// # Errors
    /// What is wrong with settings, credentials, bucket or network, and what to do about it.
    pub async fn open(settings: &CloudSettings, ledger: Arc<dyn UploadLedger>) -> Result<Opened, CloudFault> {
        let address = settings.address.clone();
        let remote = connect(settings).map_err(|said| CloudFault::lacking(&address, &said))?;
        let mut inner = Inner { remote, address, ledger, memory: Memory::new(), creates_only: false };
        inner.creates_only = match timeout(OPENING_PATIENCE, probe(&inner)).await {
            Ok(Ok(creates_only)) => creates_only,
            Ok(Err(error)) => return Err(explained(&inner.address, &error)),
            Err(_) => return Err(unreachable(&inner.address, "it does not answer")),
        };
        let notices = (!inner.creates_only).then(|| {
            format!(
                "{} replaces objects where it was told only to create them, as S3 did before 2024; every file gets a key \
                 of its own there, and none that looks like its path",
                inner.address
            )
        });
        Ok(Opened { store: Self { inner: Arc::new(inner) }, notices: notices.into_iter().collect() })
    }
}

/// Whether the store honours requests that only create; the error is why it cannot be used.
async fn probe(store: &Inner) -> Result<bool, Error> {
    write_probe(store, PutMode::Overwrite).await?;
    read_probe(store).await?;
    match write_probe(store, PutMode::Create).await {
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(true),
        Ok(()) | Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => Ok(false),
        Err(error) if said(&error).contains("NotImplemented") => Ok(false),
        Err(error) => Err(error),
    }
}

async fn write_probe(store: &Inner, mode: PutMode) -> Result<(), Error> {
    let path = object_store::path::Path::parse(probe_path(store))?;
    let options = PutOptions { mode, ..PutOptions::default() };
    store.remote.put_opts(&path, PutPayload::from_static(PROBE.as_bytes()), options).await.map(drop)
}

async fn read_probe(store: &Inner) -> Result<(), Error> {
    let path = object_store::path::Path::parse(probe_path(store))?;
    let options = GetOptions { head: true, ..GetOptions::default() };
    store.remote.get_opts(&path, options).await.map(drop)
}

fn probe_path(store: &Inner) -> String {
    format!("{}{PRIVATE_FOLDER}/probe", store.address.folder())
}

/// Whether the store can be used at this moment.
pub(super) async fn check(store: &Inner) -> Result<(), BlobError> {
    let checked = match read_probe(store).await {
        // Somebody has tidied up.
        Err(error) if is_absent(&error) => write_probe(store, PutMode::Overwrite).await,
        outcome => outcome,
    };
    checked.map_err(failed("looking for the artifact store"))
}

pub(super) fn explained(address: &CloudAddress, error: &Error) -> CloudFault {
    let text = said(error);
    let kind = address.kind();
    match error {
        Error::NotFound { .. } => CloudFault {
            said: format!("{address}: there is no such bucket: {text}"),
            advice: "make the bucket, or name another one".to_owned(),
        },
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => refused(address, &text),
        _ if ["AuthorizationHeaderMalformed", "PermanentRedirect", "redirect"]
            .iter()
            .any(|hint| text.contains(hint)) =>
        {
            CloudFault {
                said: format!("{address}: the bucket is in another region: {text}"),
                advice: "name the region of the bucket in AWS_REGION".to_owned(),
            }
        }
        _ if ["credential", "token", "169.254.169.254", "metadata"]
            .iter()
            .any(|hint| text.contains(hint)) =>
        {
            CloudFault {
                said: format!("{address}: there are no credentials for it: {text}"),
                advice: format!("set {}", credentials(kind)),
            }
        }
        _ => unreachable(address, &text),
    }
}

fn refused(address: &CloudAddress, text: &str) -> CloudFault {
    CloudFault {
        said: format!("{address}: the credentials are refused, or may not read and write there: {text}"),
        advice: format!("look at {}, and at what they are allowed", credentials(address.kind())),
    }
}

fn unreachable(address: &CloudAddress, text: &str) -> CloudFault {
    let advice = match address.kind() {
        CloudKind::S3 => {
            "see that the machine reaches it; a server other than Amazon's is named by MLFLOW_S3_ENDPOINT_URL or \
             AWS_ENDPOINT_URL, and a region by AWS_REGION"
        }
        CloudKind::Google => "see that the machine reaches it; an emulator is named by STORAGE_EMULATOR_HOST",
        CloudKind::Azure => {
            "see that the machine reaches it; another address than that of the account is named by \
             AZURE_STORAGE_CONNECTION_STRING"
        }
    };
    CloudFault { said: format!("{address} cannot be used: {text}"), advice: advice.to_owned() }
}

/// The variables that say who we are.
fn credentials(kind: CloudKind) -> &'static str {
    match kind {
        CloudKind::S3 => {
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role (profiles of configuration files \
             are not read)"
        }
        CloudKind::Google => {
            "GOOGLE_APPLICATION_CREDENTIALS to a file of credentials, or give the machine an account"
        }
        CloudKind::Azure => {
            "AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCESS_KEY, or give the machine an identity"
        }
    }
}
