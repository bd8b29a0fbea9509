//! The list of what is measured by request: name, connections, target, and the request of a turn.
//! How rounds are run and compared is in `suites`.

use crate::{
    client::Call,
    options::Suite,
    requests::{self, Point},
    seed::{
        ALIAS, CHAMPION, Content, VERSIONS_PER_MODEL, model_name, model_source, run_of_version,
        scale::{FEW_VERSIONS, LARGE_MODEL},
    },
};

/// A scenario, without the state of any server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Name in tables.
    pub(crate) name: &'static str,
    /// The suite it belongs to.
    pub(crate) suite: Suite,
    /// Numbers of connections it is measured at.
    pub(crate) connections: &'static [usize],
    /// How many times less CPU than `MLflow` Tiltyard shall use.
    pub(crate) target: f64,
    /// The number of connections the target holds for; others are reported only.
    pub(crate) target_connections: usize,
    /// Whether both servers must give the same answer before anything is measured.
    pub(crate) comparable: bool,
    /// The request of a connection at its turn.
    pub(crate) call: fn(&Content, usize, u64) -> Call,
}

/// The search, listed apart because it is measured at two sizes of the store.
pub(crate) const SEARCH_RUNS: Scenario = Scenario {
    name: "search runs by metric and parameter, sorted",
    suite: Suite::Search,
    // One: a search of 50,000 runs keeps MLflow busy so long that 16 at once would make a round last minutes.
    connections: &[1],
    target: 1_000.0,
    target_connections: 1,
    comparable: true,
    call: search_runs,
};

/// The other searches and the reads.
pub(crate) const READS: [Scenario; 4] = [
    Scenario {
        name: "search versions of a model",
        suite: Suite::Search,
        connections: &[16],
        target: 200.0,
        target_connections: 16,
        comparable: true,
        call: |content, lane, turn| requests::search_versions(&any_model(content, lane, turn)),
    },
    Scenario {
        name: "get version",
        suite: Suite::Reads,
        connections: &[16],
        target: 200.0,
        target_connections: 16,
        comparable: true,
        call: |content, lane, turn| requests::get_version(&any_model(content, lane, turn), CHAMPION),
    },
    Scenario {
        name: "get version by alias",
        suite: Suite::Reads,
        connections: &[16],
        target: 200.0,
        target_connections: 16,
        comparable: true,
        call: |content, lane, turn| requests::get_by_alias(&any_model(content, lane, turn), ALIAS),
    },
    Scenario {
        name: "get latest versions",
        suite: Suite::Reads,
        connections: &[16],
        target: 200.0,
        target_connections: 16,
        comparable: true,
        call: |content, lane, turn| requests::latest_versions(&any_model(content, lane, turn)),
    },
];

/// The writes, last because they make the stores grow, each at its own speed.
pub(crate) const WRITES: [Scenario; 4] = [
    Scenario {
        name: "create run",
        suite: Suite::Writes,
        connections: &[1, 16, 64],
        target: 200.0,
        target_connections: 64,
        comparable: false,
        call: create_run,
    },
    Scenario {
        name: "log metric",
        suite: Suite::Writes,
        connections: &[1, 16, 64],
        target: 200.0,
        target_connections: 64,
        comparable: false,
        call: log_metric,
    },
    Scenario {
        name: "transition stage",
        suite: Suite::Writes,
        connections: &[1, 16, 64],
        target: 200.0,
        target_connections: 64,
        comparable: false,
        call: transition,
    },
    Scenario {
        name: "log batch of 100 metrics",
        suite: Suite::Writes,
        connections: &[16],
        target: 50.0,
        target_connections: 16,
        comparable: false,
        call: log_batch,
    },
];

/// What is asked of one model that has many versions, where the store is large.
pub(crate) const OF_LARGE_MODEL: [Scenario; 8] = [
    of_large_model("get the large model", |_, _, _| requests::get_model(&large_model())),
    of_large_model("get version of the large model", |content, lane, turn| {
        requests::get_version(&large_model(), any_version(content, lane, turn))
    }),
    of_large_model("get version by alias of the large model", |_, _, _| {
        requests::get_by_alias(&large_model(), ALIAS)
    }),
    of_large_model("get latest versions of the large model", |_, _, _| {
        requests::latest_versions(&large_model())
    }),
    of_large_model("search versions of the large model", |_, _, _| requests::search_versions(&large_model())),
    of_large_model("search versions of the large model, default order", |_, _, _| {
        requests::search_versions_plainly(&large_model())
    }),
    of_large_model("transition stage in the large model", |_, lane, turn| {
        requests::transition(&large_model(), low_version(lane as u64 + turn), "Production")
    }),
    of_large_model("create version of the large model", create_version),
];

