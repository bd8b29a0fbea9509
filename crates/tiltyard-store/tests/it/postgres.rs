//! PostgreSQL keeps the contract.

use tiltyard_cluster::Cluster;
use tiltyard_store::{PostgresAddress, PostgresPassword, PostgresSettings, Store};

/// An empty store; the server stays as long as this process.
async fn empty() -> (Store, ()) {
    let address = PostgresAddress::parse(&Cluster::shared().database()).unwrap();
    (
        Store::open_postgres(PostgresSettings {
            address,
            password: PostgresPassword::InAddress,
            connections_max: 8,
        })
        .await
        .unwrap(),
        (),
    )
}

contract!(empty().await);
