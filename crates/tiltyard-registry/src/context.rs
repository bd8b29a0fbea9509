//! What every use case needs: the stores, the clock, fresh ids, and the names of the places where bytes are.
//! Nothing here knows a feature.

use std::collections::HashMap;
use std::sync::Arc;

use tiltyard_domain::entity::{ArtifactLocation, StoreId};
use tiltyard_domain::runs::LongValues;
use tiltyard_domain::{Clock, Identity, Timestamp, WorkspaceId, access};
use tiltyard_store::{NewLocation, Store};

use crate::Error;

/// What the use cases are told about the server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Root URI under which new experiments keep their artifacts; `mlflow-artifacts:/` is the server's own store.
    pub default_artifact_root: String,
    /// What happens to params and run tags whose values are too long.
    pub long_values: LongValues,
}

/// What every use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    default_store: StoreId,
    long_values: LongValues,
    roots: HashMap<StoreId, String>,
}

impl Context {
    /// Brings a store to the state that the use cases expect: the default root is known, and a workspace that never had an
    /// experiment has MLflow's `Default`, with id 0.
    ///
    /// # Errors
    /// What the store said.
    pub async fn open(store: Store, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self, Error> {
        let permit = access::decide(Identity::local(), access::Action::WriteRuns, WorkspaceId::DEFAULT)?;
        let Settings { default_artifact_root: root, long_values } = settings;
        let now = clock.now();
        let default_store = store
            .write(&permit, move |tx| {
                let place = tx.store_with_root(&root)?;
                if !tx.has_experiments()? {
                    tx.insert_experiment(Some(0), "Default", &NewLocation::Under(place), now)?;
                }
                Ok::<_, Error>(place)
            })
            .await?;
        let roots = store.read(&permit, |read| Ok::<_, Error>(read.stores()?))?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                clock,
                default_store,
                long_values,
                roots: roots.into_iter().collect(),
            }),
        })
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

    /// What happens to params and run tags whose values are too long.
    pub(crate) fn long_values(&self) -> LongValues {
        self.inner.long_values
    }

    /// An id that nobody has: 32 hexadecimal digits, near its neighbours in an index.
    #[expect(
        clippy::unused_self,
        reason = "ids come from the context, so that they can come from elsewhere one day"
    )]
    #[expect(clippy::disallowed_methods, reason = "the one door to randomness")]
    pub(crate) fn fresh_id(&self) -> String {
        uuid::Uuid::now_v7().simple().to_string()
    }

    /// The URI of a location, as clients are shown it.
    pub fn uri(&self, location: &ArtifactLocation) -> String {
        match location {
            ArtifactLocation::Elsewhere(uri) => uri.clone(),
            ArtifactLocation::Stored { store, key } => {
                let root = self.inner.roots.get(store).map_or("", |root| root.trim_end_matches('/'));
                format!("{root}/{key}")
            }
        }
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
