//! What PostgreSQL makes of the statements, on tables that are large enough for it to care: a page reads a few pages' worth
//! of rows, however many there are. It has statistics, and is told no index.

use tiltyard_cluster::Cluster;
use tiltyard_domain::search::{parse_version_filter, parse_version_order};

use super::super::sql::Sql;
use super::super::versions::{self, VersionSearch};
use super::{permit, wait};
use crate::{Cut, Error, PostgresAddress, PostgresPassword, PostgresSettings, Read, Store, Tx};

/// Versions, and runs of each of two experiments.
const ROWS: usize = 20_000;
/// The most rows that one step of a plan may see for a page of a hundred.
const ROWS_SEEN: usize = 3_000;

const VERSION_ORDERS: &[&str] = &["last_updated_timestamp", "creation_timestamp", "version_number", "name"];
const VERSION_FILTERS: &[&str] = &[
    "",
    "name = 'm1'",
    "name LIKE 'm1%'",
    "run_id = 'r7'",
    "source_path = 's7'",
    "name = 'm2' AND run_id = 'r7'",
];
/// The model that has as many versions as all others together, and what its versions can be sorted by without a sort.
const LARGE: &str = "name = 'large'";
const ORDERS_IN_MODEL: &[&str] = &["last_updated_timestamp", "version_number", "name"];

fn filled() -> Store {
    let address = PostgresAddress::parse(&Cluster::shared().database()).unwrap();
    let password = PostgresPassword::InAddress;
    let store =
        wait(Store::open_postgres(PostgresSettings { address, password, connections_max: 2 })).unwrap();
    wait(store.write(&permit(), fill)).unwrap();
    store
}

fn fill(tx: &mut Tx<'_>) -> Result<(), Error> {
    let values = "SELECT r.id, k.id, r.experiment, r.started_ms";
    let from = "FROM runs r CROSS JOIN keys k";
    for statement in [
        "INSERT INTO experiments (workspace, name, store, location, deleted, created_ms, updated_ms)
         SELECT 1, 'e' || n, 1, '', 0, n, n FROM generate_series(1, 2) n".to_owned(),
        "INSERT INTO keys (name) VALUES ('a'), ('p'), ('t'), ('mlflow.runName')".to_owned(),
        format!(
            "INSERT INTO runs (workspace, run_id, experiment, name, user_id, status, started_ms, ended_ms, deleted)
             SELECT 1, 'r' || n, 1 + n % 2, 'n' || n, 'u', 3, n, CASE WHEN n % 5 > 0 THEN n END, 0 FROM generate_series(1, {}) n",
            2 * ROWS
        ),
        format!(
            "INSERT INTO latest_metrics (run, key, experiment, started_ms, step, time_ms, value, is_nan)
             {values}, 0, 0, r.id, 0 {from} WHERE k.name = 'a'"
        ),
        format!(
            "INSERT INTO params (run, key, experiment, started_ms, value) {values}, 'p' || r.id {from}
             WHERE k.name = 'p'"
        ),
        format!(
            "INSERT INTO run_tags (run, key, experiment, started_ms, value) {values}, 't' || r.id {from}
             WHERE k.name IN ('t', 'mlflow.runName')"
        ),
        "INSERT INTO models (workspace, name, created_ms, updated_ms, last_version, pointer_revision, is_prompt)
         SELECT 1, 'm' || n, n, n, 100, 0, 0 FROM generate_series(1, 200) n".to_owned(),
        format!(
            "INSERT INTO versions (model, number, created_ms, updated_ms, stage, source, run_id, status, verified)
             SELECT m.id, n, n, n, 'None', 's' || n, 'r' || n, 3, 0
             FROM models m CROSS JOIN generate_series(1, {}) n",
            ROWS / 200
        ),
        "ANALYZE".to_owned(),
    ] {
        tx.execute(&statement, &[])?;
    }
    Ok(())
}

/// Adds the large model. A search across models walks by time or number, and would meet all of its versions first.
fn grow(tx: &mut Tx<'_>) -> Result<(), Error> {
    for statement in [
        format!(
            "INSERT INTO models (workspace, name, created_ms, updated_ms, last_version, pointer_revision, is_prompt)
             VALUES (1, 'large', 1, 1, {ROWS}, 0, 0)"
        ),
        format!(
            "INSERT INTO versions (model, number, created_ms, updated_ms, stage, source, run_id, status, verified)
             SELECT m.id, n, n, n, 'None', 's of ' || n, 'r of ' || n, 3, 0
             FROM models m CROSS JOIN generate_series(1, {ROWS}) n WHERE m.name = 'large'"
        ),
        "ANALYZE".to_owned(),
    ] {
        tx.execute(&statement, &[])?;
    }
    Ok(())
}

/// Runs the statement and gives its plan, in which each step says how many rows it saw.
fn explained(read: &mut Read<'_>, sql: &Sql) -> Vec<String> {
    let text = format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {}", sql.text());
    read.all(&text, &sql.params(), |row| row.get::<String>(0)).unwrap()
}

fn assert_reads_little(plan: &[String], shape: &str) {
    for line in plan {
        let after = |word: &str| line.split_once(word).map(|(_, rest)| rest);
        let number = |text: Option<&str>| {
            let digits: String = text.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().unwrap_or(0)
        };
        let seen = number(after("actual rows=")) * number(after("loops=")).max(1);
        let dropped = number(after("Rows Removed by Filter: "));
        assert!(seen.max(dropped) <= ROWS_SEEN, "{shape}: {line}\n{}", plan.join("\n"));
    }
}

#[test]
fn a_page_of_versions_reads_little_of_a_large_table() {
    let store = filled();
    let both = |order: &&str| [(*order).to_owned(), format!("{order} DESC")];
    for order in VERSION_ORDERS.iter().flat_map(both) {
        for filter in VERSION_FILTERS {
            assert_page_reads_little(&store, filter, &order);
        }
    }
    wait(store.write(&permit(), grow)).unwrap();
    for order in ORDERS_IN_MODEL.iter().flat_map(both) {
        assert_page_reads_little(&store, LARGE, &order);
    }
}

fn assert_page_reads_little(store: &Store, filter: &str, order: &str) {
    let search = VersionSearch {
        filter: parse_version_filter(filter).unwrap(),
        order: parse_version_order(&[order.to_owned()]).unwrap(),
        cut: Cut { size: 100, after: None },
    };
    let plan = wait(store.read(&permit(), |read| {
        let lead = read.lead_of_versions(&search, 1_000)?;
        let terms = versions::terms(&search);
        let sql = versions::statement(read.sql(), &search, lead, 1, &terms, 101);
        Ok::<_, Error>(explained(read, &sql))
    }))
    .unwrap();
    assert_reads_little(&plan, &format!("[{filter}] by {order}"));
}
