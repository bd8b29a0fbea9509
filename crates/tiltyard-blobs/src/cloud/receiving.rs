//! Taking bytes in. A small file waits in memory for its key. A large one is sent on part by part, to a minted key that it
//! keeps; one part at a time is in memory.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use object_store::PutPayload;
use object_store::multipart::PartId;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::Inner;
use super::fault::failed;
use super::ledger::OpenUpload;
use super::memory::Turn;
use super::parts::{Incoming, Part};
use super::reading::stat;
use super::uploads::{discard, find, is_absent};
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::limits::TOUCH_PATIENCE;
use crate::store::{ByteStream, Received};
use crate::upload::UploadId;

const DOING: &str = "sending incoming bytes to the artifact store";

/// Bytes that came and are nobody's yet.
pub(super) enum Staged {
    /// They are in memory.
    Held { payload: PutPayload, fresh: u128, _turn: Turn },
    /// They lie under a key; dropping this takes them away.
    Sent { key: BlobKey, leftover: Leftover },
    /// They lie under a key and belong to an upload that is still open.
    Claimed { key: BlobKey },
}

/// An upload that nobody will finish unless this is told so; dropping it clears the upload away, as well as may be. What that
/// leaves is in the ledger, for a sweep.
pub(super) struct Leftover {
    store: Arc<Inner>,
    upload: Option<OpenUpload>,
}

impl Leftover {
    pub(super) fn of(store: &Arc<Inner>, upload: OpenUpload) -> Self {
        Self { store: Arc::clone(store), upload: Some(upload) }
    }

    /// Lets what was uploaded be.
    pub(super) fn keep(mut self) {
        self.upload = None;
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        let store = Arc::clone(&self.store);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if discard(&store, &upload).await.is_ok() {
                    // A row that stays says the same again to the next sweep.
                    drop(store.ledger.close(upload.id).await);
                }
            });
        }
    }
}

pub(super) async fn receive(
    store: &Arc<Inner>,
    bytes: ByteStream,
    size_bytes_max: u64,
    fresh: u128,
) -> Result<Received, BlobError> {
    let mut incoming = Incoming::new(bytes, size_bytes_max);
    // Whoever has sent nothing yet keeps nobody waiting.
    incoming.begin().await?;
    let size = incoming.next_size();
    let turn = store.memory.turn(size).await?;
    let first = incoming.next_part(size, &turn).await?;
    if !first.is_last {
        return send(store, incoming, first, turn, fresh).await;
    }
    let (size_bytes, sha256) = incoming.finish();
    Ok(Received::new(size_bytes, sha256, Staged::Held { payload: first.payload, fresh, _turn: turn }))
}

/// Sends a file that has more than one part.
async fn send(
    store: &Arc<Inner>,
    mut incoming: Incoming,
    first: Part,
    mut turn: Turn,
    fresh: u128,
) -> Result<Received, BlobError> {
    let key = BlobKey::minted(fresh);
    let path = store.path(&key)?;
    let (upload, leftover) = open(store, UploadId::new(fresh)).await?;
    let mut parts: Vec<PartId> = Vec::new();
    let mut touched = Instant::now();
    let mut part = first;
    loop {
        let is_last = part.is_last;
        let payload = mem::take(&mut part.payload);
        let sent = store.remote.put_part(&path, &upload.remote, parts.len(), payload).await;
        parts.push(sent.map_err(failed(DOING))?);
        if is_last {
            break;
        }
        drop(turn);
        if touched.elapsed() > TOUCH_PATIENCE {
            find(store, upload.id, Duration::ZERO).await?;
            touched = Instant::now();
        }
        let size = incoming.next_size();
        turn = store.memory.turn(size).await?;
        part = incoming.next_part(size, &turn).await?;
    }
    if let Err(error) = store.remote.complete_multipart(&path, &upload.remote, parts).await {
        // The answer may have been lost on the way. Nobody else has the key, so what lies there is what was joined.
        let found = stat(store, &key).await;
        if !found.is_ok_and(|found| found.is_some_and(|found| found.size_bytes == incoming.size_bytes())) {
            return Err(failed(DOING)(error));
        }
    }
    // From here on no sweep finds the bytes. Were they swept already, they are gone.
    if !store.ledger.close(upload.id).await? {
        return Err(BlobError::UnknownUpload(upload.id));
    }
    let (size_bytes, sha256) = incoming.finish();
    Ok(Received::new(size_bytes, sha256, Staged::Sent { key, leftover }))
}

/// Opens an upload over there and writes it down.
pub(super) async fn open(store: &Arc<Inner>, upload: UploadId) -> Result<(OpenUpload, Leftover), BlobError> {
    let path = store.path(&BlobKey::minted(upload.number()))?;
    let opened = store.remote.create_multipart(&path).await;
    let remote = opened.map_err(|error| match error {
        error if is_absent(&error) => {
            BlobError::Unavailable { doing: DOING, said: "the bucket is gone".to_owned() }
        }
        error => failed(DOING)(error),
    })?;
    let upload = OpenUpload { id: upload, remote, joining: None };
    let leftover = Leftover::of(store, upload.clone());
    store.ledger.open(upload.clone()).await?;
    Ok((upload, leftover))
}
