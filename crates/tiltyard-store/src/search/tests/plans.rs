//! What SQLite makes of the statements: the quick ways walk an index in order and sort nothing but equals.

use tiltyard_domain::search::{parse_run_filter, parse_run_order, parse_version_filter, parse_version_order};

use super::super::run_plan::{self, Lead};
use super::super::runs::{RunSearch, statement, terms};
use super::super::versions::{self, VersionSearch};
use super::Place;
use super::runs::{by_metric, insert, plain};
use crate::{Cut, Read};

fn plan_of_runs(read: &mut Read<'_>, filter: &str, order: &str) -> Vec<String> {
    let search = RunSearch {
        filter: parse_run_filter(filter).unwrap(),
        order: parse_run_order(&[order.to_owned()]).unwrap(),
        ..by_metric(Cut { size: 100, after: None })
    };
    let mut plan = Vec::new();
    // The few runs with `NaN` are sorted among themselves.
    let parts = run_plan::parts(&search);
    for part in parts.into_iter().filter(|part| !matches!(part.lead, Lead::Nan(_))) {
        let sql = statement(&search, &part, 1, &terms(&part), 101);
        let explained = format!("EXPLAIN QUERY PLAN {}", sql.text());
        plan.extend(read.all(&explained, &sql.params(), |row| row.get::<String>(3)).unwrap());
    }
    plan
}

#[test]
fn runs_sorted_by_a_value_or_by_their_start_are_not_sorted_as_a_whole() {
    let place = Place::filled(|tx| insert(tx, &plain("r1")));
    for order in ["metrics.a DESC", "metrics.a", "params.p", "tags.t DESC", "start_time DESC"] {
        for filter in ["", "metrics.a > 0.5 AND params.model = 'x' AND tags.t LIKE 'a%'"] {
            let plan = place.read(|read| Ok(plan_of_runs(read, filter, order)));
            assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY")), "{order}: {plan:#?}");
            assert!(!plan.iter().any(|line| line.starts_with("SCAN")), "{order}: {plan:#?}");
        }
    }
}

#[test]
fn the_versions_of_one_model_are_reached_by_its_name() {
    let place = Place::filled(|_| Ok(()));
    let plan = |filter: &str| {
        place.read(|read| {
            let (filter, order) = (parse_version_filter(filter).unwrap(), parse_version_order(&[]).unwrap());
            let search = VersionSearch { filter, order, cut: Cut { size: 100, after: None } };
            let sql = versions::statement(&search, 1, &versions::terms(&search), 101);
            let explained = format!("EXPLAIN QUERY PLAN {}", sql.text());
            read.all(&explained, &sql.params(), |row| row.get::<String>(3))
        })
    };
    assert!(
        plan("name = 'm'")[0].contains("models_by_name (workspace=? AND name=?)"),
        "{:#?}",
        plan("name = 'm'")
    );
}
