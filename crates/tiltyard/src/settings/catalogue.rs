//! Every setting that a server knows, with its names, its default and what becomes of it.
//! Resolving, the notices at start and `docs/settings.md` all read this list; `variables.rs` holds what has no flag.

use super::variables;

/// What becomes of a setting when it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It does what its note says.
    Honoured,
    /// It is accepted, and a line at start says that it is needless.
    Needless,
    /// It holds options of a Python server: each counts, is needless or is refused.
    Passed,
    /// It is accepted without a word, because clients on the same machine read the same variable.
    Shared,
    /// The server does not start with it.
    Refused,
    /// The server does not start with it switched on.
    RefusedWhenOn,
}

/// One row of the catalogue: a setting, or a family of variables that meet the same fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting {
    /// Long flags; the second one is the opposite of the first.
    pub(super) flags: &'static [&'static str],
    /// Variables, the one that wins first.
    pub(super) variables: &'static [&'static str],
    /// The value if none is given, as a user would write it.
    pub(super) default: &'static str,
    /// What becomes of it.
    pub(super) treatment: Treatment,
    /// One sentence: what it does, why it is needless, or what to do instead.
    pub(super) note: &'static str,
}

const fn row(
    treatment: Treatment,
    flags: &'static [&'static str],
    variables: &'static [&'static str],
    default: &'static str,
    note: &'static str,
) -> Setting {
    Setting { flags, variables, default, treatment, note }
}

const fn honoured(
    flags: &'static [&'static str],
    variables: &'static [&'static str],
    default: &'static str,
    note: &'static str,
) -> Setting {
    row(Treatment::Honoured, flags, variables, default, note)
}

const fn needless(
    flags: &'static [&'static str],
    variables: &'static [&'static str],
    note: &'static str,
) -> Setting {
    row(Treatment::Needless, flags, variables, "", note)
}

const fn refused(
    flags: &'static [&'static str],
    variables: &'static [&'static str],
    note: &'static str,
) -> Setting {
    row(Treatment::Refused, flags, variables, "", note)
}

pub(super) const BACKEND_STORE: Setting = honoured(
    &["--backend-store-uri"],
    &["MLFLOW_BACKEND_STORE_URI"],
    "sqlite:///tiltyard.db",
    "The SQLite file or PostgreSQL database that holds everything but artifact bytes: `postgresql://user@host/database`, \
     with or without SQLAlchemy's `+driver`, and with libpq's options for TLS; other databases and file stores are \
     refused",
);
pub(super) const REGISTRY_STORE: Setting = honoured(
    &["--registry-store-uri"],
    &["MLFLOW_REGISTRY_STORE_URI"],
    "the backend store",
    "Must name the same database as the backend store: runs and models change in one transaction",
);
pub(super) const PASSWORD_FILE: Setting = honoured(
    &["--backend-store-password-file"],
    &["TILTYARD_BACKEND_STORE_PASSWORD_FILE"],
    "",
    "A file with PostgreSQL's password, read for each connection; a password in the address wins",
);
pub(super) const ARTIFACT_ROOT: Setting = honoured(
    &["--default-artifact-root"],
    &["MLFLOW_DEFAULT_ARTIFACT_ROOT"],
    "mlflow-artifacts:/",
    "Handed to clients as the place for new experiments' artifacts; `./mlruns` with --no-serve-artifacts. In a bucket or a folder clients write by themselves, and the server looks",
);
pub(super) const ARTIFACTS_DESTINATION: Setting = honoured(
    &["--artifacts-destination"],
    &["MLFLOW_ARTIFACTS_DESTINATION"],
    "./mlartifacts",
    "Where artifacts sent through the server are kept: a local folder, `s3://BUCKET/FOLDER`, `gs://BUCKET/FOLDER`, `wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/FOLDER` or `abfss://` like that",
);
pub(super) const SEAL_KEY_FILE: Setting = honoured(
    &["--artifacts-seal-key-file"],
    &["TILTYARD_ARTIFACTS_SEAL_KEY_FILE"],
    "",
    "A file with keys, one a line, that seal the artifacts in the local folder: the first seals, all open (`docs/sealing.md`)",
);
pub(super) const SERVE_ARTIFACTS: Setting = honoured(
    &["--serve-artifacts", "--no-serve-artifacts"],
    &["MLFLOW_SERVE_ARTIFACTS"],
    "on",
    "Whether artifacts pass through the server",
);
pub(super) const ARTIFACTS_ONLY: Setting = honoured(
    &["--artifacts-only"],
    &["MLFLOW_ARTIFACTS_ONLY"],
    "off",
    "Serves the artifact routes alone, and keeps in the backend store what lies where; refused together with --no-serve-artifacts",
);
pub(super) const HOST: Setting = honoured(
    &["--host"],
    &["MLFLOW_HOST"],
    "127.0.0.1",
    "The address to listen on (short: -h); beyond this machine only with --allow-unauthenticated-network",
);
pub(super) const PORT: Setting =
    honoured(&["--port"], &["MLFLOW_PORT"], "5000", "The port to listen on (short: -p); 0 takes a free one");
