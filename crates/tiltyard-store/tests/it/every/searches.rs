//! Every kind of search, by what indexes know and by what they do not.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::ViewType;
use tiltyard_domain::search::{
    DatasetScope, LoggedModelOrderRequest, parse_experiment_filter, parse_experiment_order,
    parse_logged_model_filter, parse_logged_model_order, parse_model_filter, parse_model_order,
    parse_run_filter, parse_run_order, parse_version_filter, parse_version_order,
};
use tiltyard_store::{
    Cut, ExperimentSearch, LoggedModelSearch, ModelSearch, RunSearch, Store, VersionSearch,
};

use super::Made;

const RUN_ORDERS: &[&str] = &[
    "",
    "start_time",
    "end_time DESC",
    "status",
    "run_name",
    "metrics.a",
    "metrics.a DESC",
    "params.p",
    "tags.t DESC",
];
const RUN_FILTERS: &[&str] = &[
    "",
    "metrics.a > 0.5 AND params.p LIKE '%8'",
    "params.p = 'p77'",
    "tags.t = 't78'",
    "metrics.a = 79",
    "run_name = 'n80'",
    "run_id = 'r81'",
    "start_time < 50",
    "end_time < 50",
    "status = 'FAILED'",
    "datasets.name = 'd'",
];
const VERSION_ORDERS: &[&str] =
    &["", "last_updated_timestamp ASC", "creation_timestamp", "version_number DESC", "name"];
const VERSION_FILTERS: &[&str] = &[
    "",
    "name = 'm1'",
    "name LIKE 'm1%'",
    "run_id = 'r7'",
    "source_path = 's7'",
    "tags.t = 't7'",
    "version_number > 19500",
];
const MODEL_ORDERS: &[&str] = &["", "name DESC", "last_updated_timestamp", "last_updated_timestamp DESC"];
const MODEL_FILTERS: &[&str] = &["", "name = 'm1'", "name LIKE 'm1%'", "tags.t = 't7'"];
const LOGGED_MODEL_FILTERS: &[&str] = &["", "name = 'l7'", "model_id = 'm-7'", "source_run_id = 'r7'"];

fn wish(order: &str) -> Vec<String> {
    if order.is_empty() { Vec::new() } else { vec![order.to_owned()] }
}

fn cut() -> Cut {
    Cut { size: 100, after: None }
}

pub(super) async fn all(store: &Store, permit: &Permit, made: &Made) {
    // Every order with two filters, and every filter in two orders.
    let all_orders = pairs(RUN_ORDERS, &RUN_FILTERS[..2]);
    for (order, filter) in all_orders.chain(pairs(&["", "metrics.a"], &RUN_FILTERS[2..])) {
        runs(store, permit, order, filter, &[1]).await;
    }
    runs(store, permit, "metrics.a", "", &[1, 2, made.experiment]).await;
    for (order, filter) in pairs(VERSION_ORDERS, VERSION_FILTERS) {
        let mut search = VersionSearch {
            filter: parse_version_filter(filter).unwrap(),
            order: parse_version_order(&wish(order)).unwrap(),
            cut: cut(),
        };
        for _ in 0..2 {
            let asked = search.clone();
            let page = store.scan(permit, move |read| read.search_versions(&asked)).await.unwrap();
            search.cut.after = page.next;
        }
    }
    for (order, filter) in pairs(MODEL_ORDERS, MODEL_FILTERS) {
        let search = ModelSearch {
            filter: parse_model_filter(filter).unwrap(),
            order: parse_model_order(&wish(order)).unwrap(),
            cut: cut(),
        };
        store.scan(permit, move |read| read.search_models(&search)).await.unwrap();
    }
    for filter in LOGGED_MODEL_FILTERS {
        logged_models(store, permit, filter, made).await;
    }
    let search = ExperimentSearch {
        view: ViewType::Active,
        filter: parse_experiment_filter("name LIKE 'e%'").unwrap(),
        order: parse_experiment_order(&[]).unwrap(),
        cut: cut(),
    };
    store.scan(permit, move |read| read.search_experiments(&search)).await.unwrap();
}

fn pairs<'a>(orders: &'a [&'a str], filters: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    orders.iter().flat_map(move |order| filters.iter().map(move |filter| (*order, *filter)))
}

/// The first page and the one behind it.
async fn runs(store: &Store, permit: &Permit, order: &str, filter: &str, experiments: &[i64]) {
    let mut search = RunSearch {
        experiments: experiments.to_vec(),
        view: ViewType::Active,
        filter: parse_run_filter(filter).unwrap(),
        order: parse_run_order(&wish(order)).unwrap(),
        cut: cut(),
    };
    for _ in 0..2 {
        let asked = search.clone();
        let page = store.scan(permit, move |read| read.search_runs(&asked)).await.unwrap();
        search.cut.after = page.next;
        if search.cut.after.is_none() {
            break;
        }
    }
}

async fn logged_models(store: &Store, permit: &Permit, filter: &str, made: &Made) {
    let order = LoggedModelOrderRequest {
        field_name: "creation_timestamp".to_owned(),
        ascending: false,
        dataset: DatasetScope::default(),
    };
    for experiments in [vec![1], vec![1, made.experiment]] {
        let search = LoggedModelSearch {
            experiments,
            filter: parse_logged_model_filter(filter, &[]).unwrap(),
            order: parse_logged_model_order(std::slice::from_ref(&order)).unwrap(),
            cut: cut(),
        };
        let found = store.scan(permit, move |read| read.search_logged_models(&search)).await;
        found.unwrap();
    }
}
