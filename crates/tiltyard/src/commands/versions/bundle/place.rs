//! Where a bundle goes: a folder here or a folder of a bucket, by the same addresses and variables as a server's artifacts.
//! What is in it is not decided here.

use tiltyard_client::ClientError;
use tiltyard_domain::digest::Manifest;

use super::bucket::Bucket;
use super::documents::Document;
use super::folder::Folder;
use super::hashing::Writer;
use crate::commands::failure::{Exit, Failure};
use crate::settings::{Destination, destination_at};

/// A bundle on its way.
pub(super) enum Place {
    Folder(Folder),
    Bucket(Bucket),
}

impl Place {
    /// Looks at what is there, and makes room.
    pub(super) async fn open(to: &str, name: &str, version: &str) -> Result<Self, Failure> {
        let destination =
            destination_at(to, "--to").map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        match destination {
            Destination::Cloud(settings) => Bucket::open(&settings, name, version).await.map(Self::Bucket),
            Destination::Folder(folder) => Folder::open(&folder, name, version).map(Self::Folder),
        }
    }

    /// Where it goes, for people and programs.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => folder.shown(),
            Self::Bucket(bucket) => bucket.shown(),
        }
    }

    /// Where the bytes of a file of the model go. It is not there before the writer is shut down.
    pub(super) async fn writer(&self, path: &str, size_bytes: u64) -> Result<Writer, Failure> {
        match self {
            Self::Folder(folder) => folder.writer(path).await,
            Self::Bucket(bucket) => bucket.writer(path, size_bytes),
        }
    }

    /// What went wrong on the way of a file, between the server and this place.
    pub(super) fn explained(&self, error: ClientError) -> Failure {
        match (self, error) {
            (Self::Bucket(_), ClientError::Local(error)) => {
                let message = format!("{} cannot be written: {error}", self.shown());
                Failure::new(Exit::Refused, message)
                    .next("see that the bucket is there, and that the credentials in the environment may write to it")
            }
            (_, error) => error.into(),
        }
    }

    /// Makes the bundle one, or says that the same one is there already. Says whether it was made.
    pub(super) async fn finish(self, files: &Manifest, documents: Vec<Document>) -> Result<bool, Failure> {
        match self {
            Self::Folder(folder) => folder.finish(files, &documents),
            Self::Bucket(bucket) => bucket.finish(documents).await,
        }
    }
}
