//! What the server does not start on: other programs' databases, which it leaves as they are, addresses that the network
//! reaches, settings that it cannot honour. Each refusal is one sentence that says what to do.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::served::{Served, refusal};

/// What MLflow makes first of all; the number is that of its newest migration.
const MLFLOW_SCHEMA: &str = "
    CREATE TABLE alembic_version (
        version_num VARCHAR(32) NOT NULL,
        CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
    );
    CREATE TABLE experiments (
        experiment_id INTEGER NOT NULL,
        name VARCHAR(256) NOT NULL,
        artifact_location VARCHAR(256),
        lifecycle_stage VARCHAR(32),
        creation_time BIGINT,
        last_update_time BIGINT,
        CONSTRAINT experiment_pk PRIMARY KEY (experiment_id)
    );
    INSERT INTO experiments VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', 1, 1);";
/// The newest migrations of MLflow 2.22 and 3.17.
const MLFLOW_MIGRATIONS: [&str; 2] = ["0584bdc529eb", "dc11669786a5"];

/// Every file of a folder with its bytes.
fn photograph(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// One line that begins with `error:` and, where there is advice, one more.
#[track_caller]
fn is_one_sentence(said: &str) {
    let mut lines = said.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("error: ")), "{said}");
    assert!(lines.all(|line| line.starts_with("  next: ")), "{said}");
    assert!(!said.contains("panicked") && said.lines().count() <= 2, "{said}");
}

/// The server does not start on `x.db`, says so, and neither changes a file nor makes one.
#[track_caller]
fn refuses_database(folder: &Path, part: &str) {
    let before = photograph(folder);
    let (code, said) = refusal(folder, &["--backend-store-uri", "sqlite:///x.db"], &[]);
    assert_eq!(code, 1, "{said}");
    is_one_sentence(&said);
    assert!(said.contains(part) && said.contains("x.db"), "{said}");
    assert!(photograph(folder) == before, "a file was changed or made");
}

fn mlflow_database(folder: &Path, migration: &str) -> Connection {
    let connection = Connection::open(folder.join("x.db")).unwrap();
    connection.execute_batch(MLFLOW_SCHEMA).unwrap();
    connection.execute("INSERT INTO alembic_version VALUES (?1)", [migration]).unwrap();
    connection
}

#[test]
fn a_database_that_mlflow_made_is_refused_and_left_as_it_was() {
    for migration in MLFLOW_MIGRATIONS {
        let folder = TempDir::new().unwrap();
        drop(mlflow_database(folder.path(), migration));
        refuses_database(
            folder.path(),
            "a database that MLflow made, and was not changed. Importing one is coming",
        );
    }
}

#[test]
fn a_database_of_mlflow_in_use_with_a_log_beside_it_is_refused_and_left_as_it_was() {
    let folder = TempDir::new().unwrap();
    drop(mlflow_database(folder.path(), MLFLOW_MIGRATIONS[1]));
    let user = Connection::open(folder.path().join("x.db")).unwrap();
    user.execute_batch(
        "PRAGMA journal_mode = WAL; INSERT INTO experiments (experiment_id, name) VALUES (1, 'b');",
    )
    .unwrap();
    assert!(fs::metadata(folder.path().join("x.db-wal")).unwrap().len() > 0);
    refuses_database(folder.path(), "a database that MLflow made");
}

#[test]
fn a_database_whose_tables_all_stand_in_its_log_is_refused_and_left_as_it_was() {
    let folder = TempDir::new().unwrap();
    let user = Connection::open(folder.path().join("x.db")).unwrap();
    user.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;").unwrap();
    user.execute_batch(MLFLOW_SCHEMA).unwrap();
    refuses_database(folder.path(), "another program");
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_was() {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(folder.path().join("x.db")).unwrap();
    connection
        .execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY); PRAGMA user_version = 7;")
        .unwrap();
    drop(connection);
    refuses_database(folder.path(), "another program's database");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_was() {
    for content in ["hello", &"a line of text\n".repeat(1_000)] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("x.db"), content).unwrap();
        refuses_database(folder.path(), "is not an SQLite database");
    }
}

#[test]
fn a_folder_in_the_place_of_the_database_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("x.db")).unwrap();
    refuses_database(folder.path(), "is a folder");
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("x.db"), "").unwrap();
    Served::start_with(folder.path(), &["--backend-store-uri", "sqlite:///x.db"]).kill();
    assert!(fs::metadata(folder.path().join("x.db")).unwrap().len() > 0);
}

#[test]
fn a_port_in_use_is_named() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = refusal(folder.path(), &["--port", &port], &[]);
    assert_eq!(code, 1, "{said}");
    is_one_sentence(&said);
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("--port"), "{said}");
}

