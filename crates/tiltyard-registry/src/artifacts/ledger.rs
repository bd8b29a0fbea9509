//! The ledger of uploads in parts to an object store, in the metadata store, where every replica sees it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiltyard_blobs::limits::OPEN_UPLOADS_MAX;
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
            let OpenUpload { id, remote, joining } = upload;
            let row = UploadRow { id: id.to_string(), remote, touched: self.clock.now(), joining };
            let place = self.place.clone();
            self.store.write(&permit()?, move |tx| tx.open_upload(&place, &row)).await.map_err(failed)
        })
    }

    fn touch(&self, upload: UploadId, goes_on_for: Duration) -> Outcome<'_, Option<OpenUpload>> {
        Box::pin(async move {
            let (id, place) = (upload.to_string(), self.place.clone());
            let found = self.store.read(&permit()?, |read| read.upload(&place, &id)).await.map_err(failed)?;
            let Some(row) = found else { return Ok(None) };
            let until = Timestamp(self.clock.now().0.saturating_add(milliseconds(goes_on_for)));
            // Parts come by the thousand; that an upload goes on need not be known to the second.
            if until.0.saturating_sub(row.touched.0) > milliseconds(UPLOAD_TOUCH_PATIENCE) {
                let permit = permit()?;
                let touching = self.store.write(&permit, move |tx| tx.touch_upload(&place, &id, until));
                touching.await.map_err(failed)?;
            }
            Ok(Some(OpenUpload { id: upload, remote: row.remote, joining: row.joining }))
        })
    }

    fn begin_joining(&self, upload: UploadId, list: String) -> Outcome<'_, bool> {
        Box::pin(async move {
            let (id, place) = (upload.to_string(), self.place.clone());
            let permit = permit()?;
            self.store.write(&permit, move |tx| tx.begin_joining(&place, &id, &list)).await.map_err(failed)
        })
    }

    fn end_joining(&self, upload: UploadId, list: String) -> Outcome<'_, ()> {
        Box::pin(async move {
            let (id, place) = (upload.to_string(), self.place.clone());
            let permit = permit()?;
            self.store.write(&permit, move |tx| tx.end_joining(&place, &id, &list)).await.map_err(failed)
        })
    }

    fn close(&self, upload: UploadId) -> Outcome<'_, bool> {
        Box::pin(async move {
            let (id, place) = (upload.to_string(), self.place.clone());
            self.store.write(&permit()?, move |tx| tx.close_upload(&place, &id)).await.map_err(failed)
        })
    }

    fn count(&self) -> Outcome<'_, usize> {
        Box::pin(async move {
            self.store.read(&permit()?, |read| read.upload_count(&self.place)).await.map_err(failed)
        })
    }

    fn count_untouched(&self, since: SystemTime) -> Outcome<'_, usize> {
        Box::pin(async move { Ok(self.untouched(since, OPEN_UPLOADS_MAX).await?.len()) })
    }

    fn untouched(&self, since: SystemTime, limit: usize) -> Outcome<'_, Vec<OpenUpload>> {
        Box::pin(async move {
            let since = since.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
            let since = Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
            let permit = permit()?;
            let rows = self.store.read(&permit, |read| read.untouched_uploads(&self.place, since, limit));
            let named = |row: UploadRow| {
                let UploadRow { id, remote, joining, .. } = row;
                Some(OpenUpload { id: id.parse().ok()?, remote, joining })
            };
            Ok(rows.await.map_err(failed)?.into_iter().filter_map(named).collect())
        })
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn failed(error: tiltyard_store::Error) -> BlobError {
    match Error::from(error) {
        error @ (Error::Busy(_) | Error::Unavailable(_)) => {
            BlobError::Unavailable { doing: DOING, said: error.to_string() }
        }
        other => BlobError::Io { doing: DOING, source: io::Error::other(other.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use tiltyard_blobs::{OpenUpload, UploadId};
    use tiltyard_domain::{Clock, Timestamp};
    use tiltyard_store::Store;

    use super::upload_ledger;

    const HOUR: Duration = Duration::from_hours(1);

    struct Moved(AtomicI64);

    impl Clock for Moved {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn at(hours: u32) -> SystemTime {
        UNIX_EPOCH + HOUR * hours
    }

    #[tokio::test]
    async fn an_upload_whose_addresses_are_good_counts_as_going_on() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let clock = Arc::new(Moved(AtomicI64::new(0)));
        let ledger = |place: &str| upload_ledger(&store, Arc::clone(&clock) as _, place.to_owned());
        let (here, there) = (ledger("s3://here"), ledger("s3://there"));
        let id: UploadId = "000000000000000000000000000000ab".parse().expect("an id");
        let upload = OpenUpload { id, remote: "remote".to_owned(), joining: None };
        here.open(upload.clone()).await.expect("open");
        assert_eq!(here.touch(id, HOUR * 12).await.expect("touched"), Some(upload));
        clock.0.store(3_600_000, Ordering::Relaxed);
        assert!(here.touch(id, Duration::ZERO).await.expect("touched").is_some());
        let count = async |hours| here.count_untouched(at(hours)).await.expect("counted");
        assert_eq!((count(12).await, count(13).await), (0, 1), "a part does not make it shorter");
        assert_eq!(there.touch(id, HOUR).await.expect("looked"), None, "it goes to another place");
        assert!(!there.close(id).await.expect("looked"));
        assert!(here.begin_joining(id, "one".to_owned()).await.expect("begun"));
        assert!(!here.begin_joining(id, "other".to_owned()).await.expect("refused"));
        assert!(here.close(id).await.expect("closed"));
        store.close(Duration::from_secs(10)).await.expect("closed");
    }
}
