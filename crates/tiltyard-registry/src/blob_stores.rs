//! The places where the server itself keeps bytes: the one for new bytes, and every other that older bytes are in still.
//! How a place is opened is said by whoever starts the server.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tiltyard_blobs::{BlobStore, LocalStore, SealingKeys};
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_domain::{Identity, Permit, Refusal, RefusalKind, Timestamp, WorkspaceId, access};
use tiltyard_store::{Read, Store};
use tokio::sync::Mutex;

use crate::Error;
use crate::limits::PLACE_TRIED_AGAIN_AFTER_MS;
use crate::overlap::{is_same, looked_at, overlap, root_overlaps};

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
    destination: String,
    open: OpenStore,
    /// For looking up where the others are.
    permit: Permit,
    opened: RwLock<HashMap<BlobStoreId, Arc<dyn BlobStore>>>,
    /// What could not be opened, when, and why; held by whoever is opening a place.
    unopened: Mutex<HashMap<BlobStoreId, (Timestamp, String)>>,
}

impl BlobStores {
    /// `id` is what the metadata calls the place for new bytes.
    pub(crate) fn new(own: OwnStore, id: BlobStoreId, permit: Permit) -> Self {
        let opened = RwLock::new(HashMap::from([(id, Arc::clone(&own.blobs))]));
        let OwnStore { destination, blobs, open } = own;
        Self { current: (id, blobs), destination, open, permit, opened, unopened: Mutex::default() }
    }

    /// The place for new bytes.
    pub(crate) fn for_new(&self) -> (BlobStoreId, &Arc<dyn BlobStore>) {
        (self.current.0, &self.current.1)
    }

    /// Where that is.
    pub(crate) fn destination(&self) -> &str {
        &self.destination
    }

    /// Every place that the metadata knows.
    pub(crate) async fn all(&self, store: &Store) -> Result<Vec<(BlobStoreId, String)>, Error> {
        store.read(&self.permit, |read| Ok(read.blob_stores()?)).await
    }

    /// The store in that place, opened if it was not yet, or why it cannot be opened; the latter is tried again after a while.
    pub(crate) async fn of(
        &self,
        store: &Store,
        id: BlobStoreId,
        now: impl Fn() -> Timestamp,
    ) -> Result<Result<Arc<dyn BlobStore>, String>, Error> {
        if let Some(known) = self.known(id) {
            return Ok(Ok(known));
        }
        // One opens, and the others wait for what comes of it: a place that does not answer keeps one thread busy, not all.
        let mut unopened = self.unopened.lock().await;
        if let Some(known) = self.known(id) {
            return Ok(Ok(known));
        }
        if let Some((at, why)) = unopened.get(&id)
            && now().0.saturating_sub(at.0) < PLACE_TRIED_AGAIN_AFTER_MS
        {
            return Ok(Err(why.clone()));
        }
        let places = self.all(store).await?;
        let Some((_, destination)) = places.into_iter().find(|(place, _)| *place == id) else {
            return Err(Error::Broken(format!("there is no place {} for bytes", id.0)));
        };
        let (open, text) = (Arc::clone(&self.open), destination.clone());
        let opening = tokio::task::spawn_blocking(move || open(&text)).await;
        let opened = opening.unwrap_or_else(|failure| Err(failure.to_string()));
        Ok(match opened {
            Ok(blobs) => {
                unopened.remove(&id);
                let mut known = self.opened.write().unwrap_or_else(PoisonError::into_inner);
                Ok(Arc::clone(known.entry(id).or_insert(blobs)))
            }
            Err(why) => {
                let why = format!("bytes are kept in {destination}, which cannot be opened: {why}");
                unopened.insert(id, (now(), why.clone()));
                Err(why)
            }
        })
    }

    fn known(&self, id: BlobStoreId) -> Option<Arc<dyn BlobStore>> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

/// Notes that the bytes of one place are in another now: moved by other means, or restored from a backup.
///
/// # Errors
/// `NotFound` when no bytes were kept there; `AlreadyExists` when the other place is in use already.
pub async fn note_move(store: &Store, from: &str, to: &str) -> Result<(), Error> {
    let permit = access::decide(Identity::local(), access::Action::Maintain, WorkspaceId::DEFAULT)?;
    let known = |read: &mut Read<'_>| Ok::<_, Error>((read.blob_stores()?, read.stores()?));
    let (places, roots) = store.read(&permit, known).await?;
    let (from, to) = (from.to_owned(), to.to_owned());
    let wanted = to.clone();
    let id = looked_at(move || {
        let id = place_to_rename(&places, &from, &wanted)?;
        match roots.iter().find(|(_, root)| overlap(root, &wanted)) {
            None => Ok(id),
            Some((_, root)) => Err(root_overlaps(&wanted, root)),
        }
    })
    .await?;
    store.write(&permit, move |tx| Ok(tx.rename_blob_store(id, &to)?)).await
}

fn place_to_rename(places: &[(BlobStoreId, String)], from: &str, to: &str) -> Result<BlobStoreId, Error> {
    let exact = places.iter().find(|(_, destination)| destination == from);
    let Some((id, _)) = exact.or_else(|| places.iter().find(|(_, known)| is_same(known, from))) else {
        let known: Vec<_> = places.iter().map(|(_, destination)| destination.as_str()).collect();
        let message = format!("No bytes were kept in '{from}'. The database knows of: {}.", known.join(", "));
        return Err(Error::not_found(message));
    };
    match places.iter().find(|(other, destination)| other != id && overlap(destination, to)) {
        None => Ok(*id),
        Some((_, other)) => {
            let message = format!(
                "'{to}' holds bytes of this database already, beside those in '{from}': it is '{other}', or one lies inside \
                 the other."
            );
            Err(Refusal::exists(message).into())
        }
    }
}

pub(crate) fn none() -> Error {
    let message = "This server serves no artifacts. Start it without `--no-serve-artifacts`.";
    Refusal::new(RefusalKind::Unsupported, message).into()
}

#[cfg(test)]
mod tests {
    use super::{BlobStoreId, place_to_rename};

    #[test]
    fn a_place_is_known_by_any_of_its_spellings_and_moves_only_to_where_no_other_is() {
        let known = ["/nowhere/a", "s3://b/x", "wasbs://c@acc.blob.core.windows.net"];
        let places: Vec<_> =
            (1..).map(BlobStoreId).zip(known.iter().map(|place| (*place).to_owned())).collect();
        let found = |from, to| place_to_rename(&places, from, to).map(|id| id.0);
        assert_eq!(found("/nowhere/a", "/nowhere/b").ok(), Some(1));
        assert_eq!(
            found("/nowhere/a/", "/nowhere/a/new").ok(),
            Some(1),
            "into itself, once it was moved there"
        );
        assert_eq!(found("S3://b/x/", "s3://b/y").ok(), Some(2));
        assert_eq!(found("abfss://c@ACC.dfs.core.windows.net/", "s3://d").ok(), Some(3));
        let unknown = found("/nowhere", "/elsewhere").expect_err("no such place").to_string();
        assert!(unknown.contains("The database knows of: /nowhere/a, s3://b/x"), "{unknown}");
        for to in ["s3://b/x", "s3://b", "s3://b/x/y", "wasbs://c@acc/x"] {
            let taken = found("/nowhere/a", to).expect_err(to).to_string();
            assert!(taken.contains("holds bytes of this database already"), "{taken}");
        }
    }
}