pub(super) const ALLOW_NETWORK: Setting = honoured(
    &["--allow-unauthenticated-network"],
    &["TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK"],
    "off",
    "Allows listening beyond this machine while there is no authentication",
);
pub(super) const STATIC_PREFIX: Setting = honoured(
    &["--static-prefix"],
    &["MLFLOW_STATIC_PREFIX"],
    "none",
    "The path under which routes are served; begins with a slash and does not end with one",
);
pub(super) const TLS_CERTIFICATE: Setting = honoured(
    &["--tls-certificate"],
    &["TILTYARD_TLS_CERTIFICATE"],
    "none",
    "A PEM file with the server's certificate and those that lead to an authority: the server speaks HTTPS, and takes a \
     renewed file within seconds or on SIGHUP",
);
pub(super) const TLS_KEY: Setting = honoured(
    &["--tls-key"],
    &["TILTYARD_TLS_KEY"],
    "none",
    "The PEM file with the certificate's key, without a password",
);
pub(super) const TRUSTED_PROXIES: Setting = honoured(
    &["--trusted-proxies"],
    &["TILTYARD_TRUSTED_PROXIES"],
    "none",
    "Addresses and networks, separated by commas, whose `X-Forwarded-For`, `-Proto`, `-Host`, `-Prefix` or `Forwarded` \
     headers are believed; `*` trusts whoever connects",
);
pub(super) const DRAIN_DELAY: Setting = honoured(
    &["--drain-delay"],
    &["TILTYARD_DRAIN_DELAY"],
    "0",
    "Seconds for which a server that is told to stop answers 503 at `/ready` and serves on, so that load balancers notice",
);
pub(super) const ALLOWED_HOSTS: Setting = honoured(
    &["--allowed-hosts"],
    &["MLFLOW_SERVER_ALLOWED_HOSTS"],
    "this machine and private addresses",
    "Host headers let through; `*` is the wildcard, and an entry without a port matches requests without one",
);
pub(super) const ALLOWED_ORIGINS: Setting = honoured(
    &["--cors-allowed-origins"],
    &["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"],
    "pages of this machine",
    "Origins whose pages may change things, beside pages of this machine; `*` is the wildcard",
);
pub(super) const DISABLE_GUARD: Setting = honoured(
    &["--disable-security-middleware"],
    &["MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE"],
    "off",
    "Switches off the host and origin checks and the protecting headers",
);
pub(super) const FRAME_OPTIONS: Setting = honoured(
    &["--x-frame-options"],
    &["MLFLOW_SERVER_X_FRAME_OPTIONS"],
    "SAMEORIGIN",
    "The X-Frame-Options header: SAMEORIGIN, DENY, or NONE for no header",
);
pub(super) const LOG_FILTER: Setting = honoured(
    &["--log-level"],
    &["TILTYARD_LOG", "MLFLOW_LOGGING_LEVEL"],
    "info",
    "Which log lines are written; the MLflow variable takes Python's level names",
);
pub(super) const LOCATION_LENGTH: Setting = honoured(
    &[],
    &["MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH"],
    "2048",
    "The longest artifact location of an experiment, in characters",
);
pub(super) const TRUNCATE_LONG_VALUES: Setting = honoured(
    &[],
    &["MLFLOW_TRUNCATE_LONG_VALUES"],
    "true",
    "Whether param and tag values over the limit are cut (true) or refused (false)",
);
pub(super) const PASSWORD: Setting =
    honoured(&[], &["PGPASSWORD"], "", "PostgreSQL's password, where neither the address nor a file says it");
pub(super) const PASS_FILE: Setting =
    honoured(&[], &["PGPASSFILE"], "", "A file of PostgreSQL passwords in libpq's form, as the last resort");
pub(super) const SSL_MODE: Setting =
    honoured(&[], &["PGSSLMODE"], "prefer", "PostgreSQL's `sslmode`, where the address does not say it");
pub(super) const SSL_ROOTS: Setting =
    honoured(&[], &["PGSSLROOTCERT"], "", "PostgreSQL's `sslrootcert`, where the address does not say it");
