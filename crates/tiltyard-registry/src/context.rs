//! What every use case needs: the stores, the clock, fresh ids, and the names of the places where bytes are.
//! Nothing here knows a feature.

use std::sync::Arc;

use tiltyard_blobs::{BlobStore, ObservedStore};
use tiltyard_domain::artifact_hosts::ArtifactHosts;
use tiltyard_domain::entity::{BlobStoreId, StoreId};
use tiltyard_domain::runs::LongValues;
use tiltyard_domain::{Clock, Identity, Refusal, RefusalKind, Timestamp, WorkspaceId, access, limits};
use tiltyard_store::{Load, NewLocation, Store};
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};

use crate::Error;
use crate::artifacts::Folder;
use crate::blob_stores::{self, BlobStores, OwnStore};
use crate::feed::Feed;
use crate::observed_root::ObservedRoot;
use crate::overlap::refuse_overlaps;
use crate::readiness::Readiness;

/// What the use cases are told about the server.
#[derive(Clone)]
pub struct Settings {
    /// Root URI under which new experiments keep their artifacts; `mlflow-artifacts:/` is the server's own store.
    pub default_artifact_root: String,
    /// The longest artifact location of an experiment, in characters.
    pub location_length_max: usize,
    /// What happens to params and run tags whose values are too long.
    pub long_values: LongValues,
    /// Schemes under which an artifact location or a source may name any host.
    pub host_schemes: Vec<String>,
    /// The server's own artifact store, unless it serves no artifacts.
    pub own_store: Option<OwnStore>,
    /// What lies at `default_artifact_root`, where clients write there by themselves and this server can look.
    pub observed: Option<Arc<dyn ObservedStore>>,
}

/// What MLflow's server has unless told otherwise, but no artifacts.
impl Default for Settings {
    fn default() -> Self {
        Self {
            default_artifact_root: "mlflow-artifacts:/".to_owned(),
            location_length_max: limits::LOCATION_LENGTH_MAX,
            long_values: LongValues::default(),
            host_schemes: Vec::new(),
            own_store: None,
            observed: None,
        }
    }
}

/// What every use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    blobs: Option<BlobStores>,
    observed: Option<ObservedRoot>,
    default_store: StoreId,
    hosts: ArtifactHosts,
    location_length_max: usize,
    long_values: LongValues,
    job_asked: Notify,
    readiness: Readiness,
    feed: Feed,
    stopping: watch::Sender<Stopping>,
    opened: Timestamp,
}

/// How far a server is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stopping {
    /// It runs.
    No,
    /// It serves on, but should be sent nothing more.
    Soon,
    /// It finishes what is under way.
    Now,
}

