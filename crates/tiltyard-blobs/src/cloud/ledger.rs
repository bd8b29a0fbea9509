//! What must be remembered of uploads in parts, beside the parts themselves. It is kept where all replicas see it; this crate
//! only says what it needs.

use std::time::SystemTime;

use crate::store::Outcome;
use crate::upload::UploadId;

/// An upload that was opened and not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// Its name here. Its bytes come to lie under the minted key of the same number.
    pub id: UploadId,
    /// Its name over there.
    pub remote: String,
}

/// The open uploads of one store.
pub trait UploadLedger: Send + Sync {
    /// Remembers an upload that was just opened.
    fn open(&self, upload: OpenUpload) -> Outcome<'_, ()>;

    /// The upload, if it is open; notes that it goes on.
    fn touch(&self, upload: UploadId) -> Outcome<'_, Option<OpenUpload>>;

    /// Closes an upload; says whether it was open. Of all who close one upload, one is told that it was, and from then on
    /// its bytes are theirs.
    fn close(&self, upload: UploadId) -> Outcome<'_, bool>;

    /// How many are open.
    fn count(&self) -> Outcome<'_, usize>;

    /// The first uploads, at most `limit`, that were not touched since.
    fn untouched(&self, since: SystemTime, limit: usize) -> Outcome<'_, Vec<OpenUpload>>;
}
