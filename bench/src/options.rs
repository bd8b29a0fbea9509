//! The command line of the benchmark, and the sizes that follow from it.
//! Nothing is measured here.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

/// Runs the same work on `MLflow`'s server, on Tiltyard and on a bare HTTP server, interleaved, and compares CPU time.
#[derive(Parser, Debug, Clone)]
#[command(name = "tiltyard-bench", version)]
pub(crate) struct Options {
    /// Which part to run.
    #[arg(value_enum, default_value = "all")]
    pub(crate) suite: Suite,
    /// The mlflow program; its `server` command is the reference.
    #[arg(long, value_name = "PATH", default_value = "mlflow")]
    pub(crate) mlflow: PathBuf,
    /// The tiltyard program; by default the one built beside this program.
    #[arg(long, value_name = "PATH")]
    pub(crate) tiltyard: Option<PathBuf>,
    /// Leave a contender out (may be repeated).
    #[arg(long, value_enum, value_name = "CONTENDER")]
    pub(crate) without: Vec<Absent>,
    /// How long each server works in one round.
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    pub(crate) seconds_per_round: f64,
    /// Rounds per scenario; each round visits every server once.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Where to write the report; without it the report is only printed.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Markdown written by people, put at the end of the report: why a target was missed.
    #[arg(long, value_name = "FILE")]
    pub(crate) notes: Option<PathBuf>,
    /// A smoke run: small seeds, one short round. Its figures mean nothing.
    #[arg(long)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) scale: ScaleOptions,
    /// Serve constant answers on this port instead of measuring; how the benchmark starts its third contender.
    #[arg(long, value_name = "PORT", hide = true)]
    pub(crate) serve_bare: Option<u16>,
}

/// What only the scale suite asks for.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Scale")]
pub(crate) struct ScaleOptions {
    /// Keep the large stores in this folder, and use those that are there.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) stores: Option<PathBuf>,
    /// A PostgreSQL server on this machine, and a superuser of it: postgresql://USER@HOST:PORT/. Without it, a throwaway one is
    /// started.
    #[arg(long, value_name = "URL")]
    pub(crate) postgres: Option<String>,
    /// Make the large stores and measure nothing.
    #[arg(long, requires = "stores")]
    pub(crate) only_seed: bool,
    /// Measure only what has this in its name.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) only: String,
    /// Runs of the large stores.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub(crate) runs: usize,
    /// Runs of MLflow's large store.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub(crate) mlflow_runs: usize,
    /// Models of the large stores.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(crate) models: usize,
    /// Versions of one model of the large stores.
    #[arg(long, value_name = "COUNT", default_value_t = 200_000)]
    pub(crate) versions: u32,
}

/// Parts of the benchmark.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Everything below but `scale`.
    All,
    /// Searches of runs, before and after the store grows, and of versions.
    Search,
    /// Lookups of versions.
    Reads,
    /// Runs, metrics and stage transitions.
    Writes,
    /// A large file through the artifact proxy.
    Artifacts,
    /// Start, idle memory, bytes on disk.
    Footprint,
    /// A store of 2,000 runs beside one of 1,000,000, on SQLite and on PostgreSQL.
    Scale,
}

/// Contenders that can be left out.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// `MLflow`'s own server.
    Mlflow,
    /// Tiltyard.
    Tiltyard,
    /// Tiltyard on SQLite, in the scale suite.
    Sqlite,
    /// Both servers on PostgreSQL, in the scale suite.
    Postgres,
}

/// How much content and work a run uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Runs in the store at the first search.
    pub(crate) runs_before: usize,
    /// Runs in the store for everything else.
    pub(crate) runs_after: usize,
    /// Registered models; each has [`crate::seed::VERSIONS_PER_MODEL`] versions.
    pub(crate) models: usize,
    /// Bytes of the artifact.
    pub(crate) artifact_bytes: u64,
    /// Metric points of the disk measurement.
    pub(crate) metric_points: usize,
    /// How long a server is left alone to see what it uses when idle.
    pub(crate) idle_seconds: f64,
    /// Seconds of unmeasured work before the first round of a scenario.
    pub(crate) warm_up_seconds: f64,
}

const MEBIBYTE: u64 = 1024 * 1024;

impl Options {
    /// Whether `suite` is part of this run.
    pub(crate) fn runs(&self, suite: Suite) -> bool {
        self.suite == Suite::All || self.suite == suite
    }

    /// Sizes of this run.
    pub(crate) fn sizes(&self) -> Sizes {
        if self.quick { Sizes::quick() } else { Sizes::full() }
    }

    /// Rounds of this run.
    pub(crate) fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds }
    }

    /// Seconds of one round.
    pub(crate) fn round_seconds(&self) -> f64 {
        if self.quick { 0.2 } else { self.seconds_per_round }
    }
}

impl Sizes {
    fn full() -> Self {
        Self {
            runs_before: 2_000,
            runs_after: 50_000,
            models: 200,
            artifact_bytes: 256 * MEBIBYTE,
            metric_points: 200_000,
            idle_seconds: 10.0,
            warm_up_seconds: 1.0,
        }
    }

    fn quick() -> Self {
        Self {
            runs_before: 40,
            runs_after: 80,
            models: 64,
            artifact_bytes: 2 * MEBIBYTE,
            metric_points: 4_000,
            idle_seconds: 1.0,
            warm_up_seconds: 0.05,
        }
    }
}
