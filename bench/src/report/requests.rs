//! Tables of the request scenarios: CPU, requests per second, latency, growth with the store.
//! One row a scenario and number of connections.

use super::{Align, KINDS, Table, dash, figure, optional, verdict, verdict_below};
use crate::{
    server::Kind,
    stats::{Spread, float},
    suites::requests::{Cell, Round},
};

/// The search may cost this many times as much when the store has grown.
const GROWTH_LIMIT: f64 = 1.5;

/// CPU, then throughput and latency.
pub(super) fn section(cells: &[Cell]) -> String {
    if cells.is_empty() {
        return String::new();
    }
    let [cpu, speed] = [cpu(cells), speed(cells)];
    let failures = failures(cells);
    format!("## CPU per request\n\n{cpu}\n\n## Requests per second and latency\n\n{speed}{failures}")
}

/// How the cost of the search follows the size of the store.
pub(super) fn growth(cells: &[Cell]) -> String {
    let searches: Vec<&Cell> = cells.iter().filter(|cell| is_measured_twice(cells, cell)).collect();
    let pairs: Vec<(&Cell, &Cell)> = searches
        .iter()
        .filter_map(|small| {
            let large = searches.iter().find(|large| {
                large.connections == small.connections && large.runs_in_store > small.runs_in_store
            })?;
            Some((*small, *large))
        })
        .collect();
    if pairs.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        &["server", "connections", "runs", "CPU per search, times", "limit", ""],
        &[Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Left],
    );
    for (kind, (small, large)) in
        KINDS.into_iter().flat_map(|kind| pairs.iter().map(move |pair| (kind, *pair)))
    {
        if let Some(times) = growth_of(kind, small, large) {
            table.row(growth_row(kind, small, large, times));
        }
    }
    format!("## Growth of the search\n\n{table}")
}

fn is_measured_twice(cells: &[Cell], cell: &Cell) -> bool {
    let same =
        |other: &&Cell| other.scenario.name == cell.scenario.name && other.connections == cell.connections;
    cells.iter().filter(same).count() == 2
}

fn growth_of(kind: Kind, small: &Cell, large: &Cell) -> Option<f64> {
    Some(large.median(kind, Round::cpu_micros)? / small.median(kind, Round::cpu_micros)?.max(f64::EPSILON))
}

fn growth_row(kind: Kind, small: &Cell, large: &Cell, times: f64) -> [String; 6] {
    let ours = kind == Kind::Tiltyard;
    [
        kind.name().to_owned(),
        small.connections.to_string(),
        format!("{} → {}", small.runs_in_store, large.runs_in_store),
        figure(times),
        if ours { format!("< {GROWTH_LIMIT}") } else { String::new() },
        if ours { verdict_below(times, GROWTH_LIMIT) } else { String::new() },
    ]
}

fn cpu(cells: &[Cell]) -> Table {
    let headings = [
        "scenario",
        "connections",
        "MLflow, µs",
        "Tiltyard, µs",
        "bare, µs",
        "MLflow ÷ Tiltyard (least–most)",
        "target",
        "",
        "Tiltyard ÷ bare",
    ];
    let mut aligns = [Align::Right; 9];
    aligns[0] = Align::Left;
    aligns[7] = Align::Left;
    let mut table = Table::new(&headings, &aligns);
    for cell in cells {
        table.row(cpu_row(cell));
    }
    table
}

fn cpu_row(cell: &Cell) -> [String; 9] {
    let micros = |kind| optional(cell.median(kind, Round::cpu_micros));
    let ratio = cell.ratio(Kind::Mlflow, Kind::Tiltyard);
    let aimed_at = cell.connections == cell.scenario.target_connections;
    let judged = ratio.filter(|_| aimed_at).map(|ratio| verdict(ratio.median, cell.scenario.target));
    [
        name(cell),
        cell.connections.to_string(),
        micros(Kind::Mlflow),
        micros(Kind::Tiltyard),
        micros(Kind::Bare),
        ratio.map_or_else(dash, spread),
        if aimed_at { format!("≥ {:.0}", cell.scenario.target) } else { String::new() },
        judged.unwrap_or_default(),
        cell.ratio(Kind::Tiltyard, Kind::Bare).map_or_else(dash, |ratio| figure(ratio.median)),
    ]
}

fn speed(cells: &[Cell]) -> Table {
    let mut headings = vec!["scenario".to_owned(), "connections".to_owned()];
    headings.extend(KINDS.map(|kind| format!("{}, requests/s", kind.name())));
    headings.extend(KINDS.map(|kind| format!("{}, p50 / p99 ms", kind.name())));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut aligns = [Align::Right; 8];
    aligns[0] = Align::Left;
    let mut table = Table::new(&headings, &aligns);
    for cell in cells {
        let mut row = vec![name(cell), cell.connections.to_string()];
        row.extend(KINDS.map(|kind| optional(cell.median(kind, |round| round.tally.per_second()))));
        row.extend(KINDS.map(|kind| latency(cell, kind)));
        table.row(row);
    }
    table
}

fn latency(cell: &Cell, kind: Kind) -> String {
    let half = cell.median(kind, |round| f64::from(round.tally.p50_micros) / 1e3);
    let most = cell.median(kind, |round| f64::from(round.tally.p99_micros) / 1e3);
    half.zip(most).map_or_else(dash, |(half, most)| format!("{} / {}", figure(half), figure(most)))
}

/// Requests that were not answered with success, where there were any.
fn failures(cells: &[Cell]) -> String {
    let places = cells.iter().flat_map(|cell| KINDS.map(|kind| (cell, kind)));
    let lines: Vec<String> = places.filter_map(|(cell, kind)| failure_line(cell, kind)).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("\n\nNot answered with success:\n\n{}", lines.join("\n"))
}

fn failure_line(cell: &Cell, kind: Kind) -> Option<String> {
    let sum = |of: fn(&Round) -> u64| cell.rounds_of(kind).iter().map(of).sum::<u64>();
    let (failed, done) = (sum(|round| round.tally.failed), sum(|round| round.tally.done));
    let share = 100.0 * float(failed) / float((failed + done).max(1));
    let (server, name, connections) = (kind.name(), name(cell), cell.connections);
    (failed > 0).then(|| format!("- {server}, {name}, {connections} connections: {failed} ({share:.1} %)"))
}

fn name(cell: &Cell) -> String {
    let name = cell.scenario.name;
    // Only the searches of runs depend on how many there are.
    if name == crate::scenario::SEARCH_RUNS.name {
        format!("{name}, {} runs", cell.runs_in_store)
    } else {
        name.to_owned()
    }
}

fn spread(spread: Spread) -> String {
    format!("{} ({}–{})", figure(spread.median), figure(spread.least), figure(spread.greatest))
}
