//! What is so about stores in a cloud alone, on an S3 server that checks signatures.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tiltyard_blobs::limits::{IN_MEMORY_SIZE_BYTES_MAX, PART_SIZE_BYTES};
use tiltyard_blobs::{BlobError, BlobKey, BlobStore, CloudStore, PartNumber, PlaceError};
use tiltyard_cluster::{BUCKET, S3Options, S3Server};

use crate::ground::{Ground, MemoryLedger, long_after, on_s3, opened, settings};
use crate::support::{NO_LIMIT, collect, content, fresh, key, pieces_of, sha256};

crate::contract::clauses!(on_s3().await);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_joined_stays_what_it_is() {
    nothing_changes_what_was_joined(on_s3().await).await;
}

/// What was joined lies under its key while it is read back, and some stores join anew when they are told to.
pub(crate) async fn nothing_changes_what_was_joined(ground: Ground) {
    let upload = ground.store.start_upload(fresh()).await.expect("open");
    let number = PartNumber::new(1).expect("a number");
    let send = async |content: &'static [u8]| {
        ground.other.receive_part(upload, number, pieces_of(content, 2), NO_LIMIT).await
    };
    let earlier = [send(b"earlier").await.expect("received")];
    let parts = [send(b"whole").await.expect("received")];
    let received = ground.store.complete(upload, &parts, NO_LIMIT).await.expect("complete");
    let late = send(b"late").await;
    assert!(matches!(late, Err(BlobError::UnknownUpload(_))), "{late:?}");
    let said = ground.other.complete(upload, &earlier, NO_LIMIT).await.expect_err("another list");
    assert!(said.to_string().contains("joined from another list"), "{said}");
    let again = ground.other.complete(upload, &parts, NO_LIMIT).await.expect("the same again");
    assert_eq!(again.sha256(), sha256(b"whole"));
    let placed = ground.store.place(received, &key("whole")).await.expect("placed");
    assert_eq!(ground.get(&placed).await.expect("there"), b"whole");
}

/// What is cleared away is cleared away by a task of its own; the test fails after long enough.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < patience, "still not so: {what}");
        tokio::task::yield_now().await;
    }
}

