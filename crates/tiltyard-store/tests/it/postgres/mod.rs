//! PostgreSQL keeps the contract, with several replicas and through faults.

mod faults;
mod network;
mod opening;
mod plans;
mod replicas;
mod tls;
mod waits;

use tiltyard_cluster::Cluster;
use tiltyard_store::{Error, PostgresAddress, PostgresPassword, PostgresSettings, Read, Store};

/// An empty store; the server stays as long as this process.
async fn empty() -> (Store, ()) {
    (open(&Cluster::shared().database(), 8).await, ())
}

fn settings(uri: &str, connections_max: usize) -> PostgresSettings {
    let address = PostgresAddress::parse(uri).unwrap();
    PostgresSettings { address, password: PostgresPassword::InAddress, connections_max }
}

async fn open(uri: &str, connections_max: usize) -> Store {
    Store::open_postgres(settings(uri, connections_max)).await.unwrap()
}

/// A read that needs nothing.
fn how_many_stores(read: &mut Read<'_>) -> Result<usize, Error> {
    Ok(read.stores()?.len())
}

contract!(empty().await);
