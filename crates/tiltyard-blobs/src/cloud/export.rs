//! A folder in a bucket that is written for others: files under plain names, which need no server to be found.
//! Nothing that a server serves lies there; bytes under keys are the store's business.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore, PutMode, PutOptions, PutPayload};
use tokio::io::AsyncWrite;

use super::address::{CloudAddress, CloudSettings};
use super::connect::{Remote, connect};
use super::fault::said_of;
use super::opening::{CloudFault, explained};
use super::uploads::is_absent;
use crate::limits::{EXPORTED_PARTS_AT_ONCE_MAX, PART_SIZE_BYTES, PARTS_MAX};

/// A folder in a bucket.
pub struct CloudFolder {
    remote: Arc<dyn Remote>,
    address: CloudAddress,
}

/// What became of a file that was to be made where nothing lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is there now.
    New,
    /// It was there, with the same bytes.
    Same,
    /// Another one is there, and stays.
    Other,
}

impl CloudFolder {
    /// The address of something in it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}/{path}", self.address.to_string().trim_end_matches('/'))
    }

    /// Prepares to write; nothing is sent yet.
    ///
    /// # Errors
    /// What the settings lack.
    pub fn open(settings: &CloudSettings) -> Result<Self, CloudFault> {
        let address = settings.address.clone();
        let remote = connect(settings).map_err(|lack| CloudFault::lacking(&address, &lack))?;
        Ok(Self { remote, address })
    }

    /// A file whose bytes stream to the bucket, a few parts at a time. It is not there before the writer is shut down, and
    /// never when it is dropped.
    ///
    /// # Errors
    /// That no file can have such a path.
    pub fn writer(&self, path: &str, size_bytes: u64) -> Result<CloudWriter, CloudFault> {
        let part = usize::try_from(size_bytes.div_ceil(PARTS_MAX)).unwrap_or(usize::MAX).max(PART_SIZE_BYTES);
        let store: Arc<dyn ObjectStore> = Arc::<dyn Remote>::clone(&self.remote);
        let writer = BufWriter::with_capacity(store, self.path(path)?, part);
        Ok(CloudWriter(writer.with_max_concurrency(EXPORTED_PARTS_AT_ONCE_MAX)))
    }

    /// The bytes of a small file, if it is there.
    ///
    /// # Errors
    /// Why the bucket cannot be read.
    pub async fn read(&self, path: &str) -> Result<Option<Bytes>, CloudFault> {
        let read = async {
            let path = Path::parse(format!("{}{path}", self.address.folder()))?;
            self.remote.get_opts(&path, GetOptions::default()).await?.bytes().await
        };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(explained(&self.address, &error)),
        }
    }

    /// Makes a small file where nothing lies.
    ///
    /// # Errors
    /// Why the bucket cannot be read or written.
    pub async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<Created, CloudFault> {
        // Looked at first, for stores that replace where they were told only to create.
        if let Some(found) = self.read(path).await? {
            return Ok(if found == bytes { Created::Same } else { Created::Other });
        }
        let payload = PutPayload::from(bytes.clone());
        match self.put(path, payload.clone(), PutMode::Create).await {
            Ok(()) => Ok(Created::New),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                let same = self.read(path).await?.is_some_and(|found| found == bytes);
                Ok(if same { Created::Same } else { Created::Other })
            }
            Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                let put = self.put(path, payload, PutMode::Overwrite).await;
                put.map(|()| Created::New).map_err(|error| explained(&self.address, &error))
            }
            Err(error) => Err(explained(&self.address, &error)),
        }
    }

    /// Makes a small file, or another of one that is there.
    ///
    /// # Errors
    /// Why the bucket cannot be written.
    pub async fn replace(&self, path: &str, bytes: Vec<u8>) -> Result<(), CloudFault> {
        let put = self.put(path, PutPayload::from(bytes), PutMode::Overwrite).await;
        put.map_err(|error| explained(&self.address, &error))
    }

    async fn put(&self, path: &str, payload: PutPayload, mode: PutMode) -> Result<(), Error> {
        let path = Path::parse(format!("{}{path}", self.address.folder()))?;
        let options = PutOptions { mode, ..PutOptions::default() };
        self.remote.put_opts(&path, payload, options).await.map(drop)
    }

    fn path(&self, path: &str) -> Result<Path, CloudFault> {
        let whole = format!("{}{path}", self.address.folder());
        Path::parse(whole).map_err(|error| explained(&self.address, &error.into()))
    }
}

/// Bytes on their way to one file.
pub struct CloudWriter(BufWriter);

impl CloudWriter {
    /// Takes away the parts that were sent already. Dropping the writer makes no file either, but leaves them to the rules of the
    /// bucket. Not for a writer that was shut down.
    pub async fn give_up(mut self) {
        // It has failed already, and nothing else can be done about it.
        let _ = self.0.abort().await;
    }
}

impl AsyncWrite for CloudWriter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes).map_err(without_secrets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context).map_err(without_secrets)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context).map_err(without_secrets)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn without_secrets(error: io::Error) -> io::Error {
    io::Error::other(said_of(&error.to_string()))
}
