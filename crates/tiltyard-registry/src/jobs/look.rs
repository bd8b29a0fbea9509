//! Versions whose files lie where clients write by themselves are looked at, one after the other, by one replica at a time.
//! What is seen there, and how it is compared later, stands in `artifacts/observing.rs`.

use tiltyard_domain::{Identity, Permit, WorkspaceId, access};

use super::ask::Wish;
use super::lease::Stop;
use super::progress::{Piece, Progress};
use super::request::Request;
use crate::{Context, Error, artifacts};

/// Asks for the job where somebody has registered such a version since the last time. While another one is under way, which
/// may have ended its search already, or while the store is away, the wish stays, and wakes nobody.
pub(super) async fn ask_if_wanted(context: &Context) {
    if !context.take_wish_to_look() {
        return;
    }
    let asked = ask(context).await;
    if let Err(failure) = &asked {
        tracing::warn!(%failure, "what clients write by themselves could not be looked at");
    }
    if !matches!(asked, Ok(true)) {
        context.keep_wish_to_look();
    }
}

/// Says whether the wish has been met.
async fn ask(context: &Context) -> Result<bool, Error> {
    let permit = access::decide(Identity::local(), access::Action::Maintain, WorkspaceId::DEFAULT)?;
    if artifacts::next_to_look_at(context, &permit, 0).await?.is_none() {
        return Ok(true);
    }
    let wish = Wish::new(context, &permit, &Request::Look)?;
    context.store().write(&permit, move |tx| wish.put(tx)).await
}

pub(super) async fn piece(context: &Context, permit: &Permit, mut progress: Progress) -> Result<Piece, Stop> {
    let Some(version) = artifacts::next_to_look_at(context, permit, progress.number).await? else {
        return Ok(progress.piece(Vec::new(), true));
    };
    progress.behind(version, "");
    // One that cannot be read must not keep the others waiting. It is tried again by the next job.
    match artifacts::look(context, permit, version).await {
        Ok(()) => progress.count("versions_looked_at", 1),
        Err(failure) => {
            tracing::warn!(%failure, version, "the files of a version could not be looked at");
            progress.count("versions_unreadable", 1);
        }
    }
    Ok(progress.piece(Vec::new(), false))
}