pub(super) const POOL_SIZE: Setting = honoured(
    &[],
    &["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"],
    "16",
    "The most connections to PostgreSQL that the process opens; who waits too long for one gets a 503",
);
pub(super) const MAX_OVERFLOW: Setting = honoured(
    &[],
    &["MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"],
    "0",
    "Connections on top of the pool's size, where that is set",
);
pub(super) const HOST_SCHEMES: Setting = honoured(
    &[],
    &["MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES"],
    "none",
    "Schemes, separated by commas, under which experiments and sources may name any host; the server connects to none",
);
pub(super) const UPLOAD_ARGUMENTS: Setting = honoured(
    &[],
    &["MLFLOW_S3_UPLOAD_EXTRA_ARGS"],
    "",
    "Encryption of artifacts kept in S3, in MLflow's words: a JSON object with ServerSideEncryption and SSEKMSKeyId; \
     anything else in it is refused",
);
pub(super) const BUCKET_OWNER: Setting = honoured(
    &[],
    &["MLFLOW_S3_EXPECTED_BUCKET_OWNER"],
    "",
    "Refused where artifacts are kept in S3, because it cannot be checked there; clients that reach a bucket by themselves \
     read it",
);
pub(super) const WORKSPACES: Setting = row(
    Treatment::RefusedWhenOn,
    &["--enable-workspaces", "--disable-workspaces"],
    &["MLFLOW_ENABLE_WORKSPACES"],
    "off",
    "workspaces come with a later release; start without them, and everything lands in `default`",
);

/// Settings that have a flag, in the order of the help page.
const WITH_FLAG: &[Setting] = &[
    BACKEND_STORE,
    REGISTRY_STORE,
    PASSWORD_FILE,
    ARTIFACT_ROOT,
    ARTIFACTS_DESTINATION,
    SEAL_KEY_FILE,
    SERVE_ARTIFACTS,
    ARTIFACTS_ONLY,
    HOST,
    PORT,
    ALLOW_NETWORK,
    STATIC_PREFIX,
    TLS_CERTIFICATE,
    TLS_KEY,
    TRUSTED_PROXIES,
    DRAIN_DELAY,
    ALLOWED_HOSTS,
    ALLOWED_ORIGINS,
    DISABLE_GUARD,
    FRAME_OPTIONS,
    LOG_FILTER,
    needless(
        &["--workers"],
        &["MLFLOW_WORKERS"],
        "one process serves all connections on every core (short: -w)",
    ),
    row(
        Treatment::Passed,
        &["--gunicorn-opts"],
        &["MLFLOW_GUNICORN_OPTS"],
        "",
        "there is no gunicorn, whose workers most of these options are about; those about certificate, key and `--forwarded-allow-ips` count, others are refused",
    ),
    row(
        Treatment::Passed,
        &["--waitress-opts"],
        &[],
        "",
        "there is no waitress, whose threads these options are about; options about more are refused",
    ),
    row(
        Treatment::Passed,
        &["--uvicorn-opts"],
        &["MLFLOW_UVICORN_OPTS"],
        "",
        "there is no uvicorn, whose workers most of these options are about; those about certificate, key and `--forwarded-allow-ips` count, others are refused",
    ),
    needless(&["--dev"], &[], "there is no code to reload; for more output use --log-level debug"),
    needless(
        &["--expose-prometheus"],
        &["MLFLOW_EXPOSE_PROMETHEUS"],
        "metrics are always served at /metrics, and need no folder",
    ),
    needless(
        &["--secrets-cache-ttl"],
        &["MLFLOW_SERVER_SECRETS_CACHE_TTL"],
        "no secrets are stored, so none are cached",
    ),
    needless(
        &["--secrets-cache-max-size"],
        &["MLFLOW_SERVER_SECRETS_CACHE_MAX_SIZE"],
        "no secrets are stored, so none are cached",
    ),
    needless(
        &["--workspace-store-uri"],
        &["MLFLOW_WORKSPACE_STORE_URI"],
        "nothing reads it while workspaces are off",
    ),
    WORKSPACES,
    refused(
        &["--app-name"],
        &[],
        "authentication comes with a later release, and other applications cannot be plugged in; leave the flag out \
         and keep the server on this machine",
    ),
    refused(
        &["--read-replica-backend-store-uri"],
        &["MLFLOW_READ_REPLICA_BACKEND_STORE_URI"],
        "all is read from the store itself, and readers do not wait for writers; leave it out",
    ),
    refused(
        &["--trace-archival-config"],
        &["MLFLOW_TRACE_ARCHIVAL_CONFIG"],
        "traces are not kept by this release, so none can be archived; leave it out",
    ),
];

/// Every row: first those with a flag, then the variables without one.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    WITH_FLAG.iter().chain(variables::WITHOUT_FLAG)
}