impl Context {
    /// Brings a store to the state that the use cases expect: the default root is known, and a workspace that never had an
    /// experiment has MLflow's `Default`, with id 0. Bytes that lie where they went before another destination was given are
    /// served from there.
    ///
    /// # Errors
    /// What the store said; `InvalidValue` where the place for bytes is one with another, or lies inside it.
    pub async fn open(store: Store, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self, Error> {
        let permit = access::decide(Identity::local(), access::Action::WriteRuns, WorkspaceId::DEFAULT)?;
        let Settings {
            default_artifact_root: root,
            location_length_max,
            long_values,
            host_schemes,
            own_store,
            observed,
        } = settings;
        let destination = own_store.as_ref().map(|own| own.destination.clone());
        refuse_overlaps(&store, &permit, destination.clone(), root.clone()).await?;
        let observed = observed.map(|store| ObservedRoot::new(root.clone(), store));
        let hosts = ArtifactHosts::new(&root, &host_schemes);
        let now = clock.now();
        let (default_store, place_for_new) = store
            .write(&permit, move |tx| {
                let default = tx.store_with_root(&root)?;
                let place_for_new =
                    destination.iter().map(|text| tx.blob_store_at(text)).next().transpose()?;
                if !tx.has_experiments()? {
                    tx.insert_experiment(Some(0), "Default", &NewLocation::Under(default), now)?;
                }
                Ok::<_, Error>((default, place_for_new))
            })
            .await?;
        let blobs = own_store.zip(place_for_new).map(|(own, id)| BlobStores::new(own, id, permit.clone()));
        let context = Self {
            inner: Arc::new(Inner {
                store,
                clock,
                blobs,
                observed,
                default_store,
                hosts,
                location_length_max,
                long_values,
                job_asked: Notify::new(),
                readiness: Readiness::default(),
                feed: Feed::default(),
                stopping: watch::Sender::new(Stopping::No),
                opened: now,
            }),
        };
        context.look_for_older_places().await?;
        Ok(context)
    }

    /// Says at once where older bytes cannot be served; they may be needed only much later.
    async fn look_for_older_places(&self) -> Result<(), Error> {
        if self.serves_artifacts() {
            self.open_places().await?;
        }
        Ok(())
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Where new experiments keep their artifacts.
    pub(crate) fn default_store(&self) -> StoreId {
        self.inner.default_store
    }

    /// Which hosts the locations of artifacts may name.
    pub(crate) fn hosts(&self) -> &ArtifactHosts {
        &self.inner.hosts
    }

    /// The longest artifact location of an experiment, in characters.
    pub(crate) fn location_length_max(&self) -> usize {
        self.inner.location_length_max
    }

    /// What happens to params and run tags whose values are too long.
    pub(crate) fn long_values(&self) -> LongValues {
        self.inner.long_values
    }

    /// What was seen when somebody asked whether the server is ready.
    pub(crate) fn readiness(&self) -> &Readiness {
        &self.inner.readiness
    }

    /// Those who follow the journal.
    pub(crate) fn feed(&self) -> &Feed {
        &self.inner.feed
    }

    /// From now on the server is not ready: it will be stopped.
    pub fn stop_soon(&self) {
        self.inner.stopping.send_replace(Stopping::Soon);
    }

    /// From now on nobody waits for things to happen: the server finishes what is under way.
    pub fn stop_now(&self) {
        self.inner.stopping.send_replace(Stopping::Now);
    }

    /// Whether the server has been told to stop.
    pub fn is_stopping(&self) -> bool {
        *self.inner.stopping.borrow() != Stopping::No
    }

    /// Tells how far the server is on its way to its end.
    pub(crate) fn stopping(&self) -> watch::Receiver<Stopping> {
        self.inner.stopping.subscribe()
    }

    /// The bytes of the server's own artifact store, if it has one.
    pub(crate) fn own_blobs(&self) -> Option<&Arc<dyn BlobStore>> {
        self.inner.blobs.as_ref().map(|blobs| blobs.for_new().1)
    }

    /// Whether this server has an artifact store of its own.
    pub fn serves_artifacts(&self) -> bool {
        self.inner.blobs.is_some()
    }

    /// Refuses where this server has no artifact store of its own.
    pub(crate) fn check_artifacts(&self) -> Result<(), Error> {
        self.blob_stores().map(|_| ())
    }

    /// Where the server's own artifact store puts new bytes.
    pub(crate) fn blobs_for_new(&self) -> Result<(BlobStoreId, &Arc<dyn BlobStore>), Error> {
        Ok(self.blob_stores()?.for_new())
    }

    /// Where that is, in words.
    pub(crate) fn destination_for_new(&self) -> Result<&str, Error> {
        Ok(self.blob_stores()?.destination())
    }

    /// The place of the server's own artifact store that a row names.
    pub(crate) async fn blobs_of(&self, store: BlobStoreId) -> Result<Arc<dyn BlobStore>, Error> {
        self.open_place(store).await?.map_err(|why| {
            tracing::warn!("{why}");
            let message = "The place where these bytes are cannot be reached at the moment. Try again later.";
            Refusal::new(RefusalKind::Busy, message).into()
        })
    }

    /// The same, or why it cannot be opened: for the log and for administrators.
    pub(crate) async fn open_place(
        &self,
        store: BlobStoreId,
    ) -> Result<Result<Arc<dyn BlobStore>, String>, Error> {
        self.blob_stores()?.of(&self.inner.store, store, || self.now()).await
    }

    /// Every place that can be opened; the log says which cannot.
    pub(crate) async fn open_places(&self) -> Result<Vec<Arc<dyn BlobStore>>, Error> {
        let mut opened = Vec::new();
        for (id, _) in self.blob_stores()?.all(&self.inner.store).await? {
            match self.open_place(id).await? {
                Ok(blobs) => opened.push(blobs),
                Err(why) => tracing::warn!("{why}"),
            }
        }
        Ok(opened)
    }

    fn blob_stores(&self) -> Result<&BlobStores, Error> {
        self.inner.blobs.as_ref().ok_or_else(blob_stores::none)
    }

    /// Tells who works on jobs in this process that there is one.
    pub(crate) fn tell_of_job(&self) {
        self.inner.job_asked.notify_one();
    }

    /// Waits until a job is asked for in this process.
    pub(crate) async fn job_asked(&self) {
        self.inner.job_asked.notified().await;
    }

    /// The place where clients write by themselves.
    pub(crate) fn observed(&self) -> Result<&Arc<dyn ObservedStore>, Error> {
        let root = self.inner.observed.as_ref();
        root.map(ObservedRoot::store).ok_or_else(|| Error::Broken("nothing is looked at".to_owned()))
    }

    /// The folder of that place that a URI means, where it means one.
    pub(crate) fn observed_below(&self, uri: &str) -> Result<Option<Folder>, Error> {
        self.inner.observed.as_ref().map_or(Ok(None), |root| root.below(uri))
    }

    /// Whether there is such a place.
    pub(crate) fn observes(&self) -> bool {
        self.inner.observed.is_some()
    }

    /// The turn to compare what lies there; nothing while somebody else has it.
    pub(crate) fn turn_to_compare(&self) -> Option<OwnedSemaphorePermit> {
        self.inner.observed.as_ref().and_then(ObservedRoot::turn)
    }

    /// Lets those who work on jobs ask for a look at what was registered from there.
    pub(crate) fn wish_to_look(&self) {
        self.keep_wish_to_look();
        self.tell_of_job();
    }

    /// The same when they next look for jobs, without waking them.
    pub(crate) fn keep_wish_to_look(&self) {
        if let Some(root) = &self.inner.observed {
            root.wish_to_look();
        }
    }

    /// Whether there was such a wish; from now on there is none.
    pub(crate) fn take_wish_to_look(&self) -> bool {
        self.inner.observed.as_ref().is_some_and(ObservedRoot::take_wish_to_look)
    }

    /// An id that nobody has: 32 hexadecimal digits, near its neighbours in an index.
    pub(crate) fn fresh_id(&self) -> String {
        format!("{:032x}", self.fresh_number())
    }

    /// A number that was never given before.
    #[expect(
        clippy::unused_self,
        reason = "ids come from the context, so that they can come from elsewhere one day"
    )]
    #[expect(clippy::disallowed_methods, reason = "the one door to randomness")]
    pub(crate) fn fresh_number(&self) -> u128 {
        uuid::Uuid::now_v7().as_u128()
    }

    /// Since when this server has been there.
    pub fn opened(&self) -> Timestamp {
        self.inner.opened
    }

    /// How busy the store is at this moment.
    pub fn load(&self) -> Load {
        self.inner.store.load()
    }

    /// How many statements the store has run; tests hold endpoints to a number.
    pub fn statement_count(&self) -> u64 {
        self.inner.store.statement_count()
    }

    /// Finishes what was begun and closes the store.
    ///
    /// # Errors
    /// `Closed` when writes were still waiting after `patience`.
    pub async fn close(&self, patience: std::time::Duration) -> Result<(), Error> {
        Ok(self.inner.store.close(patience).await?)
    }
}
