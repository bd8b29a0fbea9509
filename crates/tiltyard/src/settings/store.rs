//! Where metadata lives: turning the backend store address into a location, or saying what to use instead.
//! Whether the file is there, and is ours, is found out when the store opens it.

use std::path::PathBuf;

use tiltyard_store::PostgresSettings;

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{BACKEND_STORE, REGISTRY_STORE};
use super::environment::Environment;
use super::input::Given;
use super::postgres;
use super::uri::{absolute, decoded, scheme};

/// The file used when no store is named, in the current folder.
const DEFAULT_FILE: &str = "tiltyard.db";

/// Where the metadata store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreLocation {
    /// A SQLite file, by its absolute path.
    Sqlite(PathBuf),
    /// A `PostgreSQL` database.
    Postgres(Box<PostgresSettings>),
}

/// The store of a server, for commands that work on it without one: named as the server is told of it.
pub(crate) fn named(
    backend_store_uri: Option<String>,
    environment: &Environment,
) -> Result<StoreLocation, SettingsError> {
    resolve(&ServerArguments::of_store(backend_store_uri), environment)
}

pub(super) fn resolve(
    arguments: &ServerArguments,
    environment: &Environment,
) -> Result<StoreLocation, SettingsError> {
    let backend = match environment.text(&BACKEND_STORE, arguments.backend_store_uri.as_deref()) {
        Some(given) => parse(given, arguments, environment)?,
        None => StoreLocation::Sqlite(environment.working_folder().join(DEFAULT_FILE)),
    };
    if let Some(given) = environment.text(&REGISTRY_STORE, arguments.registry_store_uri.as_deref())
        && parse(given, arguments, environment)? != backend
    {
        return Err(given.refuse(
            "runs and models live in one store here; leave this out, or name the same database as --backend-store-uri",
        ));
    }
    Ok(backend)
}

fn parse(
    given: Given<'_>,
    arguments: &ServerArguments,
    environment: &Environment,
) -> Result<StoreLocation, SettingsError> {
    let scheme = scheme(given.text);
    match scheme.as_deref() {
        Some(scheme) if matches!(kind(scheme), "postgresql" | "postgres") => {
            Ok(StoreLocation::Postgres(Box::new(postgres::resolve(given, arguments, environment)?)))
        }
        Some("sqlite" | "sqlite+pysqlite") => {
            let path = sqlite_path(given.text).map_err(|sentence| given.refuse(sentence))?;
            Ok(StoreLocation::Sqlite(absolute(environment.working_folder(), &path)))
        }
        Some(other) => Err(given.refuse(instead_of_scheme(other))),
        None => Err(given.refuse(instead_of_path(given.text))),
    }
}

fn sqlite_path(text: &str) -> Result<PathBuf, String> {
    let path = text.split_once(":///").map(|(_, path)| path).ok_or(
        "a SQLite address has three slashes before a relative path and four before an absolute one; write \
         sqlite:///tiltyard.db or sqlite:////srv/tiltyard.db",
    )?;
    if path.contains('?') {
        return Err("options after `?` are not taken; write the address without them".to_owned());
    }
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(
            "a database in memory would be lost at the end; name a file, as in sqlite:///tiltyard.db"
                .to_owned(),
        );
    }
    if path.ends_with('/') {
        return Err("this names a folder; name a file, as in sqlite:///tiltyard.db".to_owned());
    }
    Ok(PathBuf::from(decoded(path)?))
}

/// The database that a scheme names, without the driver that SQLAlchemy lets one add.
fn kind(scheme: &str) -> &str {
    scheme.split('+').next().unwrap_or(scheme)
}

/// Says nothing of the address but its kind: the rest may hold a password.
fn instead_of_scheme(scheme: &str) -> String {
    let kind = kind(scheme);
    match kind {
        "mysql" => format!("MySQL is not supported; {INSTEAD}"),
        "mssql" => format!("SQL Server is not supported; {INSTEAD}"),
        "file" => FILE_STORE.to_owned(),
        "http" | "https" => format!("this is the address of a server, not of a store; {INSTEAD}"),
        _ => format!("`{kind}` is not a kind of store that is known here; {INSTEAD}"),
    }
}

const INSTEAD: &str = "use sqlite:///path/to/file.db or postgresql://user@host/database";

const FILE_STORE: &str = "plain folders of runs (file stores) are not served, and importing them comes with a later \
                          release; use sqlite:///path/to/file.db";

fn instead_of_path(text: &str) -> String {
    let looks_like_database = [".db", ".sqlite", ".sqlite3"].iter().any(|ending| text.ends_with(ending));
    if looks_like_database {
        return format!("a database is named by an address; write sqlite:///{text}");
    }
    FILE_STORE.to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Given, StoreLocation, parse};
    use crate::settings::{Environment, ServerArguments};

    fn read(text: &str) -> Result<StoreLocation, String> {
        let given = Given { text, origin: "--backend-store-uri" };
        parse(given, &ServerArguments::default(), &Environment::new("/srv/x"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn sqlite_addresses_name_files() {
        let check = |text: &str, expected: &str| {
            assert_eq!(read(text), Ok(StoreLocation::Sqlite(PathBuf::from(expected))), "{text}");
        };
        check("sqlite:///tiltyard.db", "/srv/x/tiltyard.db");
        check("sqlite:///./a/b.db", "/srv/x/a/b.db");
        check("sqlite:////abs/x.db", "/abs/x.db");
        check("SQLite:///x.db", "/srv/x/x.db");
        check("sqlite+pysqlite:///x.db", "/srv/x/x.db");
        check("sqlite:///a%20b.db", "/srv/x/a b.db");
    }

    #[test]
    fn other_stores_are_refused_with_what_to_use() {
        let check = |text: &str, expected: &str| {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(error.contains("sqlite:///") || error.contains("without them"), "{text}: {error}");
        };
        check("mysql+pymysql://db/mlflow", "MySQL is not supported");
        check("mssql+pyodbc://db/mlflow", "SQL Server is not supported");
        check("file:///srv/mlruns", "importing them comes with a later release");
        check("./mlruns", "importing them comes with a later release");
        check("http://localhost:5000", "address of a server");
        check("databricks://profile", "`databricks` is not a kind of store");
        check("/srv/mlflow.db", "write sqlite:////srv/mlflow.db");
        check("mlflow.db", "write sqlite:///mlflow.db");
        check("sqlite://", "three slashes");
        check("sqlite://host/x.db", "three slashes");
        check("sqlite:x.db", "three slashes");
        check("sqlite:///", "in memory");
        check("sqlite:///:memory:", "in memory");
        check("sqlite:///folder/", "names a folder");
        check("sqlite:///x.db?mode=ro", "options after `?`");
    }

    #[test]
    fn postgresql_is_taken_in_every_spelling() {
        for text in ["postgresql://u:p@db/mlflow", "postgres+psycopg2://db/mlflow", "PostgreSQL://db/x"] {
            assert!(matches!(read(text), Ok(StoreLocation::Postgres(_))), "{text}");
        }
    }

    #[test]
    fn a_refusal_never_repeats_a_password() {
        assert!(!read("postgresql://user:hunter2@db").unwrap_err().contains("hunter2"));
        let shown = format!("{:?}", read("postgresql://user:hunter2@db/mlflow").unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
