//! `tiltyard demo`: a throwaway server, three versions of a small model, a promotion that turns out badly, and the way back.
//! Everything goes over HTTP to the loopback, as any client's requests do; the rules are the server's.

mod model;
mod story;
mod throwaway;
mod timeline;
mod training;

use super::failure::{Exit, Failure};
use story::Story;
use throwaway::Throwaway;
use timeline::line;

/// Tells the story on a server of its own, and cleans up even when it is interrupted.
pub(super) async fn run() -> Result<(), Failure> {
    let server = Throwaway::start().await?;
    line(&format!("A throwaway server listens on {}.", server.client.server()))?;
    let told = tokio::select! {
        told = tell(&server) => told,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Refused, "the demo was interrupted")),
    };
    server.stop().await?;
    told?;
    line("\nThe server is stopped and nothing of it is left. Start one that stays with `tiltyard server`.")
}

async fn tell(server: &Throwaway) -> Result<(), Failure> {
    Story::begin(server.client.clone()).await?.tell().await
}
