//! Opening a database: migrations that run once, and databases that are not ours.

use std::time::{Duration, Instant};

use tiltyard_cluster::Cluster;
use tiltyard_domain::entity::ViewType;
use tiltyard_domain::search::{parse_run_filter, parse_run_order};
use tiltyard_store::{Cut, Error, RunSearch, Store};
use tokio::task::JoinSet;

use super::{how_many_stores, open, settings};
use crate::contract::{permit, with_run, write};
use crate::every;

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
    let long: String =
        (1..1_000_u64).map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_string()).collect();
    let written = store.write(&permit, move |tx| tx.store_with_root(&long)).await;
    assert!(matches!(written, Err(Error::TooLong)), "{written:?}");
    let asked = store.read(&permit, |read| read.experiment_by_name("a\0b")).await;
    assert!(matches!(asked, Err(Error::Nul)));
    with_run(&store).await;
    let search = RunSearch {
        experiments: vec![1],
        view: ViewType::All,
        filter: parse_run_filter("run_id IN ('a', 'a\0b')").unwrap(),
        order: parse_run_order(&[]).unwrap(),
        cut: Cut { size: 10, after: None },
    };
    let listed = store.scan(&permit, move |read| read.search_runs(&search)).await;
    assert!(matches!(listed, Err(Error::Nul)), "{listed:?}");
}

/// Makes the migration stand still in the middle, with most of its tables made.
const STAND_STILL: &str = "CREATE FUNCTION stand_still() RETURNS event_trigger LANGUAGE plpgsql AS
     $$BEGIN PERFORM pg_sleep(600); END;$$;
     CREATE EVENT TRIGGER stand_still ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER')
     EXECUTE FUNCTION stand_still()";
const STANDING: &str = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'";

/// Asks until the answer is the one that is waited for.
pub(super) fn wait_for(uri: &str, question: &str, answer: &str) {
    let began = Instant::now();
    while Cluster::shared().run(uri, question) != answer {
        assert!(began.elapsed() < Duration::from_mins(1), "{question} never became {answer}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_is_cut_leaves_nothing_and_the_next_replica_carries_it_out() {
    let uri = Cluster::shared().database();
    Cluster::shared().run(&uri, STAND_STILL);
    let cut = tokio::spawn(Store::open_postgres(settings(&uri, 2)));
    tokio::task::block_in_place(|| wait_for(&uri, &format!("SELECT count(*) {STANDING}"), "1"));
    let next = tokio::spawn(Store::open_postgres(settings(&uri, 2)));
    tokio::task::block_in_place(|| {
        wait_for(&uri, WAITING, "1");
        Cluster::shared().run(&uri, "DROP EVENT TRIGGER stand_still");
        let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'runs'";
        assert_eq!(Cluster::shared().run(&uri, tables), "0", "nobody sees half a schema");
        Cluster::shared().run(&uri, &format!("SELECT pg_terminate_backend(pid) {STANDING}"));
    });
    assert!(cut.await.unwrap().is_err());
    every::statement(&next.await.unwrap().unwrap(), 0).await;
    every::statement(&open(&uri, 2).await, 1).await;
}

/// A table of the schema that somebody else is about to make, so that the migration has to wait for it.
const HOLD: &str = "BEGIN; CREATE TABLE workspaces (held BIGINT)";
const WAITING_FOR_TABLE: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event <> 'advisory'";

/// Everybody who needs a table waits behind whoever waits for it to change it. So a migration waits shortly, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_lets_others_go_first_while_it_waits_for_a_table() {
    let uri = Cluster::shared().database();
    let (holder, connection) = tokio_postgres::connect(&uri, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    holder.batch_execute(HOLD).await.unwrap();
    let opening = tokio::spawn(Store::open_postgres(settings(&uri, 1)));
    tokio::task::block_in_place(|| {
        wait_for(&uri, WAITING_FOR_TABLE, "1");
        wait_for(&uri, WAITING_FOR_TABLE, "0");
    });
    assert!(!opening.is_finished(), "it has not given up");
    holder.batch_execute("ROLLBACK").await.unwrap();
    every::statement(&opening.await.unwrap().unwrap(), 0).await;
}

/// What a newer release may do to the schema while this one runs beside it: add tables, columns that may be missing or have
/// a default, and indexes; and note that it did.
const EXPANDED: &str = "ALTER TABLE models ADD COLUMN reviewed_ms BIGINT;
     ALTER TABLE runs ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';
     CREATE INDEX runs_by_colour ON runs (colour);
     CREATE TABLE reviews (model BIGINT NOT NULL REFERENCES models (id), text TEXT NOT NULL);
     INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
     SELECT version + 1, 'expands', applied_on, '1' FROM refinery_schema_history ORDER BY version DESC LIMIT 1";

#[tokio::test(flavor = "multi_thread")]
async fn this_release_goes_on_beside_a_newer_one_that_has_expanded_the_schema() {
    let uri = Cluster::shared().database();
    let running = open(&uri, 2).await;
    every::statement(&running, 0).await;
    Cluster::shared().run(&uri, EXPANDED);
    every::statement(&running, 1).await;
    // It may also be started again.
    every::statement(&open(&uri, 2).await, 2).await;
}
