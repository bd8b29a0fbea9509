//! Settings as a whole: defaults, precedence, and what is refused at the door.
//! That no flag or variable is forgotten is proved in `tests/coverage.rs`.

mod coverage;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use clap::Parser;
use tiltyard_domain::runs::LongValues;

use super::artifacts::ArtifactRoot;
use super::browser::FrameOptions;
use super::catalogue::{self, Setting, Treatment};
use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: ServerArguments,
}

fn arguments(line: &str) -> ServerArguments {
    let words = std::iter::once("server").chain(line.split_whitespace());
    Line::try_parse_from(words).unwrap().arguments
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .fold(Environment::new("/srv/x"), |environment, (name, value)| environment.with(*name, *value))
}

fn resolve(line: &str, variables: &[(&str, &str)]) -> Result<Resolved, String> {
    ServerSettings::resolve(&arguments(line), &environment(variables)).map_err(|error| error.to_string())
}

fn settings(line: &str, variables: &[(&str, &str)]) -> ServerSettings {
    resolve(line, variables).unwrap().settings
}

#[track_caller]
fn check_refused(line: &str, variables: &[(&str, &str)], expected: &str) {
    let error = resolve(line, variables).unwrap_err();
    assert!(error.contains(expected), "`{line}` {variables:?}: {error}");
}

fn rows(treatment: Treatment) -> impl Iterator<Item = &'static Setting> {
    catalogue::all().filter(move |setting| setting.treatment == treatment)
}