const fn of_large_model(name: &'static str, call: fn(&Content, usize, u64) -> Call) -> Scenario {
    Scenario {
        name,
        suite: Suite::Scale,
        connections: &[16],
        target: 0.0,
        target_connections: 16,
        comparable: false,
        call,
    }
}

fn large_model() -> String {
    model_name(LARGE_MODEL)
}

/// Any version that the large model was seeded with.
fn any_version(content: &Content, lane: usize, turn: u64) -> u32 {
    // Two primes, so that versions are met far from each other.
    let place = (lane as u64 * 31 + turn) * 7_919 % u64::from(content.versions.max(1));
    u32::try_from(place).unwrap_or_default() + 1
}

fn low_version(turn: u64) -> u32 {
    u32::try_from(turn % u64::from(VERSIONS_PER_MODEL)).unwrap_or_default() + 1
}

/// In a small store each of the models in turn gets a version: one alone would soon have many.
fn create_version(content: &Content, lane: usize, turn: u64) -> Call {
    let is_large = content.versions > FEW_VERSIONS;
    let name = if is_large { large_model() } else { any_model(content, lane, turn) };
    let run = run_of_version(content, lane, any_version(content, lane, turn));
    requests::create_version(&name, &model_source(&content.searched_experiment, run), run)
}

/// Steps of one metric that travel together in a batch.
const STEPS_PER_BATCH: u64 = 5;
const METRICS_PER_BATCH: u64 = 20;

fn any_model(content: &Content, lane: usize, turn: u64) -> String {
    // A prime stride, so that neighbouring connections do not walk in step.
    let turn = usize::try_from(turn).unwrap_or_default();
    model_name((lane * 31 + turn) % content.models.max(1))
}

fn search_runs(content: &Content, _lane: usize, _turn: u64) -> Call {
    let filter = "metrics.accuracy > 0.5 and params.model = 'xgboost'";
    requests::search_runs(&content.searched_experiment, filter, "metrics.accuracy DESC")
}

fn create_run(content: &Content, lane: usize, turn: u64) -> Call {
    let tags = [("mlflow.user", "bench".to_owned()), ("mlflow.source.name", "train.py".to_owned())];
    let name = format!("nightly-{lane}-{turn}");
    requests::create_run(&content.written_experiment, &name, content.start_millis, &tags)
}

fn log_metric(content: &Content, lane: usize, turn: u64) -> Call {
    let point = Point { key: "loss".to_owned(), value: value(turn), time: content.start_millis, step: turn };
    requests::log_metric(write_run(content, lane), &point)
}

fn log_batch(content: &Content, lane: usize, turn: u64) -> Call {
    let steps = turn * STEPS_PER_BATCH..(turn + 1) * STEPS_PER_BATCH;
    let points: Vec<Point> = steps.flat_map(|step| points_of_step(content.start_millis, step)).collect();
    requests::log_batch(write_run(content, lane), &points, &[])
}

fn points_of_step(time: i64, step: u64) -> impl Iterator<Item = Point> {
    (0..METRICS_PER_BATCH).map(move |metric| Point {
        key: format!("metric_{metric}"),
        value: value(step + metric),
        time,
        step,
    })
}

/// Every connection moves the versions of a model of its own, as one release job would.
fn transition(content: &Content, lane: usize, turn: u64) -> Call {
    requests::transition(&model_name(lane % content.models.max(1)), low_version(turn), "Production")
}

fn write_run(content: &Content, lane: usize) -> &str {
    content.write_runs.get(lane % content.write_runs.len().max(1)).map_or("", String::as_str)
}

fn value(turn: u64) -> f64 {
    1.0 / (1.0 + crate::stats::float(turn))
}
