//! A large file up and down through the artifact proxy, watching memory and temporary files meanwhile.
//! Small artifacts are not measured: there the request costs more than the bytes.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use crate::{
    bare,
    contender::Contender,
    failure::{Failure, Outcome},
    options::Options,
    requests,
    scratch::bytes_below,
    server::Kind,
};

const WATCH_EVERY: Duration = Duration::from_millis(20);

/// One direction of one transfer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer {
    /// From first byte to answer, or to last byte.
    pub(crate) wall: Duration,
    /// CPU time of the server, its idle use taken off.
    pub(crate) cpu: Duration,
    /// How much more memory was resident at the peak than before.
    pub(crate) memory_growth_bytes: u64,
    /// Most bytes seen in the server's temporary folder.
    pub(crate) temporary_bytes: u64,
}

/// All transfers of a contender.
#[derive(Debug)]
pub(crate) struct Transfers {
    /// Which contender.
    pub(crate) kind: Kind,
    /// Size of the file.
    pub(crate) bytes: u64,
    /// One per round.
    pub(crate) up: Vec<Transfer>,
    /// One per round.
    pub(crate) down: Vec<Transfer>,
}

/// Moves the file through every contender in every round.
pub(crate) async fn measure(options: &Options, contenders: &[&Contender]) -> Outcome<Vec<Transfers>> {
    let bytes = options.sizes().artifact_bytes;
    let empty = |contender: &&Contender| Transfers {
        kind: contender.kind(),
        bytes,
        up: Vec::new(),
        down: Vec::new(),
    };
    let mut all: Vec<Transfers> = contenders.iter().map(empty).collect();
    for round in 0..options.rounds() {
        crate::say(&format!("artifacts, round {}", round + 1));
        for (contender, transfers) in contenders.iter().zip(&mut all) {
            let path = path(contender, bytes, round);
            transfers.up.push(upload(contender, &path, bytes).await?);
            transfers.down.push(download(contender, &path, bytes).await?);
        }
    }
    Ok(all)
}

fn path(contender: &Contender, bytes: u64, round: u32) -> String {
    if contender.kind() == Kind::Bare {
        return format!("{}/{bytes}", bare::BYTES_PATH);
    }
    let content = &contender.content;
    let run = content.write_runs.first().map_or("", String::as_str);
    requests::artifact_path(&content.written_experiment, run, &format!("weights-{round}.bin"))
}

async fn upload(contender: &Contender, path: &str, bytes: u64) -> Outcome<Transfer> {
    let mut connection = contender.connect().await?;
    watched(contender, connection.upload(path, bytes)).await
}

async fn download(contender: &Contender, path: &str, bytes: u64) -> Outcome<Transfer> {
    let mut connection = contender.connect().await?;
    let checked = async {
        let received = connection.download(path).await?;
        if received == bytes {
            return Ok(());
        }
        Err(Failure::new(format!("{} sent {received} bytes of {bytes}", contender.kind().name())))
    };
    watched(contender, checked).await
}

async fn watched(contender: &Contender, work: impl Future<Output = Outcome<()>>) -> Outcome<Transfer> {
    let temporary = contender.server.recipe.temporary();
    let before = contender.server.usage()?;
    let start = Instant::now();
    let mut work = pin!(work);
    let mut watch = tokio::time::interval(WATCH_EVERY);
    let (mut peak_bytes, mut temporary_bytes) = (before.resident_bytes, 0);
    loop {
        tokio::select! {
            done = &mut work => break done?,
            _ = watch.tick() => {
                peak_bytes = peak_bytes.max(contender.server.usage()?.resident_bytes);
                temporary_bytes = temporary_bytes.max(bytes_below(&temporary));
            }
        }
    }
    let wall = start.elapsed();
    let cpu = contender.cpu_since(before.cpu, wall)?;
    let memory_growth_bytes = peak_bytes - before.resident_bytes;
    Ok(Transfer { wall, cpu, memory_growth_bytes, temporary_bytes })
}