#[test]
fn the_defaults_are_a_server_for_this_machine_in_the_current_folder() {
    let Resolved { settings, notices } = resolve("", &[]).unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(settings.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(settings.static_prefix.as_str(), "");
    assert_eq!(settings.surface, Surface::Everything);
    assert_eq!(settings.store, StoreLocation::Sqlite("/srv/x/tiltyard.db".into()));
    assert_eq!(settings.artifacts.root.uri(), "mlflow-artifacts:/");
    assert_eq!(settings.artifacts.proxy, Some(Destination::Folder("/srv/x/mlartifacts".into())));
    assert_eq!(settings.bounds.artifact_location_length_max, 2048);
    assert_eq!(settings.bounds.long_values, LongValues::Cut);
    assert_eq!(settings.log_filter.as_str(), "info");
    let BrowserGuard::On(rules) = settings.browser_guard else { panic!("the guard is off") };
    assert_eq!(rules.frames, FrameOptions::SameOrigin);
    assert!(rules.hosts.iter().any(|rule| rule.permits("localhost:5000")));
    assert!(!rules.origins.iter().any(|rule| rule.permits("https://evil.example")));
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_default() {
    let port = |line, variables: &[_]| settings(line, variables).listen.port;
    assert_eq!(port("", &[("MLFLOW_PORT", "6000")]), 6000);
    assert_eq!(port("--port 7000", &[("MLFLOW_PORT", "6000")]), 7000);
    assert_eq!(port("--port 7000", &[("MLFLOW_PORT", "not read")]), 7000);
    assert_eq!(port("", &[("MLFLOW_PORT", "")]), 5000);
    let empty = ["server", "--port", "", "--backend-store-uri", "", "--host", ""];
    let empty = Line::try_parse_from(empty).unwrap().arguments;
    assert_eq!(
        ServerSettings::resolve(&empty, &environment(&[])).map_err(|error| error.to_string()),
        resolve("", &[])
    );
    let serves = |line, value| settings(line, &[("MLFLOW_SERVE_ARTIFACTS", value)]).artifacts.proxy.is_some();
    assert!(!serves("", "false"));
    assert!(serves("--serve-artifacts", "false"));
    assert!(!serves("--no-serve-artifacts", "true"));
}

#[test]
fn our_variables_win_over_those_of_mlflow() {
    let both = [("TILTYARD_LOG", "debug"), ("MLFLOW_LOGGING_LEVEL", "WARNING")];
    assert_eq!(settings("", &both).log_filter.as_str(), "debug");
    assert_eq!(settings("", &both[1..]).log_filter.as_str(), "warn");
    assert_eq!(settings("--log-level trace", &both).log_filter.as_str(), "trace");
}

#[test]
fn flags_are_written_as_for_mlflow() {
    let listen = settings("-h localhost -p 0", &[]).listen;
    assert_eq!((listen.host, listen.port), (ListenHost::Name("localhost".into()), 0));
    assert_eq!(settings("--port 1 --port 2", &[]).listen.port, 2);
    assert_eq!(settings("--port=3", &[]).listen.port, 3);
    assert!(resolve("-w 8", &[]).is_ok());
    assert!(resolve("--serve-artifacts --no-serve-artifacts", &[]).is_ok());
    let line = ["server", "--gunicorn-opts", "--timeout 120 --log-level debug"];
    assert!(Line::try_parse_from(line).is_ok(), "options for gunicorn begin with dashes");
}

#[test]
fn the_last_flag_of_a_pair_counts() {
    let proxy = |line| settings(line, &[]).artifacts.proxy;
    assert_eq!(proxy("--serve-artifacts --no-serve-artifacts"), None);
    assert_ne!(proxy("--no-serve-artifacts --serve-artifacts"), None);
    assert!(resolve("--enable-workspaces --disable-workspaces", &[]).is_ok());
    assert!(resolve("--disable-workspaces --enable-workspaces", &[]).is_err());
}

/// Names and values.
type Variables = &'static [(&'static str, &'static str)];

/// For the first name of each honoured setting, a value that is not its default, and what has to be given beside it.
const SAMPLES: &[(&str, &str, Variables)] = &[
    ("MLFLOW_BACKEND_STORE_URI", "sqlite:///other.db", &[]),
    ("MLFLOW_REGISTRY_STORE_URI", "sqlite:///other.db", &[]),
    ("TILTYARD_BACKEND_STORE_PASSWORD_FILE", "/password", ON_POSTGRES),
    ("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://bucket", &[]),
    ("MLFLOW_ARTIFACTS_DESTINATION", "./other", &[]),
    ("TILTYARD_ARTIFACTS_SEAL_KEY_FILE", "/keys", &[]),
    ("MLFLOW_SERVE_ARTIFACTS", "false", &[]),
    ("MLFLOW_ARTIFACTS_ONLY", "true", &[]),
    ("MLFLOW_HOST", "::1", &[]),
    ("MLFLOW_PORT", "1", &[]),
    ("TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK", "true", &[("MLFLOW_HOST", "0.0.0.0")]),
    ("MLFLOW_STATIC_PREFIX", "/x", &[]),
    ("TILTYARD_TLS_CERTIFICATE", "/certificate", &[("TILTYARD_TLS_KEY", "/key")]),
    ("TILTYARD_TLS_KEY", "/key", &[("TILTYARD_TLS_CERTIFICATE", "/certificate")]),
    ("TILTYARD_TRUSTED_PROXIES", "10.0.0.1", &[]),
    ("TILTYARD_DRAIN_DELAY", "5", &[]),
    ("MLFLOW_SERVER_ALLOWED_HOSTS", "a", &[]),
    ("MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", "https://a", &[]),
    ("MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE", "true", &[]),
    ("MLFLOW_SERVER_X_FRAME_OPTIONS", "DENY", &[]),
    ("TILTYARD_LOG", "error", &[]),
    ("MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH", "100", &[]),
    ("MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES", "hdfs", &[]),
    ("MLFLOW_TRUNCATE_LONG_VALUES", "false", &[]),
    ("PGPASSWORD", "secret", ON_POSTGRES),
    ("PGPASSFILE", "/passwords", ON_POSTGRES),
    ("PGSSLMODE", "require", ON_POSTGRES),
    ("PGSSLROOTCERT", "/roots", &[("MLFLOW_BACKEND_STORE_URI", "postgresql://h/d?sslmode=verify-full")]),
    ("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "3", ON_POSTGRES),
    (
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW",
        "3",
        &[("MLFLOW_BACKEND_STORE_URI", "postgresql://h/d"), ("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "2")],
    ),
    ("MLFLOW_S3_UPLOAD_EXTRA_ARGS", r#"{"ServerSideEncryption": "AES256"}"#, ON_S3),
    ("MLFLOW_S3_EXPECTED_BUCKET_OWNER", "1", ON_S3),
];
const ON_POSTGRES: Variables = &[("MLFLOW_BACKEND_STORE_URI", "postgresql://h/d")];
const ON_S3: Variables = &[("MLFLOW_ARTIFACTS_DESTINATION", "s3://bucket")];

#[test]
fn every_honoured_setting_changes_something() {
    // Whole families of clouds' own variables are looked at where they are read.
    let is_of_a_cloud =
        |name: &&str| !["MLFLOW_", "TILTYARD_", "PG"].iter().any(|beginning| name.starts_with(beginning));
    for row in rows(Treatment::Honoured).filter(|row| !row.variables.iter().any(&is_of_a_cloud)) {
        let sample = SAMPLES.iter().find(|(name, ..)| Some(name) == row.variables.first());
        let (_, value, beside) = sample.unwrap_or_else(|| panic!("no sample for {:?}", row.variables));
        for name in row.variables {
            let with = [beside, &[(*name, *value)][..]].concat();
            assert_ne!(resolve("", &with), resolve("", beside), "{name}");
        }
    }
}

#[test]
fn the_network_is_faced_only_on_request() {
    for host in ["0.0.0.0", "::", "192.168.1.5", "registry.example.com"] {
        let line = format!("--host {host}");
        check_refused(&line, &[], "--allow-unauthenticated-network");
        check_refused(&line, &[], "TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK=true");
        check_refused("", &[("MLFLOW_HOST", host)], "MLFLOW_HOST: there is no authentication yet");
        let allowed = resolve(&format!("{line} --allow-unauthenticated-network"), &[]).unwrap();
        assert_eq!(allowed.notices.len(), 1, "{host}");
        assert!(resolve(&line, &[("TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK", "true")]).is_ok());
        check_refused(&line, &[("TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK", "false")], "no authentication yet");
    }
    let listen = settings("--host 0.0.0.0 --allow-unauthenticated-network", &[]).listen;
    assert_eq!(listen.host, ListenHost::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    assert_eq!(settings("--host ::1", &[]).listen.to_string(), "[::1]:5000");
}

#[test]
fn runs_and_models_share_one_store() {
    let same = "--backend-store-uri sqlite:///a.db --registry-store-uri sqlite:////srv/x/a.db";
    assert!(resolve(same, &[]).is_ok());
    assert!(resolve("--registry-store-uri sqlite:///tiltyard.db", &[]).is_ok());
    check_refused("--registry-store-uri sqlite:///b.db", &[], "name the same database as");
    check_refused(
        "",
        &[("MLFLOW_REGISTRY_STORE_URI", "postgresql://h/d")],
        "MLFLOW_REGISTRY_STORE_URI: runs and models live in one store",
    );
}

#[test]
fn artifacts_can_be_left_to_clients() {
    let artifacts = settings("--no-serve-artifacts", &[]).artifacts;
    assert_eq!(artifacts.root.uri(), "/srv/x/mlruns");
    assert_eq!(artifacts.proxy, None);
    let ArtifactRoot::LocalFolder { folder, .. } = artifacts.root else { panic!("not a folder") };
    assert_eq!(folder, Path::new("/srv/x/mlruns"));
    let odd = resolve("--no-serve-artifacts --default-artifact-root mlflow-artifacts:/", &[]).unwrap();
    assert!(odd.notices[0].contains("does not serve artifacts"), "{:?}", odd.notices);
    check_refused(
        "--artifacts-destination s3://",
        &[],
        "--artifacts-destination: the address names no bucket",
    );
    let cloud = settings("--artifacts-destination s3://bucket/x", &[]).artifacts.proxy;
    assert!(matches!(cloud, Some(Destination::Cloud(_))), "{cloud:?}");
    assert!(resolve("--no-serve-artifacts --artifacts-destination s3://bucket", &[]).is_ok());
}

#[test]
fn a_server_of_artifacts_alone_must_serve() {
    assert_eq!(settings("--artifacts-only", &[]).surface, Surface::ArtifactsOnly);
    assert_eq!(settings("", &[("MLFLOW_ARTIFACTS_ONLY", "false")]).surface, Surface::Everything);
    let store = settings("--artifacts-only --backend-store-uri sqlite:///a.db", &[]).store;
    assert_eq!(store, StoreLocation::Sqlite("/srv/x/a.db".into()));
    check_refused("--artifacts-only --no-serve-artifacts", &[], "nothing would be left to serve");
}

#[test]
fn workspaces_are_refused_only_when_on() {
    check_refused("--enable-workspaces", &[], "--enable-workspaces is refused: workspaces come with");
    check_refused("", &[("MLFLOW_ENABLE_WORKSPACES", "true")], "MLFLOW_ENABLE_WORKSPACES is refused");
    check_refused("", &[("MLFLOW_ENABLE_WORKSPACES", "maybe")], "write true or false");
    assert!(resolve("", &[("MLFLOW_ENABLE_WORKSPACES", "false")]).is_ok());
    assert!(resolve("--disable-workspaces", &[("MLFLOW_ENABLE_WORKSPACES", "true")]).is_ok());
}

#[test]
fn browsers_are_protected_as_configured() {
    let line = "--allowed-hosts a.example:5000,b-*.example --cors-allowed-origins https://a.example";
    let BrowserGuard::On(rules) = settings(line, &[]).browser_guard else { panic!("the guard is off") };
    assert!(rules.hosts.iter().any(|rule| rule.permits("b-1.example")));
    assert!(!rules.hosts.iter().any(|rule| rule.permits("localhost")), "a list replaces the default");
    assert!(rules.origins.iter().any(|rule| rule.permits("https://a.example")));
    assert!(rules.origins.iter().any(|rule| rule.permits("http://localhost:3000")), "this machine stays");
    let off = resolve("--disable-security-middleware", &[]).unwrap();
    assert_eq!((off.settings.browser_guard, off.notices.len()), (BrowserGuard::Off, 1));
    assert_eq!(resolve("--allowed-hosts * --cors-allowed-origins *", &[]).unwrap().notices.len(), 2);
    check_refused("--allowed-hosts http://a", &[], "--allowed-hosts: `http://a` is not a host");
    check_refused("--cors-allowed-origins a", &[], "--cors-allowed-origins: `a` is not an origin");
    check_refused("--x-frame-options maybe", &[], "write SAMEORIGIN, DENY or NONE");
}

#[test]
fn limits_can_be_set() {
    let variables = [("MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH", "100"), ("MLFLOW_TRUNCATE_LONG_VALUES", "0")];
    let bounds = settings("", &variables).bounds;
    assert_eq!(bounds, Bounds { artifact_location_length_max: 100, long_values: LongValues::Refuse });
    for value in ["0", "-1", "many"] {
        check_refused("", &[("MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH", value)], "whole number above zero");
    }
}

#[test]
fn options_for_python_servers_are_looked_into() {
    let resolve = |flag: &str, text: &str| {
        let line = Line::try_parse_from(["server", flag, text]).unwrap().arguments;
        ServerSettings::resolve(&line, &environment(&[])).map_err(|error| error.to_string())
    };
    for flag in ["--gunicorn-opts", "--waitress-opts", "--uvicorn-opts"] {
        let notices = resolve(flag, "--threads 8").unwrap().notices;
        assert!(
            notices.len() == 1 && notices[0].starts_with(&format!("{flag} is not needed")),
            "{notices:?}"
        );
        assert!(
            resolve(flag, "--certfile c --ssl-keyfile-password hunter2").unwrap_err().contains("end TLS"),
            "{flag}"
        );
    }
    check_refused("", &[("MLFLOW_UVICORN_OPTS", "--ssl-version 2")], "MLFLOW_UVICORN_OPTS: `--ssl-version`");
    for flag in ["--uvicorn-opts", "--workers", "--app-name"] {
        assert_eq!(resolve(flag, "").unwrap().notices, Vec::<String>::new(), "{flag}");
    }
    let counts = resolve("--uvicorn-opts", "--forwarded-allow-ips 10.0.0.1 --workers 2").unwrap().notices;
    assert!(counts.len() == 1 && counts[0].starts_with("of --uvicorn-opts, what it says"), "{counts:?}");
}

#[test]
fn tls_proxies_and_draining_come_from_flags_variables_or_the_habits_of_mlflow() {
    let options = ("MLFLOW_UVICORN_OPTS", "--ssl-certfile c --ssl-keyfile /k --forwarded-allow-ips 10.0.0.1");
    let tls = |line: &str, variables: &[_]| {
        let files = settings(line, variables).front.tls;
        files.map(|files| (files.certificate.display().to_string(), files.key.display().to_string()))
    };
    assert_eq!(tls("", &[options]), Some(("/srv/x/c".to_owned(), "/k".to_owned())));
    let own = [options, ("TILTYARD_TLS_CERTIFICATE", "/own")];
    assert_eq!(tls("--tls-key /flag", &own), Some(("/own".to_owned(), "/flag".to_owned())));
    assert_eq!(tls("", &[]), None);
    check_refused("--tls-key k", &[], "--tls-key: a key is of no use without its certificate");
    check_refused("", &[("MLFLOW_UVICORN_OPTS", "--ssl-certfile c")], "of no use without its key");
    let trusts = |line: &str, variables: &[_]| {
        settings(line, variables).front.trusted_proxies.trusts("10.0.0.1".parse().unwrap())
    };
    assert!(trusts("", &[options]) && trusts("--trusted-proxies 10.0.0.0/8", &[]));
    assert!(!trusts("", &[]) && !trusts("--trusted-proxies 127.0.0.1", &[options]));
    assert!(resolve("--trusted-proxies *", &[]).unwrap().notices[0].contains("can pass for any client"));
    check_refused("--trusted-proxies proxy", &[], "`proxy` is no network");
    assert_eq!(settings("", &[("TILTYARD_DRAIN_DELAY", "5")]).front.drain_delay.as_secs(), 5);
    for delay in ["-1", "301", "soon"] {
        check_refused(&format!("--drain-delay {delay}"), &[], "whole seconds from 0 to 300");
    }
}

#[test]
fn schemes_may_name_any_host_where_the_operator_says_so() {
    let given = [("MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES", "hdfs, ftp,")];
    assert_eq!(settings("", &given).artifacts.host_schemes, ["hdfs", "ftp"]);
    assert!(settings("", &[]).artifacts.host_schemes.is_empty());
}

#[test]
fn other_values_are_refused_where_they_come_from() {
    check_refused("--port http", &[], "--port: a port is a number");
    check_refused("--port -1", &[], "--port: a port is a number");
    check_refused("", &[("MLFLOW_STATIC_PREFIX", "models")], "MLFLOW_STATIC_PREFIX: the prefix must begin");
    check_refused("--log-level inof", &[], "--log-level: `inof` is not a level");
    check_refused("", &[("MLFLOW_LOGGING_LEVEL", "20")], "MLFLOW_LOGGING_LEVEL: this is not a level");
    check_refused("", &[("MLFLOW_SERVE_ARTIFACTS", "banana")], "MLFLOW_SERVE_ARTIFACTS: this is neither");
    check_refused("--backend-store-uri mysql://u:p@h/d", &[], "MySQL is not supported");
}
