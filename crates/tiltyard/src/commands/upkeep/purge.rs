//! `tiltyard purge`: what was deleted goes for good, as with `mlflow gc`.

use clap::Args;
use tiltyard_wire::v1::jobs::PurgeDeleted;

use super::{follow, seconds};
use crate::commands::connection::Connection;
use crate::commands::failure::Failure;
use crate::commands::prompt::Consent;

/// Take deleted runs, logged models and experiments away for good, with their files.
#[derive(Debug, Args)]
pub(in crate::commands) struct Purge {
    #[command(flatten)]
    pub(in crate::commands) connection: Connection,
    /// Only count what would go
    #[arg(long)]
    dry_run: bool,
    /// Leave alone what was deleted later: it can still be restored
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = seconds)]
    older_than: i64,
    #[command(flatten)]
    consent: Consent,
}

impl Purge {
    pub(in crate::commands) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        if !self.dry_run {
            self.consent.ask(
                "Runs, logged models and experiments that were deleted that long ago will be gone for good, with their files; \
                 what a version was registered from stays (--dry-run counts them). Go on?",
            )?;
        }
        let call = PurgeDeleted { dry_run: Some(self.dry_run), older_than_seconds: Some(self.older_than) };
        let job = session.client.send(&call).await?;
        follow(&session, job).await?.show(&session)
    }
}
