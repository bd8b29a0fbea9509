//! The places where the server itself keeps bytes: the one for new bytes, and every other that older bytes are in still.
//! How a place is opened is said by whoever starts the server.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tiltyard_blobs::{BlobStore, LocalStore, SealingKeys};
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_domain::{Identity, Permit, Refusal, RefusalKind, WorkspaceId, access};
use tiltyard_store::{Store, Tx};

use crate::Error;

/// Opens what is at a destination and must be there already, or says why that cannot be done. It may block.
pub type OpenStore = Arc<dyn Fn(&str) -> Result<Arc<dyn BlobStore>, String> + Send + Sync>;

/// The server's own artifact store, as it is told of it.
#[derive(Clone)]
pub struct OwnStore {
    /// Where new bytes go: an absolute path or a URI, always spelled the same and without secrets. It is kept with the
    /// metadata of the bytes.
    pub destination: String,
    /// The store there.
    pub blobs: Arc<dyn BlobStore>,
    /// Opens the places that the server kept its bytes in before.
    pub open: OpenStore,
}

impl OwnStore {
    /// A store in a folder, made if it is missing, that knows of other folders only.
    ///
    /// # Errors
    /// What the system said.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let blobs = Arc::new(LocalStore::open(folder)?);
        let destination = folder.to_string_lossy().into_owned();
        Ok(Self { destination, blobs, open: Arc::new(|destination: &str| open_folder(destination, None)) })
    }

    /// The same with files that are sealed; the other folders may be sealed with the same keys, or not at all.
    ///
    /// # Errors
    /// What the system said; that the folder is sealed with other keys, or holds files that are not sealed.
    pub fn in_sealed_folder(folder: &Path, keys: SealingKeys) -> io::Result<Self> {
        let blobs = Arc::new(LocalStore::open_sealed(folder, keys.clone())?);
        let destination = folder.to_string_lossy().into_owned();
        let open = move |destination: &str| open_folder(destination, Some(&keys));
        Ok(Self { destination, blobs, open: Arc::new(open) })
    }
}

/// Opens a store in a folder that is there; the keys are for when it is sealed.
///
/// # Errors
/// That it is no folder; what the system said; that the keys do not fit.
pub fn open_folder(destination: &str, keys: Option<&SealingKeys>) -> Result<Arc<dyn BlobStore>, String> {
    let folder = Path::new(destination);
    if !folder.is_dir() {
        return Err("there is no such folder".to_owned());
    }
    let store = match keys {
        None => LocalStore::open(folder),
        Some(keys) => LocalStore::open_as_it_is(folder, keys.clone()),
    };
    Ok(Arc::new(store.map_err(|error| error.to_string())?))
}

/// The places at work.
pub(crate) struct BlobStores {
    /// For new bytes.
    current: (BlobStoreId, Arc<dyn BlobStore>),
    open: OpenStore,
    /// For looking up where the others are.
    permit: Permit,
    opened: RwLock<HashMap<BlobStoreId, Arc<dyn BlobStore>>>,
}

impl BlobStores {
    /// `id` is what the metadata calls the place for new bytes.
    pub(crate) fn new(own: OwnStore, id: BlobStoreId, permit: Permit) -> Self {
        let opened = RwLock::new(HashMap::from([(id, Arc::clone(&own.blobs))]));
        Self { current: (id, own.blobs), open: own.open, permit, opened }
    }

    /// The place for new bytes.
    pub(crate) fn for_new(&self) -> (BlobStoreId, &Arc<dyn BlobStore>) {
        (self.current.0, &self.current.1)
    }

    /// Every other place that the metadata knows.
    pub(crate) async fn others(&self, store: &Store) -> Result<Vec<BlobStoreId>, Error> {
        let places = self.places(store).await?;
        Ok(places.into_iter().map(|(id, _)| id).filter(|id| *id != self.current.0).collect())
    }

    async fn places(&self, store: &Store) -> Result<Vec<(BlobStoreId, String)>, Error> {
        store.read(&self.permit, |read| Ok(read.blob_stores()?)).await
    }

    /// The store in that place, opened if it was not yet. What could not be opened is tried again the next time.
    pub(crate) async fn of(&self, store: &Store, id: BlobStoreId) -> Result<Arc<dyn BlobStore>, Error> {
        let known = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(blobs) = known {
            return Ok(blobs);
        }
        let places = self.places(store).await?;
        let Some((_, destination)) = places.into_iter().find(|(place, _)| *place == id) else {
            return Err(Error::Broken(format!("there is no place {} for bytes", id.0)));
        };
        let (open, text) = (Arc::clone(&self.open), destination.clone());
        let opening = tokio::task::spawn_blocking(move || open(&text)).await;
        let opened = opening.unwrap_or_else(|failure| Err(failure.to_string()));
        let blobs = opened.map_err(|why| {
            Error::Broken(format!("bytes are kept in {destination}, which cannot be opened: {why}"))
        })?;
        // When two opened it at once, both go on with the first.
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(opened.entry(id).or_insert(blobs)))
    }
}

/// Notes that the bytes of one place are in another now: moved by other means, or restored from a backup.
///
/// # Errors
/// `NotFound` when no bytes were kept there; `AlreadyExists` when the other place is in use already.
pub async fn note_move(store: &Store, from: &str, to: &str) -> Result<(), Error> {
    let permit = access::decide(Identity::local(), access::Action::Maintain, WorkspaceId::DEFAULT)?;
    let (from, to) = (from.to_owned(), to.to_owned());
    store.write(&permit, move |tx| rename(tx, &from, &to)).await
}

fn rename(tx: &mut Tx<'_>, from: &str, to: &str) -> Result<(), Error> {
    let places = tx.blob_stores()?;
    let find = |wanted: &str| places.iter().find(|(_, destination)| destination == wanted);
    let Some((id, _)) = find(from) else {
        let known: Vec<_> = places.iter().map(|(_, destination)| destination.as_str()).collect();
        let message = format!("No bytes were kept in '{from}'. The database knows of: {}.", known.join(", "));
        return Err(Error::not_found(message));
    };
    if find(to).is_some() {
        let message = format!("'{to}' holds bytes of this database already, beside those in '{from}'.");
        return Err(Refusal::exists(message).into());
    }
    Ok(tx.rename_blob_store(*id, to)?)
}

pub(crate) fn none() -> Error {
    let message = "This server serves no artifacts. Start it without `--no-serve-artifacts`.";
    Refusal::new(RefusalKind::Unsupported, message).into()
}
