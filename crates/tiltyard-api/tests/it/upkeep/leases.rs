//! Two replicas on one PostgreSQL database and one folder: a job is worked on by one of them at a time.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tiltyard_cluster::Cluster;
use tiltyard_domain::access::{self, Action};
use tiltyard_domain::{Identity, Permit, WorkspaceId};
use tiltyard_registry::jobs::{self, Collect, FindingKind, Job, Request, State, Went};
use tiltyard_registry::{Context, OwnStore, Settings};
use tiltyard_store::{PostgresAddress, PostgresPassword, PostgresSettings, Store};
use tiltyard_testkit::MovingClock;

use super::{HOUR_MS, YEARS_MS, keys};

/// More than one piece of work looks at.
const ORPHANS: usize = 1_200;

async fn replica(uri: &str, folder: &Path, clock: &Arc<MovingClock>) -> Context {
    let address = PostgresAddress::parse(uri).unwrap();
    let postgres = PostgresSettings { address, password: PostgresPassword::InAddress, connections_max: 4 };
    let store = Store::open_postgres(postgres).await.unwrap();
    let settings = Settings { own_store: Some(OwnStore::in_folder(folder).unwrap()), ..Settings::default() };
    Context::open(store, Arc::clone(clock) as _, settings).await.unwrap()
}

fn permit() -> Permit {
    access::decide(Identity::local(), Action::Maintain, WorkspaceId::DEFAULT).unwrap()
}

/// Two replicas, a folder of bytes that nothing refers to, and the wish that they be collected.
async fn yard() -> (Context, Context, TempDir, Arc<MovingClock>) {
    let (uri, folder) = (Cluster::shared().database(), TempDir::new().unwrap());
    let clock = Arc::new(MovingClock::new());
    clock.advance_ms(YEARS_MS);
    let (one, other) =
        (replica(&uri, folder.path(), &clock).await, replica(&uri, folder.path(), &clock).await);
    std::fs::create_dir(folder.path().join("0")).unwrap();
    for index in 0..ORPHANS {
        std::fs::write(folder.path().join(format!("0/{index:04}")), "x").unwrap();
    }
    let wanted = Collect { dry_run: false, grace_ms: HOUR_MS };
    jobs::ask(&one, &permit(), Request::Collect(wanted)).await.unwrap();
    (one, other, folder, clock)
}

async fn job(context: &Context) -> Job {
    jobs::get(context, &permit(), "gc").await.unwrap()
}

/// Every key was removed, and said to be once.
async fn check_all_removed(context: &Context, folder: &Path) {
    let job = job(context).await;
    assert_eq!((job.state, job.findings), (State::Done, i64::try_from(ORPHANS).unwrap()));
    assert!(keys(folder).is_empty());
    let (mut after, mut removed) = (0, Vec::new());
    loop {
        let page = jobs::findings(context, &permit(), "gc", after).await.unwrap();
        assert!(page.findings.iter().all(|finding| finding.kind == FindingKind::Removed));
        removed.extend(page.findings.into_iter().map(|finding| finding.key));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    removed.sort();
    removed.dedup();
    assert_eq!(removed.len(), ORPHANS);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_its_holder_dies_another_replica_goes_on_where_it_was() {
    let (one, other, folder, clock) = yard().await;
    let mut worker = jobs::take_up(&one).await.unwrap().unwrap();
    assert!(jobs::take_up(&other).await.unwrap().is_none(), "one of them has it");
    // The first two pieces look for what an earlier crash left, the third at keys.
    for _ in 0..3 {
        assert_eq!(worker.go_on().await.unwrap(), Went::On);
    }
    drop(worker);
    let left = keys(folder.path()).len();
    assert!(left < ORPHANS && left > 0, "{left}");
    assert!(!jobs::work(&other).await.unwrap(), "the lease has not ended");
    clock.advance_ms(2 * 60_000);
    assert_eq!(job(&other).await.state, State::Waiting);
    assert!(jobs::work(&other).await.unwrap());
    check_all_removed(&other, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_lease_writes_nothing_more() {
    let (one, other, folder, clock) = yard().await;
    let mut slow = jobs::take_up(&one).await.unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(slow.go_on().await.unwrap(), Went::On);
    }
    clock.advance_ms(2 * 60_000);
    let mut quick = jobs::take_up(&other).await.unwrap().unwrap();
    let left = keys(folder.path());
    assert_eq!(slow.go_on().await.unwrap(), Went::Lost);
    assert_eq!(keys(folder.path()), left, "it removed nothing either");
    while quick.go_on().await.unwrap() == Went::On {}
    check_all_removed(&one, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_renewed_by_every_piece() {
    let (one, other, folder, clock) = yard().await;
    let mut worker = jobs::take_up(&one).await.unwrap().unwrap();
    loop {
        clock.advance_ms(40_000);
        assert!(jobs::take_up(&other).await.unwrap().is_none());
        if worker.go_on().await.unwrap() == Went::ToTheEnd {
            break;
        }
    }
    check_all_removed(&other, folder.path()).await;
}
