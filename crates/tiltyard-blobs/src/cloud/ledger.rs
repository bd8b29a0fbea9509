//! What must be remembered of uploads in parts, beside the parts themselves. It is kept where all replicas see it; this crate
//! only says what it needs.

use std::time::{Duration, SystemTime};

use crate::store::Outcome;
use crate::upload::UploadId;

/// An upload that was opened and not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// Its name here. Its bytes come to lie under the minted key of the same number.
    pub id: UploadId,
    /// Its name over there.
    pub remote: String,
    /// What names the list of parts that it is being joined from, once it is.
    pub joining: Option<String>,
}

/// The open uploads of one store.
pub trait UploadLedger: Send + Sync {
    /// Remembers an upload that was just opened.
    fn open(&self, upload: OpenUpload) -> Outcome<'_, ()>;

    /// The upload, if it is open; notes that it goes on, now and for so long.
    fn touch(&self, upload: UploadId, goes_on_for: Duration) -> Outcome<'_, Option<OpenUpload>>;

    /// Notes that the upload is being joined from that list of parts. Says whether that is so: it must be open, and not being
    /// joined from another list. So what was joined stays what it is while it is read back, also where a store joins anew.
    fn begin_joining(&self, upload: UploadId, list: String) -> Outcome<'_, bool>;

    /// Notes that nothing could be joined from that list.
    fn end_joining(&self, upload: UploadId, list: String) -> Outcome<'_, ()>;

    /// Closes an upload; says whether it was open. Of all who close one upload, one is told that it was, and from then on
    /// its bytes are theirs.
    fn close(&self, upload: UploadId) -> Outcome<'_, bool>;

    /// How many are open.
    fn count(&self) -> Outcome<'_, usize>;

    /// How many did not go on since.
    fn count_untouched(&self, since: SystemTime) -> Outcome<'_, usize>;

    /// The first uploads, at most `limit`, that did not go on since.
    fn untouched(&self, since: SystemTime, limit: usize) -> Outcome<'_, Vec<OpenUpload>>;
}
