//! Networks that cut answers, hosts that say nothing, and replicas that are made to give up: what clients see of it.

use std::net::{SocketAddr, TcpListener as Silent};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use tiltyard_cluster::Cluster;
use tiltyard_domain::Timestamp;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_store::{Error, Observation, ObservedFile, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use super::{how_many_stores, open};
use crate::contract::models::{insert_model, insert_version};
use crate::contract::{permit, write};

/// Where the shared server is, in an address of a database.
fn place(uri: &str) -> &str {
    uri.rsplit_once('@').unwrap().1.split_once('/').unwrap().0
}

/// Stands between a store and its database, and hangs up once so many bytes of answers have passed.
struct Cutter {
    uri: String,
    left: Arc<AtomicI64>,
}

impl Cutter {
    async fn before(uri: &str) -> Self {
        let server: SocketAddr = place(uri).parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let counted = Arc::clone(&left);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&counted)));
            }
        });
        Self { uri: uri.replacen(place(uri), &own, 1), left }
    }

    fn cut_after(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, left: Arc<AtomicI64>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let (mut asks, mut asked) = client.split();
    let (mut answered, mut hears) = server.split();
    let there = copy(&mut asks, &mut hears);
    let back = async {
        let mut answer = vec![0; 4 * 1024];
        while let Ok(length @ 1..) = answered.read(&mut answer).await {
            let before = left.fetch_sub(i64::try_from(length).unwrap(), Ordering::SeqCst);
            if before < i64::try_from(length).unwrap() {
                left.store(i64::MAX, Ordering::SeqCst);
                break;
            }
            if asked.write_all(&answer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        _ = there => {}
        () = back => {}
    }
}

const FILES: usize = 5_000;

/// Makes a version of so many files that they take long to tell.
async fn with_many_files(store: &Store) -> i64 {
    let model = insert_model(store, "m").await.unwrap();
    let (version, _) = insert_version(store, model).await;
    let (seen, files) = seen_files(FILES);
    write(store, move |tx| {
        tx.insert_observation(version, "s3://bucket/m")?;
        tx.record_observation(version, &seen, &files)
    })
    .await;
    version
}

/// What may be seen of so many files.
pub(super) fn seen_files(count: usize) -> (Observation, Vec<(String, ObservedFile)>) {
    let seen = Observation {
        uri: "s3://bucket/m".to_owned(),
        looked: Some(Timestamp(1)),
        manifest_digest: Some("d".to_owned()),
        fault: None,
        checked: None,
        altered: None,
    };
    let file = |number: usize| {
        let sha256 = Sha256Digest::from_bytes([7; 32]);
        (format!("{number:05}"), ObservedFile { size_bytes: 3, sha256, mark: "1".to_owned() })
    };
    (seen, (0..count).map(file).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_is_not_shown_twice() {
    let network = Cutter::before(&Cluster::shared().database()).await;
    let store = open(&network.uri, 1).await;
    let version = with_many_files(&store).await;
    let permit = permit();
    let ask = || store.look(&permit, |read| read.observed_files(version, "", FILES));
    assert_eq!(ask().await.unwrap().len(), FILES);
    // Cut before anything came, it is asked for once more, and nobody notices.
    network.cut_after(0);
    assert_eq!(ask().await.unwrap().len(), FILES);
    network.cut_after(100_000);
    let cut = ask().await;
    assert!(matches!(cut, Err(Error::Unavailable(_))), "{:?}", cut.map(|files| files.len()));
    assert_eq!(ask().await.unwrap().len(), FILES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_says_nothing_keeps_nobody_from_the_next() {
    // Connections to it are taken by the system, and nobody answers.
    let silent = Silent::bind("127.0.0.1:0").unwrap();
    let uri = Cluster::shared().database();
    let both = format!("{},{}", silent.local_addr().unwrap(), place(&uri));
    let began = Instant::now();
    let store = open(&uri.replacen(place(&uri), &both, 1), 1).await;
    assert!(store.read(&permit(), how_many_stores).await.is_ok());
    assert!(began.elapsed() < Duration::from_secs(10), "who answered last is asked first");
}

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'";
const CANCEL: &str = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'";

/// A read that takes too long was asked too much; a change that does is not to blame.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_ended_may_be_asked_for_again() {
    let uri = Cluster::shared().database();
    let (holder, waiter) = (open(&uri, 1).await, open(&uri, 1).await);
    let (began, end) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (begins, ends) = (Arc::clone(&began), Arc::clone(&end));
    let holding = tokio::spawn(async move {
        write(&holder, move |tx| {
            tx.store_with_root("s3://held")?;
            begins.wait();
            ends.wait();
            Ok(())
        })
        .await;
    });
    tokio::task::block_in_place(|| began.wait());
    let waiting =
        tokio::spawn(async move { waiter.write(&permit(), |tx| tx.store_with_root("s3://a")).await });
    tokio::task::block_in_place(|| {
        super::opening::wait_for(&uri, WAITING, "1");
        assert_eq!(Cluster::shared().run(&uri, CANCEL), "1");
    });
    let ended = waiting.await.unwrap();
    assert!(matches!(ended, Err(Error::Crowded { .. })), "{ended:?}");
    tokio::task::block_in_place(|| end.wait());
    holding.await.unwrap();
}
