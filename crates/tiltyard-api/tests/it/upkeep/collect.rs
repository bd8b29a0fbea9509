//! What nothing refers to goes, what something refers to stays, and what may be on its way in is left alone.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use reqwest::Method;
use serde_json::json;
use tiltyard_domain::access::{self, Action};
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_domain::{Clock, Identity, Timestamp, WorkspaceId};
use tiltyard_registry::jobs;
use tiltyard_store::{Condemned, Tx, UploadRow};

use super::{HOUR_MS, Yard, ask, done, findings, keys};

const ORPHAN: &str = ".tiltyard/blobs/ab/000000000000000000000000000000ab";

#[tokio::test]
async fn only_what_nothing_refers_to_goes() {
    let yard = Yard::new().await;
    let (run_id, folder) = yard.run().await;
    yard.put(&format!("{folder}/model/MLmodel"), "flavors: {python_function: {}}").await;
    let (_, pinned) = yard.register(&run_id).await;
    yard.put(&format!("{folder}/model/MLmodel"), "later").await;
    yard.put("0/a", "kept").await;
    let stored = keys(&yard.folder("artifacts"));
    yard.leave("0/orphan", "left");
    yard.leave(ORPHAN, "left too");
    let dry = done(&yard.server, "gc", json!({"dry_run": true})).await;
    assert_eq!((&dry["counts"]["orphans"], &dry["counts"]["orphan_bytes"]), (&json!(2), &json!(12)));
    let expected = [ORPHAN, "0/orphan"];
    assert_eq!(findings(&yard.server, "gc").await, expected.map(|key| format!("orphan {key}")));
    assert_eq!(keys(&yard.folder("artifacts")).len(), stored.len() + 2, "a dry run removes nothing");
    let real = done(&yard.server, "gc", json!({})).await;
    assert_eq!((&real["number"], &real["counts"]["removed_bytes"]), (&json!(2), &json!(12)));
    assert_eq!(findings(&yard.server, "gc").await, expected.map(|key| format!("removed {key}")));
    assert_eq!(keys(&yard.folder("artifacts")), stored);
    assert_eq!(yard.try_get(&format!("{pinned}/MLmodel")).await.unwrap(), "flavors: {python_function: {}}");
    yard.server.stop().await;
}

#[tokio::test]
async fn what_is_younger_than_the_grace_stays() {
    let yard = Yard::new().await;
    yard.leave("0/old", "x");
    yard.leave("0/young", "x");
    let now = u64::try_from(yard.server.clock.now().0).unwrap();
    let written = |key, hours: u64| {
        let file = File::options().write(true).open(yard.folder("artifacts").join(key)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_millis(now) - Duration::from_hours(hours)).unwrap();
    };
    written("0/old", 3);
    written("0/young", 1);
    let job = done(&yard.server, "gc", json!({"grace_seconds": 7_200})).await;
    assert_eq!((&job["counts"]["removed"], &job["counts"]["young"]), (&json!(1), &json!(1)));
    assert_eq!(keys(&yard.folder("artifacts")), ["0/young"]);
    yard.server.stop().await;
}

/// The key of collected bytes is out of use for a while: whoever was slow to remove them must not meet others there.
#[tokio::test]
async fn a_path_whose_bytes_were_collected_can_be_written_at_once() {
    let yard = Yard::new().await;
    yard.leave("0/a", "left");
    done(&yard.server, "gc", json!({})).await;
    yard.put("0/a", "new").await;
    assert_eq!(yard.try_get("0/a").await.unwrap(), "new");
    assert!(keys(&yard.folder("artifacts"))[0].starts_with(".tiltyard/blobs/"));
    yard.server.clock.advance_ms(2 * HOUR_MS);
    done(&yard.server, "gc", json!({})).await;
    yard.delete("0/a").await;
    yard.put("0/a", "newer").await;
    assert_eq!(keys(&yard.folder("artifacts")), ["0/a"]);
    yard.server.stop().await;
}

#[tokio::test]
async fn a_job_that_waits_is_given_to_whoever_asks_for_the_same() {
    let yard = Yard::new().await;
    let first = ask(&yard.server, "gc", json!({"dry_run": true})).await.ok();
    assert_eq!(first["state"], "waiting");
    assert_eq!(ask(&yard.server, "gc", json!({"dry_run": true})).await.ok(), first);
    ask(&yard.server, "gc", json!({"dry_run": false})).await.refused(409);
    ask(&yard.server, "gc", json!({"grace_seconds": -1})).await.refused(400);
    ask(&yard.server, "relocate", json!({"to": "/etc"})).await.refused(400);
    let findings = yard.server.send(Method::GET, "/api/tiltyard/v1/jobs/fsck/findings", None).await;
    findings.refused(404);
    assert!(jobs::work(&yard.server.context).await.unwrap());
    assert!(!jobs::work(&yard.server.context).await.unwrap());
    let all = yard.server.send(Method::GET, "/api/tiltyard/v1/jobs", None).await.ok();
    assert_eq!(all["jobs"].as_array().unwrap().len(), 1);
    yard.server.stop().await;
}

