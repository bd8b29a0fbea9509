//! A server whose database goes away and comes back: clear answers meanwhile, and no restart.

use serde_json::json;
use tempfile::TempDir;
use tiltyard_cluster::Cluster;

use crate::served::{Served, wait_until};

#[test]
fn a_server_outlives_its_database() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (cluster, folder) = (Cluster::start(), TempDir::new().unwrap());
    let server = Served::start_with(folder.path(), &["--backend-store-uri", &cluster.database()]);
    let create = |name: &str| {
        let url = format!("{}/api/2.0/mlflow/registered-models/create", server.url);
        let request = server.client.post(url).json(&json!({"name": name}));
        runtime.block_on(async { request.send().await.unwrap() })
    };
    assert_eq!(create("before").status(), 200);
    cluster.kill();
    for _ in 0..3 {
        let refused = create("meanwhile");
        assert_eq!(refused.status(), 503);
        assert_eq!(refused.headers()["retry-after"], "1");
        let said = runtime.block_on(refused.text()).unwrap();
        assert!(said.contains("TEMPORARILY_UNAVAILABLE") && said.contains("not available"), "{said}");
    }
    cluster.revive();
    wait_until("the server to find its database", || create("after").status() != 503);
    assert_eq!(create("after").status(), 400);
}
