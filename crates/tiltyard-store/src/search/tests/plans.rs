//! What SQLite makes of the statements: pages come from an index in order. Nothing walks a whole table, and nothing but
//! equals is sorted, except for the shapes that are listed here with the reason.

use tiltyard_domain::entity::ViewType;
use tiltyard_domain::search::{
    DatasetScope, LoggedModelOrderRequest, parse_logged_model_filter, parse_logged_model_order,
    parse_run_filter, parse_run_order, parse_version_filter, parse_version_order,
};

use super::super::logged_models::{self, LoggedModelSearch};
use super::super::run_plan::{Lead, Scope};
use super::super::runs::{RunSearch, statement};
use super::super::sql::Sql;
use super::super::versions::{self, VersionSearch};
use super::Place;
use super::runs::{TestRun, insert, plain};
use crate::{Cut, Read};

/// How SQLite says that it sorts everything. The last terms alone it sorts among equals.
const SORT: &str = "USE TEMP B-TREE FOR ORDER BY";

/// What runs can be sorted by so that a page comes from an index.
const RUN_ORDERS: &[&str] =
    &["start_time", "end_time", "status", "run_name", "metrics.a", "params.p", "tags.t"];

/// Hardly anybody asks for these, so that an index would not be worth what it costs each new run: the runs of the
/// experiments are sorted. Web pages sort by the tag of the user, as by any tag.
const RUN_ORDERS_THAT_SORT: &[&str] = &["user_id", "run_id", "artifact_uri"];

const RUN_FILTERS: &[&str] = &[
    "",
    "metrics.a > 0.5 AND params.model = 'x' AND tags.t LIKE 'a%'",
    "status = 'FINISHED' AND user_id = 'x' AND start_time > 5 AND end_time < 9",
    "run_name LIKE 'a%' AND datasets.name = 'x'",
];

const RUN_PLACES: &[(&[i64], ViewType)] = &[
    (&[1], ViewType::Active),
    (&[1], ViewType::Deleted),
    (&[1], ViewType::All),
    (&[1, 2], ViewType::Active),
    (&[1, 2], ViewType::All),
];

/// Filters that leave few runs, which are found by an index and sorted.
const RUN_FILTERS_OF_FEW: &[(&str, &str)] = &[
    ("run_id = 'x'", "sqlite_autoindex_runs_1 (workspace=? AND run_id=?)"),
    ("run_id IN ('x', 'y')", "sqlite_autoindex_runs_1 (workspace=? AND run_id=?)"),
    ("metrics.a = 5", "latest_metrics_by_value (experiment=? AND key=? AND is_nan=? AND value=?)"),
    ("metrics.a > 5", "latest_metrics_by_value (experiment=? AND key=? AND is_nan=? AND value>?)"),
    ("params.p = 'x'", "params_by_value (experiment=? AND key=? AND <expr>=?)"),
    ("params.p LIKE 'x%'", "params_by_value (experiment=? AND key=? AND <expr>>? AND <expr><?)"),
    ("tags.t = 'x'", "run_tags_by_value (experiment=? AND key=? AND <expr>=?)"),
    ("run_name = 'x'", "run_tags_by_value (experiment=? AND key=? AND <expr>=?)"),
    ("status = 'FAILED'", "runs_by_status (experiment=? AND deleted=? AND status=?)"),
    ("start_time < 5", "runs_by_start (experiment=? AND deleted=? AND started_ms<?)"),
    ("end_time < 5", "runs_by_end (experiment=? AND deleted=? AND ended_ms<?)"),
    ("datasets.name = 'x'", "sqlite_autoindex_datasets_1 (experiment=? AND name=?)"),
];

/// What versions can be sorted by, and the index that is walked. Those with the same number or time are sorted by name,
/// which an index of versions cannot hold: for numbers that may be one version of each model.
const VERSION_ORDERS: &[(&str, &str)] = &[
    ("", "versions_by_update"),
    ("last_updated_timestamp", "versions_by_update"),
    ("creation_timestamp", "versions_by_creation"),
    ("version_number", "versions_by_number"),
    ("name", "models_by_name"),
];

