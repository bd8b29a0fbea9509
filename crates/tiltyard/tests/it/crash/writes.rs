//! Kill -9 while files are written, most of them over others. A file gets its place first and its row afterwards: a crash
//! in between may leave bytes that nothing refers to, but no row without bytes, and nobody ever reads a half.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tiltyard_testkit::Http;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::audit;
use super::check::url;
use super::database::Database;
use super::ledger::Content;
use super::numbers::Numbers;
use crate::served::Served;

const WRITERS: u64 = 12;
/// Few, so that most files are written over others.
const PATHS_PER_WRITER: u64 = 3;
const FILE_BYTES: Range<u64> = 0..40_000;
/// Answers after which a round's server is killed.
const ANSWERS: Range<u64> = 10..120;
/// Rounds after the wanted ones, in which a kill must have come between a file and its row, or this proves nothing.
const ROUNDS_MORE_MAX: u64 = 60;

/// What a path was told to hold.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    acknowledged: Option<Content>,
    /// What was sent since, and may have come through.
    asked: Option<Content>,
}

type Book = BTreeMap<String, Written>;

/// Goes on for so many rounds, and until a kill has come between a file and its row.
pub(super) async fn kill_again_and_again(rounds: u64, seed: u64) {
    println!("kill -9 between a file and its row: {rounds} rounds with seed {seed}");
    let folder = TempDir::new().unwrap();
    let (mut numbers, mut book) = (Numbers::new(seed), Book::default());
    for round in 0.. {
        let server = Served::start(folder.path());
        audit::whole(folder.path(), &Database::File);
        settle(&server, &mut book).await;
        let left_over = audit::files_without_rows(folder.path());
        if round >= rounds && left_over > 0 {
            println!("{round} kills left {left_over} files without rows, and no row without its file");
            return;
        }
        assert!(round < rounds + ROUNDS_MORE_MAX, "in {round} kills none came between a file and its row");
        book = write_until_killed(server, book, &mut numbers).await;
    }
}

/// Reads every path: it holds what was acknowledged last, or whole what was sent since.
async fn settle(http: &Http, book: &mut Book) {
    for (path, written) in book {
        let answer = http.client.get(url(http, path)).send().await.unwrap();
        let found = if answer.status() == 404 { None } else { Some(answer.bytes().await.unwrap()) };
        let is =
            |content: &Content| found.as_ref().is_some_and(|found| digest(found) == digest(&content.bytes()));
        let holds = [written.acknowledged, written.asked].into_iter().flatten().find(is);
        let was_there = written.acknowledged.is_some() || found.is_some();
        assert!(holds.is_some() || !was_there, "{path} holds neither of {written:?}");
        *written = Written { acknowledged: holds, asked: None };
    }
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Writes from many clients until so many answers have come, and kills the server while more is under way.
async fn write_until_killed(server: Served, book: Book, numbers: &mut Numbers) -> Book {
    let shared = Arc::new(Mutex::new(book));
    let (answered, mut answers) = mpsc::unbounded_channel();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let numbers = Numbers::new(numbers.next());
        writers.spawn(write(server.http(), Arc::clone(&shared), writer, numbers, answered.clone()));
    }
    for _ in 0..numbers.within(ANSWERS) {
        answers.recv().await.unwrap();
    }
    let log = tokio::task::spawn_blocking(|| server.kill()).await.unwrap();
    writers.join_all().await;
    assert!(!log.contains("ERROR"), "{log}");
    std::mem::take(&mut *shared.lock().unwrap())
}

async fn write(
    http: Http,
    book: Arc<Mutex<Book>>,
    writer: u64,
    mut numbers: Numbers,
    answered: mpsc::UnboundedSender<()>,
) {
    loop {
        let path = format!("writes/{writer}/{}.bin", numbers.within(0..PATHS_PER_WRITER));
        let content = Content { seed: numbers.next(), size_bytes: numbers.within(FILE_BYTES) };
        book.lock().unwrap().entry(path.clone()).or_default().asked = Some(content);
        let Ok(answer) = http.client.put(url(&http, &path)).body(content.bytes()).send().await else {
            return;
        };
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        book.lock().unwrap().insert(path, Written { acknowledged: Some(content), asked: None });
        if answered.send(()).is_err() {
            return;
        }
    }
}
