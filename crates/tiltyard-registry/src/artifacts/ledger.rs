//! The ledger of uploads in parts to an object store, in the metadata store, where every replica sees it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiltyard_blobs::{BlobError, OpenUpload, Outcome, UploadId, UploadLedger};
use tiltyard_domain::access::{self, Action};
use tiltyard_domain::{Clock, Identity, Permit, Timestamp, WorkspaceId};
use tiltyard_store::{Store, UploadRow};

use crate::Error;
use crate::limits::UPLOAD_TOUCH_PATIENCE;

const DOING: &str = "remembering an upload";

/// The uploads to one place.
struct Ledger {
    store: Store,
    clock: Arc<dyn Clock>,
    place: String,
}

/// The ledger of the object store at `place`; two places with one name share their uploads.
pub fn upload_ledger(store: &Store, clock: Arc<dyn Clock>, place: String) -> Arc<dyn UploadLedger> {
    Arc::new(Ledger { store: store.clone(), clock, place })
}

/// What is remembered belongs to no workspace; the server itself reads and writes it.
fn permit() -> Result<Permit, BlobError> {
    let decided = access::decide(Identity::local(), Action::Maintain, WorkspaceId::DEFAULT);
    decided.map_err(|refusal| BlobError::Io { doing: DOING, source: io::Error::other(refusal.to_string()) })
}

impl UploadLedger for Ledger {
    fn open(&self, upload: OpenUpload) -> Outcome<'_, ()> {
        Box::pin(async move {
            let row =
                UploadRow { id: upload.id.to_string(), remote: upload.remote, touched: self.clock.now() };
            let place = self.place.clone();
            self.store.write(&permit()?, move |tx| tx.open_upload(&place, &row)).await.map_err(failed)
        })
    }

    fn touch(&self, upload: UploadId) -> Outcome<'_, Option<OpenUpload>> {
        Box::pin(async move {
            let id = upload.to_string();
            let found = self.store.read(&permit()?, |read| read.upload(&id)).await.map_err(failed)?;
            let Some(row) = found else { return Ok(None) };
            let now = self.clock.now();
            // Parts come by the thousand; that an upload goes on need not be known to the second.
            let patience_ms = i64::try_from(UPLOAD_TOUCH_PATIENCE.as_millis()).unwrap_or(i64::MAX);
            if now.0.saturating_sub(row.touched.0) > patience_ms {
                let permit = permit()?;
                let touching = self.store.write(&permit, move |tx| tx.touch_upload(&id, now));
                touching.await.map_err(failed)?;
            }
            Ok(Some(OpenUpload { id: upload, remote: row.remote }))
        })
    }

    fn close(&self, upload: UploadId) -> Outcome<'_, bool> {
        Box::pin(async move {
            let id = upload.to_string();
            self.store.write(&permit()?, move |tx| tx.close_upload(&id)).await.map_err(failed)
        })
    }

    fn count(&self) -> Outcome<'_, usize> {
        Box::pin(async move {
            self.store.read(&permit()?, |read| read.upload_count(&self.place)).await.map_err(failed)
        })
    }

    fn untouched(&self, since: SystemTime, limit: usize) -> Outcome<'_, Vec<OpenUpload>> {
        Box::pin(async move {
            let since = since.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
            let since = Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
            let permit = permit()?;
            let rows = self.store.read(&permit, |read| read.untouched_uploads(&self.place, since, limit));
            let named = |row: UploadRow| Some(OpenUpload { id: row.id.parse().ok()?, remote: row.remote });
            Ok(rows.await.map_err(failed)?.into_iter().filter_map(named).collect())
        })
    }
}

fn failed(error: tiltyard_store::Error) -> BlobError {
    match Error::from(error) {
        error @ (Error::Busy(_) | Error::Unavailable(_)) => {
            BlobError::Unavailable { doing: DOING, said: error.to_string() }
        }
        other => BlobError::Io { doing: DOING, source: io::Error::other(other.to_string()) },
    }
}