/// The same for the versions of one model, which may be many. By creation they are sorted: as a rule that is the order of
/// their numbers, and an index would cost each new version more than the exceptions are worth.
const VERSION_ORDERS_IN_MODEL: &[(&str, &str)] = &[
    ("", "versions_of_model_by_update (model=?)"),
    ("last_updated_timestamp", "versions_of_model_by_update (model=?)"),
    ("version_number", "sqlite_autoindex_versions_1 (model=?"),
    ("name", "(model=?"),
];

const VERSION_FILTERS_OF_FEW: &[(&str, &str)] = &[
    ("name = 'm'", "models_by_name (workspace=? AND name=?)"),
    ("name IN ('m', 'n')", "models_by_name (workspace=? AND name=?)"),
    ("name LIKE 'm%'", "models_by_name (workspace=? AND name>? AND name<?)"),
    ("run_id = 'x'", "versions_by_run (run_id=?)"),
    ("run_id IN ('x', 'y')", "versions_by_run (run_id=?)"),
    ("source_path = 'x'", "versions_by_source (source=?)"),
    ("version_number > 0", "versions_by_number (number>?)"),
    ("tags.t = 'x'", "version_tags_by_value (key=? AND <expr>=?)"),
    ("name = 'm' AND run_id = 'x'", "versions_by_run (run_id=?)"),
    ("name = 'm' AND tags.t = 'x'", "version_tags_by_value (key=? AND <expr>=?)"),
];

/// Rarely asked for (states, names, texts), or the latest of many observations (metrics): a table of those would cost
/// each metric that is logged more than these searches, of one experiment's logged models, are worth.
const LOGGED_MODEL_ORDERS_THAT_SORT: &[&str] =
    &["last_updated_timestamp", "name", "status", "model_type", "source_run_id", "model_id", "metrics.a"];

const LOGGED_MODEL_FILTERS_OF_FEW: &[(&str, &str)] = &[
    ("model_id = 'x'", "sqlite_autoindex_logged_models_1 (workspace=? AND model_id=?)"),
    ("model_id IN ('x', 'y')", "sqlite_autoindex_logged_models_1 (workspace=? AND model_id=?)"),
    ("source_run_id = 'x'", "logged_models_by_run (source_run_id=?)"),
    ("name = 'x'", "logged_models_by_name (experiment=? AND deleted=? AND name=?)"),
];

fn run_search(filter: &str, order: &str, experiments: &[i64], view: ViewType) -> RunSearch {
    RunSearch {
        experiments: experiments.to_vec(),
        view,
        filter: parse_run_filter(filter).unwrap(),
        order: parse_run_order(&[order.to_owned()]).unwrap(),
        cut: Cut { size: 1, after: None },
    }
}

fn explained(read: &mut Read<'_>, sql: &Sql) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {}", sql.text());
    read.all(&text, &sql.params(), |row| row.get::<String>(3)).unwrap()
}

/// The plans of all parts of a search, each with its scope.
fn plans_of_runs(read: &mut Read<'_>, search: &RunSearch) -> Vec<(Scope, Vec<String>)> {
    let parts = read.plan(search, 0).unwrap();
    // The runs with `NaN` are few, and sorted among themselves.
    let parts = parts.into_iter().filter(|part| !matches!(part.lead, Lead::Nan(_)));
    parts
        .map(|part| (part.scope(search), explained(read, &statement(read.sql(), search, &part, 1, 101).0)))
        .collect()
}

/// Runs in every place that pass every filter, so that none of them leaves few where few means none.
fn some_runs() -> Place {
    Place::filled(|tx| {
        for run_id in ["r1", "r2", "r3"] {
            let texts = |pairs: &[(&str, &str)]| {
                pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
            };
            let run = TestRun {
                user: "x".to_owned(),
                name: "a".to_owned(),
                started: 6,
                ended: Some(7),
                metrics: [("a".to_owned(), 1.0)].into(),
                params: texts(&[("model", "x"), ("p", "x")]),
                tags: texts(&[("t", "ab"), ("mlflow.runName", "a")]),
                datasets: vec![("x".to_owned(), "x".to_owned(), None)],
                ..plain(run_id)
            };
            insert(tx, &run)?;
            insert(tx, &TestRun { run_id: format!("{run_id} of 2"), experiment: 2, ..run.clone() })?;
            insert(tx, &TestRun { run_id: format!("{run_id} deleted"), deleted: true, ..run })?;
        }
        Ok(())
    })
}

