//! Jobs are taken up and worked on, a piece after the other, with the lease renewed meanwhile.

use std::pin::pin;
use std::time::{Duration, Instant};

use tiltyard_domain::{Identity, Permit, RefusalKind, WorkspaceId, access};
use tiltyard_store::JobRow;

use super::lease::{Lease, Stop, broken, lease_until};
use super::progress::{Piece, Progress};
use super::request::{Request, names};
use super::{check, collect, look, purge, relocate};
use crate::limits::{FINDINGS_FORGOTTEN_MAX, LEASE_MS};
use crate::{Context, Error, artifacts};

/// How often a replica looks whether a job waits that another replica was asked for, or that nobody holds any more.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often abandoned uploads are looked for. Several replicas may do so at once; it does no harm.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Works on jobs until told to stop. What was begun then goes on elsewhere, or here after a restart.
pub async fn keep_working(context: Context, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let mut swept: Option<Instant> = None;
    loop {
        let working = async {
            if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
                swept = Some(Instant::now());
                sweep_uploads(&context).await;
            }
            // With a job done another may wait.
            while work(&context).await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "no job could be taken up");
                false
            }) {}
            // Nobody needs to know whether somebody asked or the time was up.
            let _ = tokio::time::timeout(LOOK_EVERY, context.job_asked()).await;
        };
        tokio::select! {
            () = &mut stop => return,
            () = working => {}
        }
    }
}

/// Gives up uploads in parts that nobody came back for.
async fn sweep_uploads(context: &Context) {
    if !context.serves_artifacts() {
        return;
    }
    match artifacts::sweep_uploads(context).await {
        Ok(0) => {}
        Ok(given_up) => tracing::info!(given_up, "abandoned uploads were given up"),
        Err(failure) => tracing::warn!(%failure, "abandoned uploads could not be looked for"),
    }
}

/// Takes up a job that nobody holds and works on it until it ends or is lost. Says whether there was one.
///
/// # Errors
/// What the store said. What goes wrong with the job itself is written down with it.
pub async fn work(context: &Context) -> Result<bool, Error> {
    look::ask_if_wanted(context).await;
    let Some(mut worker) = take_up(context).await? else { return Ok(false) };
    let name = worker.lease.name.clone();
    loop {
        match worker.go_on().await {
            Ok(Went::On) => {}
            Ok(Went::ToTheEnd) => tracing::info!(job = name, "a job is done"),
            Ok(Went::Lost) => tracing::warn!(job = name, "a job was taken over by another replica"),
            // Whatever is not there now may be there later, also what writes down how a job ends. When the lease ends, somebody
            // goes on.
            Err(failure) if is_busy(&failure) => {
                tracing::warn!(job = name, %failure, "a job rests until its lease ends");
            }
            Err(failure) => worker.give_up(&failure).await,
        }
        if !matches!(worker.went, Some(Went::On)) {
            return Ok(true);
        }
    }
}

/// Whether the same may work later.
fn is_busy(failure: &Error) -> bool {
    match failure {
        Error::Busy(_) | Error::Unavailable(_) => true,
        Error::Refused(refusal) => refusal.kind == RefusalKind::Busy,
        _ => false,
    }
}

/// How a piece of work went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// There is more.
    On,
    /// The job is done.
    ToTheEnd,
    /// Somebody else has the job now; nothing of the piece was written down.
    Lost,
}

/// Somebody who holds a job.
pub struct Worker {
    context: Context,
    permit: Permit,
    lease: Lease,
    request: Request,
    progress: Progress,
    went: Option<Went>,
}

