//! A bundle in a bucket: file by file, the manifest last. Without it nothing there is a bundle, and what was left by somebody
//! who gave up half-way is completed by the next.

use tiltyard_blobs::{CloudFault, CloudFolder, CloudSettings, Created};

use super::documents::{Document, MANIFEST, MODEL_FOLDER};
use super::hashing::Writer;
use super::taken;
use crate::commands::failure::{Exit, Failure};

/// A bundle on its way into a bucket.
pub(super) struct Bucket {
    folder: CloudFolder,
    /// The folder of the bundle in it, with a slash behind.
    path: String,
    /// Whether a bundle stands there already, with its manifest.
    stands: bool,
}

impl Bucket {
    /// Looks whether a bundle stands there.
    pub(super) async fn open(settings: &CloudSettings, name: &str, version: &str) -> Result<Self, Failure> {
        let folder = CloudFolder::open(settings).map_err(|fault| failed(&fault))?;
        let path = format!("{name}/{version}/");
        let manifest = folder.read(&format!("{path}{MANIFEST}")).await.map_err(|fault| failed(&fault))?;
        Ok(Self { folder, path, stands: manifest.is_some() })
    }

    /// Where it goes, for people and programs.
    pub(super) fn shown(&self) -> String {
        self.folder.shown(self.path.trim_end_matches('/'))
    }

    /// Where the bytes of a file of the model go.
    pub(super) fn writer(&self, path: &str, size_bytes: u64) -> Result<Writer, Failure> {
        if self.stands {
            return Ok(Writer::Nowhere(tokio::io::sink()));
        }
        let path = format!("{}{MODEL_FOLDER}/{path}", self.path);
        let writer = self.folder.writer(&path, size_bytes).map_err(|fault| failed(&fault))?;
        Ok(Writer::Bucket(Box::new(writer)))
    }

    /// Writes the documents, the manifest last. Says whether the bundle was made by that.
    pub(super) async fn finish(self, documents: Vec<Document>) -> Result<bool, Failure> {
        let place = self.shown();
        let mut was_made = false;
        // Where a bundle stands, its manifest alone says whether it is this one: it has the digest of everything else.
        let documents = documents.into_iter().filter(|document| !self.stands || document.path == MANIFEST);
        for Document { path, bytes } in documents {
            let whole = format!("{}{path}", self.path);
            if path != MANIFEST {
                // Nothing is a bundle without the manifest: what lies there was left half-way, perhaps of another day.
                self.folder.replace(&whole, bytes).await.map_err(|fault| failed(&fault))?;
                continue;
            }
            let made = self.folder.create(&whole, bytes).await;
            match made.map_err(|fault| failed(&fault))? {
                Created::New => was_made = true,
                Created::Same => was_made = false,
                Created::Other => return Err(taken(&place, &format!("its {path} is another"))),
            }
        }
        Ok(was_made)
    }
}

fn failed(fault: &CloudFault) -> Failure {
    Failure::new(Exit::Refused, fault.to_string()).next(fault.advice())
}