/// The server died between deleting a version and letting go of its files.
#[tokio::test]
async fn a_deleted_version_lets_go_of_its_files() {
    let yard = Yard::new().await;
    let (run_id, folder) = yard.run().await;
    yard.put(&format!("{folder}/model/MLmodel"), "flavors: {}").await;
    yard.register(&run_id).await;
    yard.delete(&folder).await;
    assert_eq!(keys(&yard.folder("artifacts")).len(), 1, "the version pins it");
    let permit = access::decide(Identity::local(), Action::Maintain, WorkspaceId::DEFAULT).unwrap();
    let delete = |tx: &mut Tx<'_>| tx.delete_version(1, Timestamp(1));
    yard.server.store.write(&permit, delete).await.unwrap();
    let job = done(&yard.server, "gc", json!({})).await;
    assert_eq!(job["counts"]["files_let_go"], 1);
    assert!(keys(&yard.folder("artifacts")).is_empty());
    yard.server.stop().await;
}

/// Nothing refers to what an upload was joined to before it was read back.
#[tokio::test]
async fn what_an_open_upload_was_joined_to_stays() {
    let yard = Yard::new().await;
    yard.leave(ORPHAN, "joined");
    let id = ORPHAN.rsplit('/').next().unwrap().to_owned();
    let permit = access::decide(Identity::local(), Action::Maintain, WorkspaceId::DEFAULT).unwrap();
    let row = UploadRow { id: id.clone(), remote: String::new(), touched: Timestamp(1), joining: None };
    let open = move |tx: &mut Tx<'_>| tx.open_upload("s3://bucket", &row);
    yard.server.store.write(&permit, open).await.unwrap();
    done(&yard.server, "gc", json!({})).await;
    assert_eq!(keys(&yard.folder("artifacts")), [ORPHAN]);
    let close = move |tx: &mut Tx<'_>| tx.close_upload("s3://bucket", &id);
    assert!(yard.server.store.write(&permit, close).await.unwrap());
    done(&yard.server, "gc", json!({})).await;
    assert!(keys(&yard.folder("artifacts")).is_empty());
    yard.server.stop().await;
}

#[tokio::test]
async fn abandoned_uploads_are_counted_and_given_up() {
    let yard = Yard::new().await;
    let body = json!({"path": "weights", "num_parts": 1});
    yard.server.send(Method::POST, "/api/2.0/mlflow-artifacts/mpu/create/0", Some(body)).await.ok();
    // To a place that new bytes no longer go to.
    let server = yard.server.restart_with_artifacts_in("elsewhere").await;
    server.clock.advance_ms(super::YEARS_MS);
    let dry = done(&server, "gc", json!({"dry_run": true})).await;
    assert_eq!(dry["counts"]["uploads_to_give_up"], 1);
    assert_eq!(done(&server, "gc", json!({})).await["counts"]["uploads_given_up"], 1);
    assert_eq!(done(&server, "gc", json!({})).await["counts"]["uploads_given_up"], 0);
    server.stop().await;
}

/// No key is so long, so nothing can be removed there; what comes behind it goes all the same.
#[tokio::test]
async fn what_cannot_be_removed_is_named_and_holds_up_nothing() {
    let yard = Yard::new().await;
    yard.leave("0/orphan", "x");
    let key = format!("0/{}", "x".repeat(300));
    let condemned = vec![Condemned { store: BlobStoreId(1), key: key.clone(), size_bytes: 1 }];
    let permit = access::decide(Identity::local(), Action::Maintain, WorkspaceId::DEFAULT).unwrap();
    let condemn = move |tx: &mut Tx<'_>| tx.condemn(condemned.clone(), Timestamp(1));
    yard.server.store.write(&permit, condemn).await.unwrap();
    for expected in
        [vec!["removed 0/orphan".to_owned(), format!("stuck {key}")], vec![format!("stuck {key}")]]
    {
        done(&yard.server, "gc", json!({})).await;
        assert_eq!(findings(&yard.server, "gc").await, expected);
    }
    yard.server.stop().await;
}
