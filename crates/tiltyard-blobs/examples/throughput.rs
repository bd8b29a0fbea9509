//! Streams bytes through a local store and prints what that costs: processor time per MiB, in and out, and
//! the memory it took. Processor time is steadier than seconds on a machine that does other things too.
//!
//! `cargo run --release --example throughput -- [FOLDER] [MiB] [FILE OF SEALING KEYS]`

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tiltyard_blobs::{BlobKey, BlobStore, ByteStream, LocalStore, SealingKeys};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// About what an HTTP server hands on at a time.
const PIECE_SIZE_BYTES: usize = 64 * 1024;
const PIECES_PER_MIB: usize = (1 << 20) / PIECE_SIZE_BYTES;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder =
        arguments.next().map_or_else(|| std::env::temp_dir().join("tiltyard-throughput"), PathBuf::from);
    let size_mib: usize = arguments.next().map_or(Ok(256), |text| text.parse())?;
    let store = match arguments.next() {
        None => LocalStore::open(&folder)?,
        Some(file) => LocalStore::open_sealed(&folder, SealingKeys::read(Path::new(&file))?)?,
    };
    for round in 0..3 {
        let key = BlobKey::minted(round);
        let received = measure("in", size_mib, store.receive(pieces(size_mib), u64::MAX, round)).await?;
        store.place(received, &key).await?;
        let blob = store.read(&key, None).await?;
        measure("out", size_mib, blob.bytes.try_fold(0, |sum, piece| async move { Ok(sum + piece.len()) }))
            .await?;
        store.remove(&key).await?;
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// Each piece is memory of its own, as it would be coming from a socket.
fn pieces(size_mib: usize) -> ByteStream {
    let count = size_mib * PIECES_PER_MIB;
    stream::iter((0..count).map(|number| Ok(Bytes::from(vec![number.to_le_bytes()[0]; PIECE_SIZE_BYTES]))))
        .boxed()
}

async fn measure<T, E: Error + 'static>(
    direction: &str,
    size_mib: usize,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Box<dyn Error>> {
    let (clock, before) = (Instant::now(), processor_ticks()?);
    let outcome = work.await?;
    let ticks = processor_ticks()? - before;
    let elapsed_ms = clock.elapsed().as_millis();
    // A tick is a hundredth of a second, wherever Linux runs today.
    let per_mib_us = ticks * 10_000 / size_mib.max(1);
    println!(
        "{direction:>3}: {per_mib_us} µs of processor per MiB, {elapsed_ms} ms in all, {}",
        peak_memory()?
    );
    Ok(outcome)
}

/// User and system time of this process so far.
fn processor_ticks() -> Result<usize, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let times = after_name.split_whitespace().skip(11).take(2).map(str::parse::<usize>);
    Ok(times.sum::<Result<usize, _>>()?)
}

fn peak_memory() -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(format!("at most {} resident", line.unwrap_or("?").trim()))
}