/// Takes up a job that nobody holds, if there is one.
///
/// # Errors
/// What the store said.
pub async fn take_up(context: &Context) -> Result<Option<Worker>, Error> {
    let names = names(context);
    let permit = access::decide(Identity::local(), access::Action::Maintain, WorkspaceId::DEFAULT)?;
    let now = context.now();
    if !context.store().read(&permit, |read| Ok::<_, Error>(read.is_job_free(&names, now)?)).await? {
        return Ok(None);
    }
    let holder = context.fresh_id();
    let claim = context
        .store()
        .write(&permit, move |tx| Ok::<_, Error>(tx.claim_job(&names, &holder, now, lease_until(now))?));
    claim.await?.map(|job| Worker::new(context, permit, &job)).transpose()
}

impl Worker {
    fn new(context: &Context, permit: Permit, job: &JobRow) -> Result<Self, Error> {
        Ok(Self {
            context: context.clone(),
            permit,
            lease: Lease::of(job),
            request: serde_json::from_str(&job.request).map_err(broken)?,
            progress: serde_json::from_str(&job.progress).map_err(broken)?,
            went: None,
        })
    }

    /// Does one piece of work and writes down how far the job has come.
    ///
    /// # Errors
    /// What failed.
    pub async fn go_on(&mut self) -> Result<Went, Error> {
        let went = match self.one_piece().await {
            Ok(went) => Ok(went),
            Err(Stop::Lost) => Ok(Went::Lost),
            Err(Stop::Failed(failure)) => Err(failure),
        };
        self.went = went.as_ref().ok().copied();
        went
    }

    async fn one_piece(&mut self) -> Result<Went, Stop> {
        if self.went.is_none() {
            self.forget_findings().await?;
        }
        let piece = self.while_held(self.piece()).await?;
        self.lease.note(&self.context, &self.permit, &piece, None).await?;
        self.progress = piece.progress;
        Ok(if piece.is_last { Went::ToTheEnd } else { Went::On })
    }

    async fn piece(&self) -> Result<Piece, Stop> {
        let (context, permit, lease) = (&self.context, &self.permit, &self.lease);
        let progress = self.progress.clone();
        match &self.request {
            Request::Collect(wanted) => collect::piece(context, permit, lease, wanted, progress).await,
            Request::Check(wanted) => check::piece(context, permit, wanted, progress).await,
            Request::Relocate(wanted) => relocate::piece(context, permit, lease, wanted, progress).await,
            Request::Purge(wanted) => purge::piece(context, permit, lease, wanted, progress).await,
            Request::Look => look::piece(context, permit, progress).await,
        }
    }

    /// Renews the lease as long as a piece takes. The piece is dropped as soon as the job is lost.
    async fn while_held(&self, piece: impl Future<Output = Result<Piece, Stop>>) -> Result<Piece, Stop> {
        let mut piece = Box::pin(piece);
        let third = Duration::from_millis(u64::try_from(LEASE_MS / 3).unwrap_or(1));
        loop {
            match tokio::time::timeout(third, &mut piece).await {
                Ok(done) => return done,
                Err(_) => self.lease.renew(&self.context, &self.permit).await?,
            }
        }
    }

    /// Forgets what earlier jobs of the name found.
    async fn forget_findings(&self) -> Result<(), Stop> {
        loop {
            let (lease, now) = (self.lease.clone(), self.context.now());
            let forgotten = self.context.store().write(&self.permit, move |tx| {
                lease.hold(tx, now)?;
                Ok::<_, Stop>(tx.forget_findings(&lease.name, lease.number, FINDINGS_FORGOTTEN_MAX)?)
            });
            if forgotten.await? < FINDINGS_FORGOTTEN_MAX {
                return Ok(());
            }
        }
    }

    /// Ends a job that cannot go on. What had been written down by then stays.
    async fn give_up(&self, failure: &Error) {
        let job = self.lease.name.as_str();
        tracing::warn!(job, %failure, "a job failed");
        let piece = Piece { progress: self.progress.clone(), found: Vec::new(), is_last: true };
        if let Err(stop) =
            self.lease.note(&self.context, &self.permit, &piece, Some(failure.to_string())).await
        {
            tracing::warn!(job, ?stop, "that a job failed could not be written down");
        }
    }
}
