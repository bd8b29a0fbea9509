//! A server on one of the stores, and what a request costs there: its own CPU time and that of PostgreSQL.

use std::time::{Duration, Instant};

use super::{idle_seconds, stores::Prepared};
use crate::{
    contender::Contender,
    failure::Outcome,
    load::Tally,
    options::{Options, Sizes},
    process,
    scenario::Scenario,
    server::Kind,
    stats::{self, Spread, float},
    suites::requests::{TURNS_PER_ROUND, visit},
};

/// What keeps the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file of the server's own.
    Sqlite,
    /// A server beside it.
    Postgres,
}

impl Engine {
    /// Name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Which server, on what, with how much in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which server.
    pub(crate) kind: Kind,
    /// What it keeps its metadata in.
    pub(crate) engine: Engine,
    /// Whether its store is the large one.
    pub(crate) is_large: bool,
}

impl Place {
    /// Name of its folder and its database.
    pub(crate) fn folder(self) -> String {
        let size = if self.is_large { "large" } else { "small" };
        format!("bench_{}_{}_{size}", self.kind.name(), self.engine.name()).to_lowercase()
    }
}

/// A running server on a store.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Which.
    pub(crate) place: Place,
    /// The server and what it holds.
    pub(crate) contender: Contender,
}

impl Seat {
    /// Starts the server.
    pub(super) async fn take(store: Prepared, sizes: Sizes, version: &str) -> Outcome<Self> {
        crate::say(&format!("starting {}", store.facts.place.folder()));
        let place = store.facts.place;
        let contender = Contender::seeded(store.recipe, store.content, idle_seconds(sizes), version).await?;
        Ok(Self { place, contender })
    }
}

/// One round at a seat.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// What the load generator saw.
    pub(crate) tally: Tally,
    /// CPU time of the server.
    pub(crate) server: Duration,
    /// CPU time of PostgreSQL, where it takes part.
    pub(crate) database: Duration,
}

impl Measured {
    /// Microseconds of the server for one successful request.
    pub(crate) fn server_micros(&self) -> f64 {
        self.server.as_secs_f64() * 1e6 / float(self.tally.done.max(1))
    }

    /// The same with what PostgreSQL used.
    pub(crate) fn all_micros(&self) -> f64 {
        (self.server + self.database).as_secs_f64() * 1e6 / float(self.tally.done.max(1))
    }
}

/// A workload: the rounds of each seat, in the same order.
#[derive(Debug)]
pub(crate) struct Cell {
    /// The workload.
    pub(crate) name: &'static str,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Rounds by seat.
    pub(crate) rounds: Vec<(Place, Vec<Measured>)>,
}

impl Cell {
    /// Rounds of a seat; empty if it did not take part.
    pub(crate) fn rounds_of(&self, place: Place) -> &[Measured] {
        self.rounds.iter().find(|(known, _)| *known == place).map_or(&[], |(_, rounds)| rounds)
    }

    /// Median over the rounds of a seat.
    pub(crate) fn median(&self, place: Place, of: impl Fn(&Measured) -> f64) -> Option<f64> {
        stats::median(&self.rounds_of(place).iter().map(of).collect::<Vec<_>>())
    }

    /// One seat's figure over another's, round by round.
    pub(crate) fn ratio(&self, above: Place, below: Place, of: impl Fn(&Measured) -> f64) -> Option<Spread> {
        let pairs = self.rounds_of(above).iter().zip(self.rounds_of(below));
        let ratios = pairs.map(|(above, below)| of(above) / of(below).max(f64::EPSILON));
        stats::spread(&ratios.collect::<Vec<_>>())
    }

    fn say(&self) {
        for (place, rounds) in &self.rounds {
            let [server, all] =
                [Measured::server_micros, Measured::all_micros].map(|of| self.median(*place, of));
            let sum = |of: fn(&Measured) -> u64| rounds.iter().map(of).sum::<u64>();
            let (done, failed) = (sum(|round| round.tally.done), sum(|round| round.tally.failed));
            let (server, all) = (server.unwrap_or_default(), all.unwrap_or_default());
            let name = place.folder();
            crate::say(&format!(
                "  {name}: {server:.0} µs, {all:.0} µs in all, {done} done, {failed} failed"
            ));
        }
    }
}

/// All seats, and how long they are worked.
#[derive(Debug)]
pub(super) struct Field {
    seats: Vec<Seat>,
    postmaster: Option<i32>,
    idle_database: f64,
    rounds: u32,
    round: Duration,
    warm_up: Duration,
    rounds_so_far: u64,
}

impl Field {
    /// Puts seats together, and looks what PostgreSQL uses while nobody asks for anything.
    pub(super) async fn new(options: &Options, postmaster: Option<i32>, seats: Vec<Seat>) -> Outcome<Self> {
        let seconds = idle_seconds(options.sizes());
        let mut field = Self {
            seats,
            postmaster,
            idle_database: 0.0,
            rounds: options.rounds(),
            round: Duration::from_secs_f64(options.round_seconds()),
            warm_up: Duration::from_secs_f64(options.sizes().warm_up_seconds / 2.0),
            rounds_so_far: 0,
        };
        let before = field.database_cpu()?;
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        field.idle_database = field.database_cpu()?.saturating_sub(before).as_secs_f64() / seconds;
        Ok(field)
    }

    /// The seats.
    pub(super) fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// Measures a workload at every seat, round after round.
    pub(super) async fn measure(&mut self, scenario: &Scenario, connections: usize) -> Outcome<Cell> {
        crate::say(&format!("{} at {connections} connections", scenario.name));
        let rounds = self.seats.iter().map(|seat| (seat.place, Vec::new())).collect();
        let mut cell = Cell { name: scenario.name, connections, rounds };
        let mut slow = Vec::new();
        for seat in &self.seats {
            // Refused rather than measured: an answer that is no success.
            let start = Instant::now();
            seat.contender.ask(&(scenario.call)(&seat.contender.content, 0, 0)).await?;
            slow.push(start.elapsed() > self.round);
        }
        for round in 0..=self.rounds {
            let is_warm_up = round == 0;
            self.rounds_so_far += 1;
            for (place, seat) in self.seats.iter().enumerate() {
                if slow[place] && round != 1 {
                    continue;
                }
                let connections = if slow[place] { 1 } else { connections };
                let length = if is_warm_up { self.warm_up } else { self.round };
                let measured = self.visit(seat, scenario, connections, length).await?;
                if !is_warm_up {
                    cell.rounds[place].1.push(measured);
                }
            }
        }
        cell.say();
        Ok(cell)
    }

    async fn visit(
        &self,
        seat: &Seat,
        scenario: &Scenario,
        connections: usize,
        length: Duration,
    ) -> Outcome<Measured> {
        let first_turn = self.rounds_so_far * TURNS_PER_ROUND;
        let (before, start) = (self.database_cpu()?, Instant::now());
        let round = visit(&seat.contender, scenario, connections, length, first_turn).await?;
        let idle = start.elapsed().mul_f64(self.idle_database);
        let used = self.database_cpu()?.saturating_sub(before).saturating_sub(idle);
        let database = if seat.place.engine == Engine::Postgres { used } else { Duration::ZERO };
        Ok(Measured { tally: round.tally, server: round.cpu, database })
    }

    fn database_cpu(&self) -> Outcome<Duration> {
        let Some(postmaster) = self.postmaster else { return Ok(Duration::ZERO) };
        Ok(process::usage_of_tree(postmaster)?.cpu)
    }
}