fn plans_of_versions(place: &Place, filter: &str, order: &str, few_max: usize) -> Vec<String> {
    let order = if order.is_empty() { Vec::new() } else { vec![order.to_owned()] };
    let mut search = VersionSearch {
        filter: parse_version_filter(filter).unwrap(),
        order: parse_version_order(&order).unwrap(),
        cut: Cut { size: 1, after: None },
    };
    place.read(|read| {
        let plan = |read: &mut Read<'_>, search: &VersionSearch| {
            let lead = read.lead_of_versions(search, few_max).unwrap();
            explained(read, &versions::statement(read.sql(), search, lead, 1, &versions::terms(search), 101))
        };
        let mut plans = plan(read, &search);
        search.cut.after = read.page_of_versions(&search, few_max)?.next;
        plans.extend(plan(read, &search));
        Ok(plans)
    })
}

fn plan_of_logged_models(
    place: &Place,
    filter: &str,
    order: &str,
    experiments: &[i64],
    few_max: usize,
) -> Vec<String> {
    let order = LoggedModelOrderRequest {
        field_name: order.to_owned(),
        ascending: false,
        dataset: DatasetScope::default(),
    };
    let search = LoggedModelSearch {
        experiments: experiments.to_vec(),
        filter: parse_logged_model_filter(filter, &[]).unwrap(),
        order: parse_logged_model_order(&[order]).unwrap(),
        cut: Cut { size: 1, after: None },
    };
    place.read(|read| {
        let lead = read.lead_of_logged_models(&search, few_max)?;
        let terms = logged_models::terms(&search);
        Ok(explained(read, &logged_models::statement(read.sql(), &search, lead, 1, &terms, 101)))
    })
}

fn sorts(plan: &[String]) -> usize {
    plan.iter().filter(|line| line.as_str() == SORT).count()
}

fn assert_walks(scope: Scope, plan: &[String], shape: &str) {
    assert_ne!(scope, Scope::Any, "{shape}: {plan:#?}");
    // Where there are several stretches, a page of each is sorted.
    assert_eq!(sorts(plan), usize::from(scope == Scope::Each), "{shape}: {plan:#?}");
    assert_no_scan(plan, shape);
}

/// Nothing is walked from end to end but the two kinds of view and the list that a client sent.
fn assert_no_scan(plan: &[String], shape: &str) {
    let allowed = ["SCAN w", "SCAN json_each VIRTUAL TABLE INDEX 1:", "SCAN CONSTANT ROW"];
    let scans = plan.iter().filter(|line| line.starts_with("SCAN") && !allowed.contains(&line.as_str()));
    assert_eq!(scans.count(), 0, "{shape}: {plan:#?}");
}

fn assert_uses(plan: &[String], index: &str, shape: &str) {
    assert!(plan.iter().any(|line| line.contains(index)), "{shape}: {plan:#?}");
    assert_no_scan(plan, shape);
}

#[test]
fn pages_of_runs_come_from_an_index_in_order() {
    let place = some_runs();
    let plans = |search: &RunSearch| place.read(|read| Ok(plans_of_runs(read, search)));
    for (order, direction) in RUN_ORDERS.iter().flat_map(|order| [(order, ""), (order, " DESC")]) {
        for (filter, (experiments, view)) in
            RUN_FILTERS.iter().flat_map(|filter| RUN_PLACES.iter().map(move |place| (filter, place)))
        {
            let shape = format!("[{filter}] by {order}{direction} in {experiments:?}, {view:?}");
            let mut search = run_search(filter, &format!("{order}{direction}"), experiments, *view);
            let first = plans(&search);
            search.cut.after = place.read(|read| Ok(read.page_of_runs(&search, 0)?.next));
            assert!(!first.is_empty() && search.cut.after.is_some(), "{shape}");
            for (scope, plan) in first.into_iter().chain(plans(&search)) {
                assert_walks(scope, &plan, &shape);
            }
        }
    }
}

#[test]
fn few_runs_are_found_by_what_leaves_them() {
    let place = some_runs();
    for order in RUN_ORDERS.iter().chain(RUN_ORDERS_THAT_SORT) {
        for (filter, index) in RUN_FILTERS_OF_FEW.iter().filter(|(filter, _)| !filter.starts_with(order)) {
            for experiments in [&[1][..], &[1, 2]] {
                let search = run_search(filter, order, experiments, ViewType::Active);
                let plans: Vec<_> = place.read(|read| {
                    let parts = read.plan(&search, 1_000)?;
                    Ok(parts
                        .iter()
                        .map(|part| explained(read, &statement(read.sql(), &search, part, 1, 101).0))
                        .collect())
                });
                assert_eq!(plans.len(), 1, "{filter} by {order}");
                assert_uses(&plans[0], index, &format!("{filter} by {order}"));
            }
        }
    }
}

