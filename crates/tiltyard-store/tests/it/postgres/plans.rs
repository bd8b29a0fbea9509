//! Every statement of the store on a large database, with the plans that the server really took for it: its own record of
//! them (`auto_explain`) is read. Nothing walks a large table, and no step sees more rows than a few pages have. Each
//! statement runs often enough to be planned for any values, and not only for those at hand.
//!
//! What touches everything below one thing is asked of small ones: an experiment that is deleted with its runs, or whose
//! data sets are listed; a model that is renamed or deleted with its versions. Models themselves, of which there are
//! thousands at most, are walked by filters for their tags.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tiltyard_cluster::Cluster;

use super::open;
use crate::every;

/// Versions, and runs of each of two experiments.
const ROWS: usize = 20_000;
/// The most rows that one step of a plan may see. A page has a hundred; what leaves a thousand or fewer is sorted.
const ROWS_SEEN: usize = 1_500;
/// A statement gets a plan for any values after the fifth time.
const ROUNDS: i64 = 7;
/// Part of a statement that may see more rows, and why.
const SEES_MORE: &[(&str, &str)] = &[
    (
        "v.model = (SELECT x.id FROM models x",
        "by creation, the versions of one model are sorted, and no others",
    ),
    ("SELECT 1 FROM model_tags x", "filters for tags of models walk the models"),
    (
        "ORDER BY m.name, v.number DESC",
        "sorted by name, all versions of the first model are sorted by their numbers",
    ),
];
/// Tables that grow with use.
const LARGE: &[&str] = &[
    "runs",
    "metrics",
    "latest_metrics",
    "params",
    "run_tags",
    "run_datasets",
    "run_models",
    "logged_models",
    "logged_model_metrics",
    "models",
    "versions",
    "version_tags",
    "aliases",
    "pointer_history",
    "version_files",
    "artifacts",
    "observations",
    "observed_files",
    "condemned_blobs",
    "job_findings",
    "idempotency_keys",
    "journal",
];

/// Rows enough for the planner to care.
fn fill(database: &str) {
    let seeds = include_str!("seeds.sql").replace("{rows}", &ROWS.to_string());
    cluster().run(database, &seeds);
}

fn cluster() -> &'static Cluster {
    static CLUSTER: std::sync::OnceLock<Cluster> = std::sync::OnceLock::new();
    CLUSTER.get_or_init(|| {
        Cluster::start_with(
            "-c shared_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on \
             -c auto_explain.log_timing=off -c log_line_prefix=@",
        )
    })
}

/// A statement and the plan that was taken for it.
struct Taken {
    text: String,
    plan: Vec<String>,
}

/// What the server noted since that place in its log.
fn taken(log: &str) -> Vec<Taken> {
    let entries = log.split("\n@").filter_map(|entry| entry.split_once("  plan:\n"));
    entries
        .map(|(_, entry)| {
            let entry = entry.trim_start().trim_start_matches("Query Text:");
            let lines: Vec<&str> = entry.lines().collect();
            // Plans begin behind the text, at the first line that tells rows.
            let begin = lines
                .iter()
                .position(|line| line.contains("(actual ") || line.contains("(cost="))
                .unwrap_or(lines.len());
            Taken {
                text: lines[..begin].join(" ").split_whitespace().collect::<Vec<_>>().join(" "),
                plan: lines[begin..].iter().map(|line| (*line).to_owned()).collect(),
            }
        })
        .collect()
}

fn number_after(line: &str, word: &str) -> usize {
    let rest = line.split_once(word).map(|(_, rest)| rest).unwrap_or_default();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Why a plan is not good enough, if it is not.
fn fault(taken: &Taken) -> Option<String> {
    for line in &taken.plan {
        let walked = line.split_once("Seq Scan on ").and_then(|(_, rest)| rest.split_whitespace().next());
        if walked.is_some_and(|table| LARGE.contains(&table)) {
            return Some(line.clone());
        }
        if SEES_MORE.iter().any(|(part, _)| taken.text.contains(part)) {
            continue;
        }
        let seen = number_after(line, "actual rows=") * number_after(line, "loops=").max(1);
        if seen.max(number_after(line, "Rows Removed by Filter: ")) > ROWS_SEEN {
            return Some(line.clone());
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_walks_a_large_table() {
    let database = cluster().database();
    let store = open(&database, 1).await;
    fill(&database);
    let log = Path::new(cluster().folder()).join("log");
    let before = fs::metadata(&log).unwrap().len();
    for round in 0..ROUNDS {
        every::statement(&store, round).await;
    }
    let log = fs::read(&log).unwrap().split_off(usize::try_from(before).unwrap());
    let taken = taken(&String::from_utf8_lossy(&log));
    let mut faults = BTreeSet::new();
    for taken in &taken {
        if let Some(line) = fault(taken) {
            faults.insert(format!("{line}\n{}\n{}\n", taken.text, taken.plan.join("\n")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
    let run: BTreeSet<&str> = taken.iter().map(|taken| taken.text.as_str()).collect();
    let missing: Vec<String> =
        written().into_iter().filter(|begin| !run.iter().any(|text| text.contains(begin))).collect();
    assert!(missing.is_empty(), "nothing ran these, so that their plans are not known: {missing:#?}");
}

/// How each statement that stands in the sources begins, up to the first place or gap in it. What searches put together
/// begins in many ways; those are run above as clients ask for them.
fn written() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() && !["search", "sqlite", "postgres", "migrations"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !["schema.rs", "rows.rs"].contains(&name.as_str())
            {
                found.extend(beginnings(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn beginnings(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
    let texts = source.split('"').filter(|text| verbs.iter().any(|verb| text.starts_with(verb)));
    texts
        .filter_map(|text| {
            let begin = text.split(['?', '{', '\\']).next().unwrap_or_default();
            let begin = begin.split_whitespace().collect::<Vec<_>>().join(" ");
            // How lists are written differs between engines.
            let begin = begin.trim_end_matches("IN (").trim_end().to_owned();
            // Too little is left where a statement begins with a gap.
            (begin.len() > "INSERT INTO ".len()).then_some(begin)
        })
        .collect()
}
