//! The same requests to a small store and to a large one, on each engine, interleaved; and to MLflow's server on the same
//! PostgreSQL. How the stores come about is in `stores`, how a seat is measured in `seat`.

mod seat;
mod stores;
mod twins;

use crate::{
    failure::Outcome,
    machine::Machine,
    options::{Absent, Options, Sizes},
    scenario::{OF_LARGE_MODEL, READS, SEARCH_RUNS, Scenario, WRITES},
    scratch::Scratch,
    seed::scale::{FEW_VERSIONS, Size},
    server::Kind,
    suites::artifacts::{self, Transfers},
};
pub(crate) use seat::{Cell, Engine, Measured, Place, Seat};
use stores::Prepared;

/// Runs of the small stores.
const SMALL_RUNS: usize = 2_000;
/// Models of the small stores.
const SMALL_MODELS: usize = 200;
/// Connections of every workload but the search, which is alone.
const CONNECTIONS: usize = 16;

/// Everything the suite found out.
#[derive(Debug)]
pub(crate) struct Results {
    /// Where and when.
    pub(crate) machine: Machine,
    /// Versions of the programs, PostgreSQL among them, and how that is set.
    pub(crate) versions: Vec<String>,
    /// How PostgreSQL is set where that is not its default.
    pub(crate) settings: Vec<String>,
    /// The stores.
    pub(crate) stores: Vec<StoreFacts>,
    /// Requests, in order.
    pub(crate) cells: Vec<Cell>,
    /// Large files, by seat.
    pub(crate) transfers: Vec<(Place, Transfers)>,
    /// The most memory each server ever had.
    pub(crate) peaks: Vec<(Place, u64)>,
}

/// What a store holds and took.
#[derive(Debug, Clone)]
pub(crate) struct StoreFacts {
    /// Whose it is.
    pub(crate) place: Place,
    /// How large it is.
    pub(crate) size: Size,
    /// Seconds that seeding took; none where it was there already.
    pub(crate) seconds: Option<f64>,
    /// Bytes on disk.
    pub(crate) bytes: u64,
}

/// Sizes of the large store of a server.
pub(crate) fn large(options: &Options, kind: Kind) -> Size {
    let scale = &options.scale;
    let runs = if kind == Kind::Mlflow { scale.mlflow_runs } else { scale.runs };
    if options.quick {
        return Size { runs: 400, models: 70, versions: 400 };
    }
    Size { runs, models: scale.models, versions: scale.versions }
}

/// Sizes of the small stores.
pub(crate) fn small(options: &Options) -> Size {
    let (runs, models) = if options.quick { (40, 64) } else { (SMALL_RUNS, SMALL_MODELS) };
    Size { runs, models, versions: FEW_VERSIONS }
}

/// Seeds, compares the ways to seed, and measures.
pub(crate) async fn run(options: &Options) -> Outcome<Results> {
    // Declared first, so that they go last, after the servers that write into them.
    let scratch = Scratch::new()?;
    let ground = stores::Ground::lay(options, &scratch)?;
    let mut results = Results {
        machine: Machine::look()?,
        versions: ground.versions()?,
        settings: ground.settings()?,
        stores: Vec::new(),
        cells: Vec::new(),
        transfers: Vec::new(),
        peaks: Vec::new(),
    };
    twins::compare(&ground).await?;
    let mut prepared = Vec::new();
    for place in ground.places() {
        if options.scale.only_seed && !place.is_large {
            continue;
        }
        let store = stores::prepare(&ground, place).await?;
        results.stores.push(store.facts.clone());
        prepared.push(store);
    }
    if !options.scale.only_seed {
        measure(options, &ground, prepared, &mut results).await?;
    }
    Ok(results)
}

async fn measure(
    options: &Options,
    ground: &stores::Ground<'_>,
    prepared: Vec<Prepared>,
    results: &mut Results,
) -> Outcome<()> {
    let mut seats = Vec::new();
    for store in prepared {
        seats.push(Seat::take(store, options.sizes(), &ground.client_version).await?);
    }
    let mut field = seat::Field::new(options, ground.postmaster, seats).await?;
    let wanted = |scenario: &&Scenario| scenario.name.contains(&options.scale.only);
    let (last, reads) = (OF_LARGE_MODEL.len() - 2, std::iter::once(&SEARCH_RUNS).chain(&READS));
    for scenario in reads.chain(&OF_LARGE_MODEL[..last]).filter(wanted) {
        results.cells.push(field.measure(scenario, connections(scenario)).await?);
    }
    if "artifacts".contains(&options.scale.only) {
        let contenders: Vec<_> = field.seats().iter().map(|seat| &seat.contender).collect();
        let moved = artifacts::measure(options, &contenders).await?;
        results.transfers = field.seats().iter().map(|seat| seat.place).zip(moved).collect();
    }
    // Those that make a store grow come last, runs and versions behind points.
    let [create_run, log_metric, transition, log_batch] = &WRITES;
    let writes = [log_metric, log_batch, transition, &OF_LARGE_MODEL[last], create_run];
    for scenario in writes.into_iter().chain(OF_LARGE_MODEL.last()).filter(wanted) {
        results.cells.push(field.measure(scenario, connections(scenario)).await?);
    }
    for seat in field.seats() {
        results.peaks.push((seat.place, seat.contender.server.peak_bytes()?));
    }
    Ok(())
}

fn connections(scenario: &Scenario) -> usize {
    if scenario.target_connections == 1 { 1 } else { CONNECTIONS }
}

/// Seconds a server is left alone to see what it uses when idle.
fn idle_seconds(sizes: Sizes) -> f64 {
    sizes.idle_seconds / 2.0
}

/// The places of a run, in the order of the report.
fn places(options: &Options) -> Vec<Place> {
    let without = |absent: Absent| options.without.contains(&absent);
    let mut places = Vec::new();
    for (kind, engine) in [
        (Kind::Tiltyard, Engine::Sqlite),
        (Kind::Tiltyard, Engine::Postgres),
        (Kind::Mlflow, Engine::Postgres),
    ] {
        let is_absent = match kind {
            Kind::Mlflow => without(Absent::Mlflow),
            _ => without(Absent::Tiltyard),
        };
        let has_engine = !without(if engine == Engine::Sqlite { Absent::Sqlite } else { Absent::Postgres });
        if has_engine && !is_absent {
            places.extend([false, true].map(|is_large| Place { kind, engine, is_large }));
        }
    }
    places
}
