//! A PostgreSQL database for each thread that tests, emptied for each case: making one takes longer than most cases.

use tiltyard_cluster::Cluster;

use super::{permit, wait};
use crate::{PostgresAddress, PostgresPassword, PostgresSettings, Store};

thread_local! {
    static STORE: Store = open();
}

/// The store of this thread, as if it were new.
pub(super) fn emptied() -> Store {
    let store = STORE.with(Store::clone);
    wait(store.write(&permit(), |tx| {
        tx.execute("TRUNCATE experiments, models, keys, runs RESTART IDENTITY CASCADE", &[])?;
        let below =
            "metrics, latest_metrics, params, run_tags, run_datasets, run_dataset_tags, logged_model_params,
             logged_model_tags, logged_model_metrics, run_models";
        tx.execute(&format!("TRUNCATE {below} RESTART IDENTITY"), &[])
    }))
    .unwrap();
    store
}

fn open() -> Store {
    let address = PostgresAddress::parse(&Cluster::shared().database()).unwrap();
    let store = wait(Store::open_postgres(PostgresSettings {
        address,
        password: PostgresPassword::InAddress,
        connections_max: 2,
    }))
    .unwrap();
    let unguarded = "ALTER TABLE pointer_history DISABLE TRIGGER USER";
    wait(store.write(&permit(), |tx| tx.execute(unguarded, &[]))).unwrap();
    store
}
