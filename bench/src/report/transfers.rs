//! The table of the large file: CPU per MiB, speed, memory and temporary files.

use super::{Align, Table, figure, verdict_below};
use crate::{
    server::Kind,
    stats::{float, median},
    suites::artifacts::{Transfer, Transfers},
};

const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// Tiltyard's share of `MLflow`'s CPU time.
const CPU_LIMIT: f64 = 0.5;

/// One row a server and direction.
pub(super) fn section(all: &[Transfers]) -> String {
    let Some(first) = all.first() else { return String::new() };
    let headings = [
        "server",
        "",
        "CPU ms per MiB",
        "MiB/s",
        "memory growth, MiB",
        "temporary files, MiB",
        "CPU ÷ MLflow's",
        "",
    ];
    let mut aligns = [Align::Right; 8];
    aligns[0] = Align::Left;
    aligns[1] = Align::Left;
    aligns[7] = Align::Left;
    let mut table = Table::new(&headings, &aligns);
    for transfers in all {
        table.row(row(all, transfers, "up"));
        table.row(row(all, transfers, "down"));
    }
    let size = float(first.bytes) / MEBIBYTE;
    let limit = format!("Tiltyard's CPU per MiB shall be at most {CPU_LIMIT} of MLflow's.");
    format!(
        "## A file of {size:.0} MiB through the artifact proxy\n\n{table}\n\n{limit} Memory growth and temporary \
         files are the most seen in any round."
    )
}

fn row(all: &[Transfers], transfers: &Transfers, direction: &'static str) -> [String; 8] {
    let rounds = side(transfers, direction);
    let mebibytes = float(transfers.bytes) / MEBIBYTE;
    let cpu = cpu_millis(rounds) / mebibytes;
    let speeds: Vec<f64> = rounds.iter().map(|round| mebibytes / round.wall.as_secs_f64()).collect();
    let reference = all.iter().find(|other| other.kind == Kind::Mlflow);
    let share =
        reference.map(|mlflow| cpu / (cpu_millis(side(mlflow, direction)) / mebibytes).max(f64::EPSILON));
    let judged =
        share.filter(|_| transfers.kind == Kind::Tiltyard).map(|share| verdict_below(share, CPU_LIMIT));
    [
        transfers.kind.name().to_owned(),
        direction.to_owned(),
        figure(cpu),
        figure(median(&speeds).unwrap_or_default()),
        greatest_mebibytes(rounds, |round| round.memory_growth_bytes),
        greatest_mebibytes(rounds, |round| round.temporary_bytes),
        super::optional(share.filter(|_| transfers.kind != Kind::Mlflow)),
        judged.unwrap_or_default(),
    ]
}

fn side<'a>(transfers: &'a Transfers, direction: &str) -> &'a [Transfer] {
    if direction == "up" { &transfers.up } else { &transfers.down }
}

fn cpu_millis(rounds: &[Transfer]) -> f64 {
    median(&rounds.iter().map(|round| round.cpu.as_secs_f64() * 1e3).collect::<Vec<_>>()).unwrap_or_default()
}

fn greatest_mebibytes(rounds: &[Transfer], of: impl Fn(&Transfer) -> u64) -> String {
    figure(float(rounds.iter().map(of).max().unwrap_or_default()) / MEBIBYTE)
}
