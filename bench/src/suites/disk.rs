//! Bytes a metric point takes in the database: the same points are logged to both servers, on stores of their own.
//! Pages in use are counted through `SQLite` itself, write-ahead log included, so no vacuum or checkpoint blurs it.

use std::path::Path;

use futures_util::future::try_join_all;
use rusqlite::OpenFlags;

use crate::{
    client::Connection,
    failure::{During as _, Outcome},
    options::Options,
    requests::{self, Point},
    scratch::Scratch,
    seed::rest::{self, Target},
    server::{Kind, Recipe, Server},
};

const RUNS: usize = 4;
const METRICS: usize = 10;
const STEPS_PER_BATCH: usize = 100;
/// A step takes about this long in the training that is imitated.
const STEP_MILLIS: i64 = 730;

/// Size of a store before and after.
#[derive(Debug)]
pub(crate) struct Disk {
    /// Which contender.
    pub(crate) kind: Kind,
    /// Points logged.
    pub(crate) points: u64,
    /// Growth of the database.
    pub(crate) bytes: u64,
}

/// Logs the points to every contender that stores anything.
pub(crate) async fn measure(
    options: &Options,
    recipes: &[Recipe],
    scratch: &Scratch,
    client_version: &str,
) -> Outcome<Vec<Disk>> {
    let mut disks = Vec::new();
    for recipe in recipes.iter().filter(|recipe| recipe.kind != Kind::Bare) {
        crate::say(&format!("metric points on disk, {}", recipe.kind.name()));
        let folder = scratch.folder(&format!("disk-{}", recipe.kind.name()))?;
        let server = Server::start(recipe.in_folder(folder)).await?;
        disks.push(fill(&server, options.sizes().metric_points, client_version).await?);
        server.stop().await?;
    }
    Ok(disks)
}

async fn fill(server: &Server, points: usize, client_version: &str) -> Outcome<Disk> {
    let target = Target { address: server.address, client_version };
    let start_millis = crate::machine::now_millis()?;
    let content = rest::lay_ground(target, start_millis).await?;
    let database = server.recipe.database();
    let before = bytes_in_use(&database)?;
    let batches = points / (RUNS * METRICS * STEPS_PER_BATCH);
    let runs = content.write_runs.iter().take(RUNS);
    try_join_all(runs.map(|run| log_run(target, run, batches, start_millis))).await?;
    let bytes = bytes_in_use(&database)?.saturating_sub(before);
    let points = (RUNS * batches * METRICS * STEPS_PER_BATCH) as u64;
    Ok(Disk { kind: server.recipe.kind, points, bytes })
}

async fn log_run(target: Target<'_>, run: &str, batches: usize, start_millis: i64) -> Outcome<()> {
    let mut connection = Connection::open(target.address, target.client_version).await?;
    for batch in 0..batches {
        let steps = batch * STEPS_PER_BATCH..(batch + 1) * STEPS_PER_BATCH;
        let points: Vec<Point> = steps.flat_map(|step| points_of_step(step, start_millis)).collect();
        connection.expect(requests::log_batch(run, &points, &[])).await?;
    }
    Ok(())
}

/// Values with all their digits, as real losses have, and times that do not tick evenly.
fn points_of_step(step: usize, start_millis: i64) -> impl Iterator<Item = Point> {
    let time = start_millis + i64::try_from(step).unwrap_or_default() * STEP_MILLIS + jitter(step);
    (0..METRICS).map(move |metric| Point {
        key: format!("metric_{metric}"),
        value: crate::stats::float((step * METRICS + metric) as u64).sqrt().fract(),
        time,
        step: step as u64,
    })
}

fn jitter(step: usize) -> i64 {
    i64::try_from(step * 7_919 % 41).unwrap_or_default()
}

/// Pages that hold something, times their size.
fn bytes_in_use(database: &Path) -> Outcome<u64> {
    let connection = rusqlite::Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .during("opening a database to count its pages")?;
    let pragma = |name: &str| {
        let value: rusqlite::Result<i64> = connection.pragma_query_value(None, name, |row| row.get(0));
        u64::try_from(value.during(format!("reading {name}"))?).during(format!("reading {name}"))
    };
    Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
}
