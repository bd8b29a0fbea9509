//! `tiltyard gc`: bytes that nothing refers to are removed.

use clap::Args;
use tiltyard_wire::v1::jobs::CollectBytes;

use super::{follow, seconds};
use crate::commands::connection::Connection;
use crate::commands::failure::Failure;
use crate::commands::prompt::Consent;

/// Remove bytes that nothing refers to.
#[derive(Debug, Args)]
pub(in crate::commands) struct Gc {
    #[command(flatten)]
    pub(in crate::commands) connection: Connection,
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Leave alone what is younger: it may be on its way in
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = seconds)]
    grace: i64,
    #[command(flatten)]
    consent: Consent,
}

impl Gc {
    pub(in crate::commands) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        if !self.dry_run {
            self.consent.ask(
                "Everything in the server's artifact stores that no artifact and no version refers to will be removed, \
                 also what other programs put there (--dry-run shows it). Go on?",
            )?;
        }
        let call = CollectBytes { dry_run: Some(self.dry_run), grace_seconds: Some(self.grace) };
        let job = session.client.send(&call).await?;
        follow(&session, job).await?.show(&session)
    }
}
