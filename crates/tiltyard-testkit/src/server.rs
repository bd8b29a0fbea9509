//! A real server on a free port of the loopback, with a folder of its own, spoken to over HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tiltyard_api::{Options, Server};
use tiltyard_registry::{Context, OwnStore, Settings, observed_folder};
use tiltyard_store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Http, MovingClock};

/// A running server. Dropping it stops it; `stop` also waits.
pub struct TestServer {
    /// Its clock.
    pub clock: Arc<MovingClock>,
    /// Its use cases, for tests below HTTP.
    pub context: Context,
    /// Its store, for counting statements.
    pub store: Store,
    folder: Arc<TempDir>,
    http: Http,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl TestServer {
    /// Starts a server on an empty folder.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// The same with options.
    pub async fn start_with(options: Options) -> Self {
        Self::start_in(Arc::new(TempDir::new().expect("a temporary folder")), "artifacts", options).await
    }

    /// Starts a server whose clients write by themselves into the folder `runs` beside its own, without asking it.
    pub async fn start_beside_a_shared_folder() -> Self {
        let folder = Arc::new(TempDir::new().expect("a temporary folder"));
        let runs = folder.path().join("runs");
        let settings = Settings {
            default_artifact_root: runs.to_string_lossy().into_owned(),
            observed: Some(observed_folder(&runs)),
            ..Settings::default()
        };
        Self::start_as(folder, settings, Options::default()).await
    }

    /// Stops this server and starts another on the same folder.
    pub async fn restart(self) -> Self {
        self.restart_with_artifacts_in("artifacts").await
    }

    /// The same with another folder for new artifacts, beside that of the old ones.
    pub async fn restart_with_artifacts_in(self, artifacts: &str) -> Self {
        let folder = Arc::clone(&self.folder);
        self.stop().await;
        Self::start_in(folder, artifacts, Options::default()).await
    }

    async fn start_in(folder: Arc<TempDir>, artifacts: &str, options: Options) -> Self {
        let own_store = OwnStore::in_folder(&folder.path().join(artifacts)).expect("an artifact store");
        let settings = Settings { own_store: Some(own_store), ..Settings::default() };
        Self::start_as(folder, settings, options).await
    }

    async fn start_as(folder: Arc<TempDir>, settings: Settings, options: Options) -> Self {
        let store = Store::open_sqlite(&folder.path().join("tiltyard.db")).expect("a database");
        let clock = Arc::new(MovingClock::new());
        let context =
            Context::open(store.clone(), Arc::clone(&clock) as _, settings).await.expect("a context");
        let server = Server::new(&context, options);
        let bound = server.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
        let url = format!("http://{}", bound.address().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(bound.run(async {
            let _ = stopped.await;
        }));
        Self { clock, context, store, folder, http: Http::to(url), stop: Some(stop), running }
    }

    /// Finishes what is under way and stops.
    pub async fn stop(mut self) {
        drop(self.http);
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.running.await.expect("the server ends well");
        self.context.close(Duration::from_secs(10)).await.expect("the store closes");
    }

    /// The folder that holds the database and the artifacts.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Deref for TestServer {
    type Target = Http;

    fn deref(&self) -> &Http {
        &self.http
    }
}
