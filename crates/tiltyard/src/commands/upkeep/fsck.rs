//! `tiltyard fsck`: are all bytes there, and are they what was written?

use clap::Args;
use tiltyard_wire::v1::jobs::CheckBytes;

use super::{follow, seconds};
use crate::commands::connection::Connection;
use crate::commands::failure::{Exit, Failure};

/// Look whether all bytes are there and unaltered.
#[derive(Debug, Args)]
pub(in crate::commands) struct Fsck {
    #[command(flatten)]
    pub(in crate::commands) connection: Connection,
    /// Read all bytes and compare their digests with those of when they were written
    #[arg(long)]
    deep: bool,
    /// Do not mention unused bytes that are younger: they may be on their way in
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = seconds)]
    grace: i64,
}

impl Fsck {
    pub(in crate::commands) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        let call = CheckBytes { deep: Some(self.deep), grace_seconds: Some(self.grace) };
        let job = session.client.send(&call).await?;
        let report = follow(&session, job).await?;
        report.show(&session)?;
        match report.damaged() {
            0 => {
                if report.count("orphans") > 0 {
                    session.output.remark("nothing refers to the orphans; `tiltyard gc` removes them");
                }
                Ok(())
            }
            damaged => {
                Err(Failure::new(Exit::Refused, format!("{damaged} files are not as they were written"))
                    .next("bring them back from a backup, or log and register what they belong to again"))
            }
        }
    }
}
