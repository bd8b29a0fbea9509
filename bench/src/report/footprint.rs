//! Tables of start, idle memory and bytes on disk.

use super::{Align, Table, figure, verdict_below};
use crate::{
    server::Kind,
    stats::{float, median},
    suites::{
        disk::Disk,
        footprint::{Footprint, Start},
    },
};

const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// Seconds from start to first answer.
const START_LIMIT_SECONDS: f64 = 0.1;
/// Resident memory when idle.
const MEMORY_LIMIT_MEBIBYTES: f64 = 40.0;

/// Start and memory.
pub(super) fn section(footprints: &[Footprint]) -> String {
    if footprints.is_empty() {
        return String::new();
    }
    let headings = [
        "server",
        "first answer after, s",
        "",
        "resident memory when idle, MiB",
        "",
        "shared pages counted once, MiB",
    ];
    let aligns = [Align::Left, Align::Right, Align::Left, Align::Right, Align::Left, Align::Right];
    let mut table = Table::new(&headings, &aligns);
    for footprint in footprints {
        table.row(row(footprint));
    }
    format!(
        "## Start and memory\n\n{table}\n\nOn a store that exists. Limits for Tiltyard: {START_LIMIT_SECONDS} s and \
         {MEMORY_LIMIT_MEBIBYTES:.0} MiB. Resident memory is summed over the server's processes."
    )
}

fn row(footprint: &Footprint) -> [String; 6] {
    let of = |measure: fn(&Start) -> f64| {
        median(&footprint.starts.iter().map(measure).collect::<Vec<_>>()).unwrap_or_default()
    };
    let seconds = of(|start| start.time.as_secs_f64());
    let resident = of(|start| float(start.resident_bytes) / MEBIBYTE);
    let judged = |figure, limit| {
        if footprint.kind == Kind::Tiltyard { verdict_below(figure, limit) } else { String::new() }
    };
    [
        footprint.kind.name().to_owned(),
        format!("{seconds:.3}"),
        judged(seconds, START_LIMIT_SECONDS),
        figure(resident),
        judged(resident, MEMORY_LIMIT_MEBIBYTES),
        figure(of(|start| float(start.proportional_bytes) / MEBIBYTE)),
    ]
}

/// Bytes per metric point.
pub(super) fn disk(disks: &[Disk]) -> String {
    let Some(first) = disks.first() else { return String::new() };
    let mut table = Table::new(&["server", "bytes per point"], &[Align::Left, Align::Right]);
    for disk in disks {
        table.row([disk.kind.name().to_owned(), figure(float(disk.bytes) / float(disk.points.max(1)))]);
    }
    format!(
        "## Metric points on disk\n\n{table}\n\n{} points of 10 metrics in 4 runs, logged in batches of 1,000; growth \
         of the database's pages in use, indexes and write-ahead log included, nothing vacuumed.",
        first.points
    )
}
