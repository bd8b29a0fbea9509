//! A server in this process, on a free port of the loopback and in a temporary folder. Stopping it leaves nothing behind.
//! It is the same server as that of `tiltyard server`, without settings.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tempfile::TempDir;
use tiltyard_api::{Options, Server};
use tiltyard_client::Client;
use tiltyard_registry::{Context, OwnStore, Settings};
use tiltyard_store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::SystemClock;
use crate::commands::failure::Failure;
use crate::commands::server::broken;
use crate::limits::CLOSE_PATIENCE;

/// A running server.
pub(super) struct Throwaway {
    /// A client of it.
    pub(super) client: Client,
    context: Context,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Throwaway {
    pub(super) async fn start() -> Result<Self, Failure> {
        let folder = TempDir::with_prefix("tiltyard-demo-")?;
        let context = context(&folder).await?;
        let server = Server::new(&context, Options::default());
        let bound = server.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let client = Client::on_this_machine(&format!("http://{}", bound.address()?))?;
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(bound.run(async {
            // A sender that is gone means stop as well.
            let _ = stopped.await;
        }));
        Ok(Self { client, context, folder, stop, running })
    }

    /// Stops the server and removes its folder.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        drop(self.client);
        drop(self.stop);
        self.running.await.map_err(broken)?;
        self.context.close(CLOSE_PATIENCE).await.map_err(broken)?;
        Ok(self.folder.close()?)
    }
}

async fn context(folder: &TempDir) -> Result<Context, Failure> {
    let store = Store::open_sqlite(&folder.path().join("tiltyard.db")).map_err(broken)?;
    let own_store = OwnStore::in_folder(&folder.path().join("artifacts")).map_err(broken)?;
    let settings = Settings { own_store: Some(own_store), ..Settings::default() };
    Context::open(store, Arc::new(SystemClock), settings).await.map_err(broken)
}
