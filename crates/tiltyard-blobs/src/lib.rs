//! Artifact bytes under keys: taken in as a stream, hashed on the way, placed once, never changed after.
//! Who refers to which key, and what a path or a URI means, is metadata and lives elsewhere. No HTTP.
//!
//! Bytes come in two steps. [`BlobStore::receive`] puts them where nobody sees them and says what they are;
//! [`BlobStore::place`] gives them a key, all or nothing. A crash between the two leaves nothing behind.

mod cloud;
mod digest;
mod error;
mod key;
pub mod limits;
mod local;
mod observed;
mod store;
mod upload;

pub use cloud::{
    CloudAddress, CloudFault, CloudFolder, CloudKind, CloudSettings, CloudStore, CloudWriter, Created,
    OpenUpload, Opened, UploadLedger, variables,
};
pub use digest::sha256_of;
pub use error::{BlobError, PlaceError};
pub use key::BlobKey;
pub use local::{LocalStore, SealingKeys};
pub use observed::{
    CreateAddress, Observed, ObservedBucket, ObservedBytes, ObservedEntry, ObservedFiles, ObservedFolder,
    ObservedStore,
};
pub use store::{
    Blob, BlobList, BlobStat, BlobStore, ByteStream, DirectAccess, ListedBlob, Outcome, Received,
};
pub use upload::{PartNumber, PartTag, UploadId, UploadedPart};
