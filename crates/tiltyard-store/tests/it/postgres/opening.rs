//! Opening a database: migrations that run once, and databases that are not ours.

use tiltyard_cluster::Cluster;
use tiltyard_store::{Error, Store};
use tokio::task::JoinSet;

use super::{how_many_stores, open, settings};
use crate::contract::{permit, write};

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_bring_the_schema_up_to_date_once() {
    let uri = Cluster::shared().database();
    let mut starting = JoinSet::new();
    for _ in 0..6 {
        let uri = uri.clone();
        starting.spawn(async move { open(&uri, 2).await });
    }
    for store in starting.join_all().await {
        assert!(store.read(&permit(), how_many_stores).await.is_ok_and(|stores| stores == 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_ours_is_opened_again_and_another_is_refused() {
    let (ours, theirs) = (Cluster::shared().database(), Cluster::shared().database());
    write(&open(&ours, 1).await, |tx| tx.store_with_root("s3://bucket")).await;
    let again = open(&ours, 1).await;
    assert_eq!(again.read(&permit(), how_many_stores).await.unwrap(), 2);
    Cluster::shared().run(&theirs, "CREATE TABLE alembic_version (version_num TEXT)");
    let refused = Store::open_postgres(settings(&theirs, 1)).await.err();
    assert!(matches!(&refused, Some(Error::NotOurs(why)) if why.contains("MLflow")), "{refused:?}");
    let tables = Cluster::shared().run(&theirs, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables, "1");
}

/// What the contract cannot say: that SQL which does not come from this crate cannot rewrite history either.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_cannot_be_rewritten() {
    let uri = Cluster::shared().database();
    open(&uri, 1).await;
    for statement in ["UPDATE journal SET actor = 'eve'", "DELETE FROM pointer_history", "TRUNCATE journal"] {
        let attempt = format!(
            "DO $$BEGIN {statement}; EXCEPTION WHEN raise_exception THEN
                 PERFORM set_config('test.refused', SQLERRM, false); END;$$;
             SELECT current_setting('test.refused', true)"
        );
        let refused = Cluster::shared().run(&uri, &attempt);
        assert!(refused.contains("never changed or deleted"), "{statement}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_reached_is_told_without_its_password() {
    let unreachable = settings("postgresql://ada:hunter2@127.0.0.1:1/nowhere", 1);
    let error = Store::open_postgres(unreachable).await.err().unwrap();
    let said = format!("{error} {error:?}");
    assert!(matches!(error, Error::Unavailable(_)) && said.contains("127.0.0.1:1"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_the_database_cannot_keep_is_refused_before_it_is_sent() {
    let store = open(&Cluster::shared().database(), 1).await;
    let permit = permit();
    let written = store.write(&permit, |tx| tx.store_with_root("a\0b")).await;
    assert!(matches!(written, Err(Error::Nul)));
    let asked = store.read(&permit, |read| read.experiment_by_name("a\0b")).await;
    assert!(matches!(asked, Err(Error::Nul)));
}