#[test]
fn the_orders_of_runs_without_an_index_sort_but_do_not_scan() {
    let place = some_runs();
    for order in RUN_ORDERS_THAT_SORT {
        let search = run_search("", order, &[1], ViewType::Active);
        for (scope, plan) in place.read(|read| Ok(plans_of_runs(read, &search))) {
            assert_eq!((scope, sorts(&plan)), (Scope::Any, 1), "{order}: {plan:#?}");
            assert_no_scan(&plan, order);
        }
    }
}

#[test]
fn pages_of_versions_come_from_an_index_in_order() {
    let place = super::registry::some_versions();
    let filters = ["", "name LIKE 'm%' AND tags.t = 'x'", "version_number > 0 AND run_id != 'y'"];
    for (filter, (order, index)) in
        filters.iter().flat_map(|filter| VERSION_ORDERS.iter().map(move |order| (filter, order)))
    {
        for direction in ["", " ASC", " DESC"] {
            let order = if order.is_empty() { String::new() } else { format!("{order}{direction}") };
            let plan = plans_of_versions(&place, filter, &order, 0);
            let shape = format!("[{filter}] by {order}");
            assert_eq!(sorts(&plan), 0, "{shape}: {plan:#?}");
            // The index is walked from end to end at most, in order.
            let walk = format!("SCAN v USING INDEX {index}");
            let others: Vec<String> = plan.iter().filter(|line| **line != walk).cloned().collect();
            assert!(plan.iter().any(|line| line.contains(index)), "{shape}: {plan:#?}");
            assert_no_scan(&others, &shape);
        }
    }
}

#[test]
fn pages_of_one_models_versions_come_from_an_index_in_order() {
    let place = super::registry::some_versions();
    for filter in ["name = 'm'", "name = 'm' AND tags.t LIKE 'x%'", "name = 'm' AND version_number > 0"] {
        for (order, index) in VERSION_ORDERS_IN_MODEL {
            for direction in ["", " ASC", " DESC"] {
                let order = if order.is_empty() { String::new() } else { format!("{order}{direction}") };
                let plan = plans_of_versions(&place, filter, &order, 0);
                let shape = format!("[{filter}] by {order}");
                assert_eq!(sorts(&plan), 0, "{shape}: {plan:#?}");
                assert_uses(&plan, index, &shape);
                assert_no_scan(&plan, &shape);
            }
        }
    }
}

#[test]
fn few_versions_are_found_by_what_leaves_them() {
    let place = super::registry::some_versions();
    for (order, _) in VERSION_ORDERS {
        for (filter, index) in VERSION_FILTERS_OF_FEW {
            let plan = plans_of_versions(&place, filter, order, 1_000);
            assert_uses(&plan, index, &format!("[{filter}] by {order}"));
        }
    }
}

#[test]
fn pages_of_logged_models_by_creation_come_from_an_index_in_order() {
    let place = some_runs();
    for filter in ["", "metrics.a > 0.5 AND params.p = 'x' AND tags.t LIKE 'a%' AND name LIKE 'b%'"] {
        for (experiments, sorted) in [(&[1][..], 0), (&[1, 2], 1)] {
            let plan = plan_of_logged_models(&place, filter, "creation_timestamp", experiments, 0);
            assert_eq!(sorts(&plan), sorted, "{filter}: {plan:#?}");
            assert_uses(&plan, "logged_models_by_creation (experiment=? AND deleted=?)", filter);
        }
    }
    for order in LOGGED_MODEL_ORDERS_THAT_SORT {
        let plan = plan_of_logged_models(&place, "", order, &[1], 0);
        // The observations of one model are sorted for the latest among them.
        assert_eq!(sorts(&plan), if order.starts_with("metrics") { 2 } else { 1 }, "{order}: {plan:#?}");
    }
    for (filter, index) in LOGGED_MODEL_FILTERS_OF_FEW {
        let plan = plan_of_logged_models(&place, filter, "name", &[1, 2], 1_000);
        assert_uses(&plan, index, filter);
    }
}