/// A stream of two parts and a little that then says nothing more.
fn stalled() -> tiltyard_blobs::ByteStream {
    pieces_of(&content(PART_SIZE_BYTES * 2 + 10), 100_000).chain(stream::pending()).boxed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_half_way_leaves_no_upload() {
    let server = S3Server::start(S3Options::default());
    let ledger = Arc::new(MemoryLedger::default());
    let store = opened(&settings(&server.place(), &server.variables()), &ledger).await.store;
    let receiving = store.clone();
    let task = tokio::spawn(async move { receiving.receive(stalled(), NO_LIMIT, fresh()).await.map(drop) });
    until("an upload is open", || server.open_uploads() == 1 && ledger.len() == 1).await;
    task.abort();
    until("no upload is open", || server.open_uploads() == 0 && ledger.len() == 0).await;
}

#[test]
fn what_a_process_that_died_left_half_way_is_swept_by_another() {
    let server = S3Server::start(S3Options::default());
    let ledger = Arc::new(MemoryLedger::default());
    let settings = settings(&server.place(), &server.variables());
    let dies = tokio::runtime::Runtime::new().expect("a runtime");
    let store = dies.block_on(opened(&settings, &ledger)).store;
    dies.spawn(async move { store.receive(stalled(), NO_LIMIT, fresh()).await.map(drop) });
    dies.block_on(until("an upload is open", || server.open_uploads() == 1 && ledger.len() == 1));
    dies.shutdown_background();
    let lives = tokio::runtime::Runtime::new().expect("a runtime");
    lives.block_on(async {
        let store = opened(&settings, &ledger).await.store;
        assert_eq!(server.open_uploads(), 1, "nobody has cleared it away");
        assert_eq!(store.sweep_uploads(long_after()).await.expect("swept"), 1);
    });
    assert_eq!((server.open_uploads(), ledger.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_and_those_with_long_keys_get_a_key_of_their_own() {
    let ground = on_s3().await;
    let content = content(PART_SIZE_BYTES + 1);
    let number = fresh();
    let received =
        ground.store.receive(pieces_of(&content, 70_000), NO_LIMIT, number).await.expect("received");
    let placed = ground.store.place(received, &key("wanted")).await.expect("placed");
    assert_eq!(placed, BlobKey::minted(number));
    assert!(ground.get(&placed).await.expect("there") == content);
    let long = vec!["x".repeat(101); 10].join("/");
    assert_ne!(ground.put(&long, b"with the folder of the store this is too long").await, key(&long));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bytes_that_nobody_places_are_taken_away() {
    let ground = on_s3().await;
    let received = ground.receive(&content(PART_SIZE_BYTES * 2)).await;
    assert_eq!(ground.keys().await.len(), 1);
    drop(received);
    let patience = Instant::now() + Duration::from_secs(20);
    while !ground.keys().await.is_empty() {
        assert!(Instant::now() < patience, "still there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_replaces_always_gets_keys_that_are_nobody_elses() {
    let server = S3Server::start(S3Options { replaces_always: true, ..S3Options::default() });
    let ledger = Arc::new(MemoryLedger::default());
    let opened = opened(&settings(&server.place(), &server.variables()), &ledger).await;
    assert!(opened.notices[0].contains("replaces objects"), "{:?}", opened.notices);
    let store = opened.store;
    let mut keys = Vec::new();
    for content in [b"one", b"two"] {
        let received = store.receive(pieces_of(content, 2), NO_LIMIT, fresh()).await.expect("received");
        keys.push(store.place(received, &key("model/data")).await.expect("placed"));
    }
    assert!(keys[0] != keys[1] && !keys.contains(&key("model/data")), "{keys:?}");
    let blob = store.read(&keys[0], None).await.expect("there");
    assert_eq!(collect(blob.bytes).await.expect("readable"), b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_store_from_being_used_is_said_plainly() {
    let server = S3Server::shared();
    let nowhere = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let nowhere = format!("http://{}", nowhere.expect("a port that nobody listens on"));
    for (place, variable, value, said, advised) in [
        ("s3://elsewhere/x", "", "", "no such bucket", "make the bucket"),
        (&server.place(), "AWS_SECRET_ACCESS_KEY", "wrong", "credentials are refused", "AWS_ACCESS_KEY_ID"),
        (&server.place(), "AWS_ACCESS_KEY_ID", "nobody", "credentials are refused", "AWS_ACCESS_KEY_ID"),
        (&server.place(), "AWS_ENDPOINT_URL", &nowhere, "cannot be used", "MLFLOW_S3_ENDPOINT_URL"),
        (&server.place(), "AWS_ENDPOINT_URL", "nonsense", "no address of a web server", "AWS_ACCESS_KEY_ID"),
        (&server.place(), "AWS_CA_BUNDLE", "/nowhere", "cannot be read", "AWS_ACCESS_KEY_ID"),
    ] {
        let mut variables = server.variables();
        variables.retain(|(name, _)| *name != variable);
        variables.push((variable, value.to_owned()));
        let opened = CloudStore::open(&settings(place, &variables), Arc::new(MemoryLedger::default())).await;
        let Err(fault) = opened else { panic!("{variable}: opened") };
        assert!(fault.to_string().contains(said), "{variable}: {fault}");
        assert!(fault.advice().contains(advised), "{variable}: {}", fault.advice());
        assert!(!fault.to_string().contains("tiltyard-secret"), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_a_folder_is_the_whole_bucket() {
    let server = S3Server::start(S3Options::default());
    let ledger = Arc::new(MemoryLedger::default());
    let store = opened(&settings(&format!("s3://{BUCKET}"), &server.variables()), &ledger).await.store;
    let received = store.receive(pieces_of(b"x", 1), NO_LIMIT, fresh()).await.expect("received");
    store.place(received, &key("1/run/MLmodel")).await.expect("placed");
    assert!(server.folder().join(BUCKET).join("1/run/MLmodel").is_file());
    let ground: Ground = Ground::of(Arc::new(store));
    assert_eq!(ground.keys().await, ["1/run/MLmodel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_that_has_sent_nothing_yet_keeps_nobody_waiting() {
    let ground = on_s3().await;
    let waiting = (0..=IN_MEMORY_SIZE_BYTES_MAX / PART_SIZE_BYTES).map(|_| {
        let store = Arc::clone(&ground.store);
        tokio::spawn(
            async move { store.receive(stream::pending().boxed(), NO_LIMIT, fresh()).await.map(drop) },
        )
    });
    let waiting: Vec<_> = waiting.collect();
    // They are all under way by the time that this one is done; before, they had all the memory between them.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ground.put("small", b"file").await, key("small"));
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_whose_last_answer_is_lost_is_there() {
    let server = S3Server::start(S3Options { loses_answers: true, ..S3Options::default() });
    let ledger = Arc::new(MemoryLedger::default());
    let store = opened(&settings(&server.place(), &server.variables()), &ledger).await.store;
    let whole = content(PART_SIZE_BYTES + 1);
    let received = store.receive(pieces_of(&whole, 70_000), NO_LIMIT, fresh()).await.expect("received");
    let placed = store.place(received, &key("whole")).await.expect("placed");
    let blob = store.read(&placed, None).await.expect("there");
    assert!(collect(blob.bytes).await.expect("readable") == whole);
}

/// How a connection ends under a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    /// The request is not heard.
    Before,
    /// It is heard, and its answer is lost.
    After,
}

/// Stands in front of a server. Once it is armed, it cuts the connection under the next request that creates something.
struct Cutter {
    url: String,
    is_armed: Arc<AtomicBool>,
}

impl Cutter {
    fn before(server: &str, cut: Cut) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let is_armed = Arc::new(AtomicBool::new(false));
        let armed = Arc::clone(&is_armed);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (server, armed) = (TcpStream::connect(&server).expect("the server"), Arc::clone(&armed));
                thread::spawn(move || carry(client, server, &armed, cut));
            }
        });
        Self { url, is_armed }
    }
}

fn carry(mut client: TcpStream, mut server: TcpStream, is_armed: &AtomicBool, cut: Cut) {
    let (mut answers, mut to_client) =
        (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
    let is_lost = Arc::new(AtomicBool::new(false));
    let loses = Arc::clone(&is_lost);
    let back = thread::spawn(move || {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = answers.read(&mut piece) {
            if loses.load(Ordering::SeqCst) || to_client.write_all(&piece[..length]).is_err() {
                break;
            }
        }
        drop(to_client.shutdown(Shutdown::Both));
    });
    let mut piece = vec![0; 4096];
    while let Ok(length @ 1..) = client.read(&mut piece) {
        let creates = piece[..length].to_ascii_lowercase().windows(13).any(|word| word == b"if-none-match");
        if creates && is_armed.swap(false, Ordering::SeqCst) {
            if cut == Cut::Before {
                break;
            }
            is_lost.store(true, Ordering::SeqCst);
        }
        if server.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    drop(server.shutdown(Shutdown::Both));
    // What was sent and not read makes the system say so, and not only that the end has come.
    drop(client);
    back.join().expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_placed_also_where_the_connection_ends_under_the_request() {
    let server = S3Server::shared();
    for cut in [Cut::Before, Cut::After] {
        for wanted in [key("a/path"), BlobKey::minted(fresh())] {
            let mut variables = server.variables();
            let endpoint =
                variables.iter_mut().find(|(name, _)| *name == "AWS_ENDPOINT_URL").expect("an endpoint");
            let cutter = Cutter::before(&endpoint.1, cut);
            endpoint.1.clone_from(&cutter.url);
            let ledger = Arc::new(MemoryLedger::default());
            let store = opened(&settings(&server.place(), &variables), &ledger).await.store;
            let whole = content(PART_SIZE_BYTES - 1);
            let received =
                store.receive(pieces_of(&whole, 70_000), NO_LIMIT, fresh()).await.expect("received");
            cutter.is_armed.store(true, Ordering::SeqCst);
            let placed = match store.place(received, &wanted).await {
                // What lies there now may be somebody else's.
                Err(PlaceError::Taken(received)) if cut == Cut::After && wanted == key("a/path") => {
                    store.place(received, &BlobKey::minted(fresh())).await
                }
                placed => placed,
            };
            assert!(!cutter.is_armed.load(Ordering::SeqCst), "{cut:?}: nothing was cut");
            let placed = placed.unwrap_or_else(|error| panic!("{cut:?} at {wanted}: {error}"));
            let blob = store.read(&placed, None).await.expect("there");
            assert!(collect(blob.bytes).await.expect("readable") == whole);
        }
    }
}