/// The flags and variables do not let a server start, and the refusal says what it should.
#[track_caller]
fn refuses_settings(flags: &[&str], variables: &[(&str, &str)], parts: &[&str]) {
    let folder = TempDir::new().unwrap();
    let (code, said) = refusal(folder.path(), flags, variables);
    assert_eq!(code, 2, "{flags:?} {variables:?}: {said}");
    is_one_sentence(&said);
    for part in parts {
        assert!(said.contains(part), "{flags:?} {variables:?} do not mention {part}: {said}");
    }
    assert!(photograph(folder.path()).is_empty(), "{flags:?} {variables:?} left files behind");
}

#[test]
fn the_network_is_reached_only_on_purpose() {
    let ways_out = ["--allow-unauthenticated-network", "TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK"];
    for host in ["0.0.0.0", "::", "10.1.2.3", "registry.example.com"] {
        refuses_settings(&["--host", host], &[], &ways_out);
        refuses_settings(&[], &[("MLFLOW_HOST", host)], &["MLFLOW_HOST", ways_out[0]]);
    }
    let folder = TempDir::new().unwrap();
    let server = Served::start_with(folder.path(), &["--host", "0.0.0.0", "--allow-unauthenticated-network"]);
    assert!(server.log().contains("there is no authentication"), "{}", server.log());
}

#[test]
fn what_the_reference_of_settings_calls_refused_is_refused() {
    refuses_settings(&["--app-name", "basic-auth"], &[], &["--app-name is refused", "leave the flag out"]);
    refuses_settings(
        &["--read-replica-backend-store-uri", "sqlite:///y.db"],
        &[],
        &["--read-replica-backend-store-uri is refused"],
    );
    refuses_settings(&["--trace-archival-config", "a.yaml"], &[], &["--trace-archival-config is refused"]);
    refuses_settings(
        &["--enable-workspaces"],
        &[],
        &["--enable-workspaces is refused", "start without them"],
    );
    let variables = [
        ("MLFLOW_ENABLE_WORKSPACES", "true"),
        ("MLFLOW_READ_REPLICA_BACKEND_STORE_URI", "sqlite:///y.db"),
        ("MLFLOW_TRACE_ARCHIVAL_CONFIG", "a.yaml"),
        ("MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX", "^s3"),
        ("MLFLOW_WORKSPACE", "team"),
    ];
    for variable in variables {
        refuses_settings(&[], &[variable], &[variable.0, "is refused"]);
    }
}

/// The lines of the reference that say `refused`, so that a new one cannot be forgotten above.
#[test]
fn the_reference_of_settings_calls_nothing_else_refused() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md")).unwrap();
    let refused =
        page.lines().filter(|line| line.contains("| refused |") || line.contains("| refused when on |"));
    assert_eq!(refused.count(), 6);
}

#[test]
fn stores_that_are_not_served_are_refused_without_their_passwords() {
    for (uri, instead) in [
        ("postgresql://ada:hunter2@db", "postgresql://user@host:5432/database"),
        ("mysql+pymysql://ada:hunter2@db/x", "sqlite:///"),
        ("./mlruns", "sqlite:///"),
        ("mlflow.db", "sqlite:///"),
    ] {
        refuses_settings(&["--backend-store-uri", uri], &[], &["--backend-store-uri", instead]);
        let folder = TempDir::new().unwrap();
        let (_, said) = refusal(folder.path(), &["--backend-store-uri", uri], &[]);
        assert!(!said.contains("hunter2"), "{said}");
    }
    refuses_settings(&["--artifacts-destination", "hdfs://node/x"], &[], &["--artifacts-destination"]);
}

/// A collection of the one would remove what is known by its name in the other.
#[test]
fn a_place_that_is_inside_another_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(Served::start_with(folder.path(), &["--artifacts-destination", "a"]));
    symlink("a", folder.path().join("link")).unwrap();
    let destination = "--artifacts-destination";
    let root = "--default-artifact-root";
    for (flags, advice) in [
        (&[destination, "a/new"][..], "tiltyard moved"),
        (&[destination, "link"], "tiltyard moved"),
        (&[destination, "."], "tiltyard moved"),
        (&[destination, "a", root, "a/runs"], root),
        (&[destination, "a", root, "."], root),
        (&[destination, "b", root, "file:./link/runs"], root),
        (&["--no-serve-artifacts", root, "a/runs"], root),
    ] {
        let (code, said) = refusal(folder.path(), flags, &[]);
        assert_eq!(code, 1, "{flags:?}: {said}");
        is_one_sentence(&said);
        assert!(said.contains("inside the other") && said.contains(advice), "{flags:?}: {said}");
    }
    drop(Served::start_with(folder.path(), &[destination, "a", root, "runs"]));
    drop(Served::start_with(folder.path(), &[destination, "b"]));
    let (_, said) = refusal(folder.path(), &[destination, "runs/own"], &[]);
    assert!(said.contains(root), "clients were told to write there once: {said}");
}
