//! `tiltyard health`: whether a server should be sent requests, for the health checks of containers, which have no other program to
//! ask with. What readiness means is the server's to say.

use clap::Args;
use tiltyard_client::AskReady;

use super::connection::Connection;
use super::failure::Failure;

/// Ask a server whether it is ready: its database answers and its bytes can be reached
#[derive(Debug, Args)]
pub(super) struct Health {
    #[command(flatten)]
    pub(super) connection: Connection,
}

impl Health {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        let ready = session.client.send(&AskReady {}).await?;
        session.output.show(&ready, |_| "ready".to_owned())
    }
}
