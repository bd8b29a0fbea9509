//! The contract on Azure's emulator, and what keeps such a store from being used.

use std::sync::Arc;

use tiltyard_blobs::CloudStore;
use tiltyard_cluster::AzureServer;

use crate::ground::{MemoryLedger, on_azure, settings};

crate::contract::clauses!(on_azure().await);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_joined_stays_what_it_is() {
    crate::s3::nothing_changes_what_was_joined(on_azure().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_store_from_being_used_is_said_plainly() {
    let server = AzureServer::shared();
    let [(name, connection)] = server.variables();
    let wrong_key = connection.replace("AccountKey=", "AccountKey=AAAA");
    for (place, connection, said, advised) in [
        (
            server.place().replace("container@", "elsewhere@"),
            &connection,
            "no such bucket",
            "make the bucket",
        ),
        (server.place(), &wrong_key, "credentials are refused", "AZURE_STORAGE_CONNECTION_STRING"),
    ] {
        let variables = [(name, connection.clone())];
        let opened = CloudStore::open(&settings(&place, &variables), Arc::new(MemoryLedger::default())).await;
        let Err(fault) = opened else { panic!("{place}: opened") };
        assert!(fault.to_string().contains(said), "{place}: {fault}");
        assert!(fault.advice().contains(advised), "{place}: {}", fault.advice());
    }
}
