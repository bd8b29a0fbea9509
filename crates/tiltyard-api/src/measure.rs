//! What is counted about requests, and what is read when somebody looks, for `/metrics`. Handles of routes are made once, so that
//! counting costs nanoseconds.

use std::fs;
use std::time::Instant;

use metrics::{Counter, Histogram, counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tiltyard_registry::{Context, Error, Load, readiness};

use crate::probes::MLFLOW_VERSION;

/// Seconds by which answers are sorted: fine where most lie, coarse up to the longest that a question may take.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// Why requests are refused or fail that were well put.
const REASONS: [&str; 4] = ["busy", "slow", "full", "broken"];

/// Begins to count for the whole process. Whoever calls this must let [`PrometheusHandle::run_upkeep`] run now and then: what
/// is measured piles up until then.
///
/// # Errors
/// When counting has begun already.
pub fn start_counting() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()
}

/// The instruments of one route.
pub(crate) struct Instruments {
    answered: [Counter; 5],
    seconds: Histogram,
}

impl Instruments {
    /// Registers the instruments of a route.
    pub(crate) fn of_route(method: &str, path: &str) -> Self {
        let answered = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            counter!("tiltyard_http_requests_total", "method" => method.to_owned(), "route" => path.to_owned(), "status" => class)
        });
        let seconds = histogram!("tiltyard_http_request_seconds", "method" => method.to_owned(), "route" => path.to_owned());
        Self { answered, seconds }
    }

    /// Counts an answer.
    pub(crate) fn record(&self, status: u16, begun: Instant) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.answered[class].increment(1);
        self.seconds.record(begun.elapsed().as_secs_f64());
    }
}

/// Registers what is not of a route, so that alerts find it from the beginning.
#[expect(clippy::cast_precision_loss, reason = "a time in milliseconds is far below 2^53")]
pub(crate) fn introduce(context: &Context) {
    for reason in REASONS {
        counter!("tiltyard_refusals_total", "reason" => reason).increment(0);
    }
    let version = env!("CARGO_PKG_VERSION");
    let info = gauge!("tiltyard_build_info", "version" => version, "mlflow" => MLFLOW_VERSION, "store" => context.load().engine);
    info.set(1);
    gauge!("process_start_time_seconds").set(context.opened().0 as f64 / 1000.0);
}

/// Counts a request that was refused or failed although it was well put.
pub(crate) fn refused(error: &Error) {
    let reason = match error {
        Error::Refused(_) | Error::Unmet(_) => return,
        Error::Busy(_) | Error::Unavailable(_) | Error::Uncertain(_) => "busy",
        Error::TooSlow(_) => "slow",
        Error::Full(_) => "full",
        Error::Store(_) | Error::Broken(_) => "broken",
    };
    counter!("tiltyard_refusals_total", "reason" => reason).increment(1);
}

/// Writes down how busy the store is at this moment, and whether what the server needs is there.
#[expect(clippy::cast_precision_loss, reason = "numbers of connections and waiting requests are small")]
pub(crate) async fn look_at(context: &Context) {
    let seen = readiness(context).await;
    for (part, is_there) in [("database", seen.has_database), ("artifacts", seen.has_artifacts)] {
        gauge!("tiltyard_available", "part" => part).set(f64::from(u8::from(is_there)));
    }
    let Load { writes_waiting, pool, .. } = context.load();
    gauge!("tiltyard_store_writes_waiting").set(writes_waiting as f64);
    if let Some(pool) = pool {
        gauge!("tiltyard_store_connections_max").set(pool.connections_max as f64);
        gauge!("tiltyard_store_connections_in_use").set(pool.in_use as f64);
        gauge!("tiltyard_store_connections_waited_for").set(pool.waited_for as f64);
    }
    look_at_process();
}

/// Memory and open files, under the names that every exporter uses. Only Linux tells them in files.
#[expect(clippy::cast_precision_loss, reason = "bytes of memory are far below 2^53")]
fn look_at_process() {
    if let Ok(status) = fs::read_to_string("/proc/self/status")
        && let Some(kibibytes) = resident_kibibytes(&status)
    {
        gauge!("process_resident_memory_bytes").set((kibibytes * 1024) as f64);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(open.count() as f64);
    }
}

fn resident_kibibytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
