//! A job is asked for. Whoever works on it is told; the answer does not wait for the work.

use tiltyard_domain::{Permit, Refusal, RefusalKind, Timestamp};
use tiltyard_store::Tx;

use super::lease::broken;
use super::places::Destinations;
use super::progress::Progress;
use super::request::{Relocate, Request, names};
use super::watch::{Job, get};
use crate::limits::GRACE_MS_MAX;
use crate::{Context, Error};

/// Asks for a job. When the same is under way already, it is the answer.
///
/// # Errors
/// `InvalidValue` for a place that the server does not know, and for times beyond all bounds; `WrongState` while another job
/// of the name is under way; `Unsupported` when this server serves no artifacts.
pub async fn ask(context: &Context, permit: &Permit, request: Request) -> Result<Job, Error> {
    let name = request.name();
    if !names(context).contains(&name) {
        context.check_artifacts()?;
    }
    check(&request)?;
    let wish = Wish::new(context, permit, &request)?;
    let apply = move |tx: &mut Tx<'_>| {
        if wish.put(tx)? {
            return Ok(());
        }
        match tx.job(name)? {
            Some(job) if job.request == wish.request => Ok(()),
            _ => Err(under_way(name)),
        }
    };
    context.store().write(permit, apply).await?;
    context.tell_of_job();
    get(context, permit, name).await
}

/// A request as it is written down, with who asks and when.
pub(super) struct Wish {
    name: &'static str,
    request: String,
    start: String,
    by: String,
    now: Timestamp,
}

impl Wish {
    pub(super) fn new(context: &Context, permit: &Permit, request: &Request) -> Result<Self, Error> {
        Ok(Self {
            name: request.name(),
            request: serde_json::to_string(request).map_err(broken)?,
            start: serde_json::to_string(&Progress::default()).map_err(broken)?,
            by: permit.identity().name.clone(),
            now: context.now(),
        })
    }

    /// Writes it down. False while a job of the name is under way.
    pub(super) fn put(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        Ok(tx.ask_for_job(self.name, &self.request, &self.by, &self.start, self.now)?)
    }
}

fn under_way(name: &str) -> Error {
    let message = format!("Another '{name}' is under way, with other wishes. Wait until it has ended.");
    Refusal::new(RefusalKind::WrongState, message).into()
}

fn check(request: &Request) -> Result<(), Error> {
    let grace_ms = match request {
        Request::Collect(collect) => collect.grace_ms,
        Request::Check(check) => check.grace_ms,
        Request::Purge(purge) => purge.older_than_ms,
        Request::Relocate(_) | Request::Look => return Ok(()),
    };
    if (0..=GRACE_MS_MAX).contains(&grace_ms) {
        return Ok(());
    }
    Err(Error::invalid(format!("The time must be 0 to {} seconds.", GRACE_MS_MAX / 1_000)))
}

impl Relocate {
    /// Settles where to.
    ///
    /// # Errors
    /// `InvalidValue` for a place that the server does not know: it writes nowhere that only a client has named.
    pub async fn new(
        context: &Context,
        permit: &Permit,
        to: String,
        remove_source: bool,
    ) -> Result<Self, Error> {
        let known = Destinations::all(context, permit).await?;
        // A server is told of it with or without a slash at its end.
        let to = to.trim_end_matches('/').to_owned();
        if let Some(id) = known.at(&to) {
            return Ok(Self { to, id: id.0, remove_source });
        }
        let known: Vec<_> = known.texts().map(|destination| format!("'{destination}'")).collect();
        Err(Error::invalid(format!(
            "This server keeps no bytes in '{to}', but in {}. Start it with --artifacts-destination '{to}' first: it goes \
             on serving older bytes from where they are.",
            known.join(", ")
        )))
    }
}
