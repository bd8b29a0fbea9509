//! The flags of `tiltyard server`, as typed on the command line: names and help, nothing else.
//! Values stay text here, because the same value may come from a variable; the rooms beside this one give meaning.

use clap::{ArgAction, Args};

const STORAGE: &str = "Storage";
const NETWORK: &str = "Network";
const BROWSERS: &str = "Browser security";
const UNUSED: &str = "Accepted or refused for the sake of `mlflow server`";

/// Run the registry. Takes every flag and variable of `mlflow server`; `docs/settings.md` says what each one does.
// `-h` is `--host`, as users of `mlflow server` expect, so help has only its long name. A repeated flag replaces
// the earlier one, as there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(disable_help_flag = true, args_override_self = true)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag that a user types")]
#[expect(clippy::doc_markdown, reason = "these comments are the help page, where code marks would show")]
pub(crate) struct ServerArguments {
    /// Show this help.
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,

    /// Database of experiments, runs and models: sqlite:///relative/file.db, sqlite:////absolute/file.db or
    /// postgresql://user@host/database.
    /// [default: sqlite:///tiltyard.db] [env: MLFLOW_BACKEND_STORE_URI]
    #[arg(long, value_name = "URI", help_heading = STORAGE)]
    pub(super) backend_store_uri: Option<String>,
    /// Must name the same database as --backend-store-uri; runs and models live together.
    /// [env: MLFLOW_REGISTRY_STORE_URI]
    #[arg(long, value_name = "URI", help_heading = STORAGE)]
    pub(super) registry_store_uri: Option<String>,
    /// File with the password of a PostgreSQL database, unless it stands in the address.
    /// [env: TILTYARD_BACKEND_STORE_PASSWORD_FILE]
    #[arg(long, value_name = "FILE", help_heading = STORAGE)]
    pub(super) backend_store_password_file: Option<String>,
    /// Where clients are told to put the artifacts of new experiments.
    /// [default: mlflow-artifacts:/, through this server] [env: MLFLOW_DEFAULT_ARTIFACT_ROOT]
    #[arg(long, value_name = "URI", help_heading = STORAGE)]
    pub(super) default_artifact_root: Option<String>,
    /// Where this server keeps the artifacts that clients send through it: a folder, s3://bucket/folder, gs://bucket/folder
    /// or wasbs://container@account.blob.core.windows.net/folder.
    /// [default: ./mlartifacts] [env: MLFLOW_ARTIFACTS_DESTINATION]
    #[arg(long, value_name = "PLACE", help_heading = STORAGE)]
    pub(super) artifacts_destination: Option<String>,
    /// File with the keys that seal (encrypt) the artifacts in that folder; the folder has to be new, or sealed before.
    /// [env: TILTYARD_ARTIFACTS_SEAL_KEY_FILE]
    #[arg(long, value_name = "FILE", help_heading = STORAGE)]
    pub(super) artifacts_seal_key_file: Option<String>,
    /// Take and give artifacts through this server; on unless switched off. [env: MLFLOW_SERVE_ARTIFACTS]
    #[arg(long, overrides_with = "no_serve_artifacts", help_heading = STORAGE)]
    serve_artifacts: bool,
    /// Leave artifacts to the clients, which then reach the artifact root by themselves.
    #[arg(long, overrides_with = "serve_artifacts", help_heading = STORAGE)]
    no_serve_artifacts: bool,
    /// Serve the artifact routes and nothing else. [env: MLFLOW_ARTIFACTS_ONLY]
    #[arg(long, help_heading = STORAGE)]
    artifacts_only: bool,

    /// Address or name to listen on. [default: 127.0.0.1] [env: MLFLOW_HOST]
    #[arg(short = 'h', long, value_name = "HOST", help_heading = NETWORK)]
    pub(super) host: Option<String>,
    /// Port to listen on; 0 takes a free one and says which. [default: 5000] [env: MLFLOW_PORT]
    #[arg(short = 'p', long, value_name = "PORT", allow_hyphen_values = true, help_heading = NETWORK)]
    pub(super) port: Option<String>,
    /// Let anyone who can reach the port read and change everything; needed to listen beyond this machine.
    /// [env: TILTYARD_ALLOW_UNAUTHENTICATED_NETWORK]
    #[arg(long, help_heading = NETWORK)]
    allow_unauthenticated_network: bool,
    /// Path under which all routes are served, such as /models. [env: MLFLOW_STATIC_PREFIX]
    #[arg(long, value_name = "PATH", help_heading = NETWORK)]
    pub(super) static_prefix: Option<String>,

    /// PEM file with the certificate of the server, which then speaks HTTPS; renewed files are taken without a restart.
    /// [env: TILTYARD_TLS_CERTIFICATE]
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub(super) tls_certificate: Option<String>,
    /// PEM file with its key. [env: TILTYARD_TLS_KEY]
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub(super) tls_key: Option<String>,
    /// Proxies whose X-Forwarded headers are believed, such as 10.0.0.0/8,127.0.0.1. [env: TILTYARD_TRUSTED_PROXIES]
    #[arg(long, value_name = "NETWORKS", help_heading = NETWORK)]
    pub(super) trusted_proxies: Option<String>,
    /// Seconds to go on serving once told to stop, while /ready says so. [default: 0] [env: TILTYARD_DRAIN_DELAY]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, help_heading = NETWORK)]
    pub(super) drain_delay: Option<String>,

    /// Host headers to let through, separated by commas; * stands for any run of characters.
    /// [default: this machine and private addresses] [env: MLFLOW_SERVER_ALLOWED_HOSTS]
    #[arg(long, value_name = "HOSTS", help_heading = BROWSERS)]
    pub(super) allowed_hosts: Option<String>,
    /// Origins of web pages that may change things, separated by commas, beside pages of this machine.
    /// [env: MLFLOW_SERVER_CORS_ALLOWED_ORIGINS]
    #[arg(long, value_name = "ORIGINS", help_heading = BROWSERS)]
    pub(super) cors_allowed_origins: Option<String>,
    /// Switch off the checks of hosts and origins, and the headers that protect browsers.
    /// [env: MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE]
    #[arg(long, help_heading = BROWSERS)]
    disable_security_middleware: bool,
    /// Who may show the pages in a frame: SAMEORIGIN, DENY or NONE, which sends no header.
    /// [default: SAMEORIGIN] [env: MLFLOW_SERVER_X_FRAME_OPTIONS]
    #[arg(long, value_name = "VALUE", help_heading = BROWSERS)]
    pub(super) x_frame_options: Option<String>,

    /// Log lines to write: error, warn, info, debug, trace, or per target as in info,tiltyard_store=debug.
    /// [default: info] [env: TILTYARD_LOG, MLFLOW_LOGGING_LEVEL]
    #[arg(long, value_name = "FILTER")]
    pub(super) log_level: Option<String>,

    /// Not needed: one process uses every core.
    #[arg(short = 'w', long, value_name = "COUNT", allow_hyphen_values = true, help_heading = UNUSED)]
    workers: Option<String>,
    /// There is no gunicorn: options about its workers are not needed, --certfile and the like count, others are refused.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, help_heading = UNUSED)]
    gunicorn_opts: Option<String>,
    /// There is no waitress: options about its threads are not needed, others are refused.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, help_heading = UNUSED)]
    waitress_opts: Option<String>,
    /// There is no uvicorn: options about its workers are not needed, --ssl-certfile and the like count, others are refused.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, help_heading = UNUSED)]
    uvicorn_opts: Option<String>,
    /// Not needed: there is no code to reload; use --log-level debug for more output.
    #[arg(long, help_heading = UNUSED)]
    dev: bool,
    /// Not needed: /metrics is always served, from memory.
    #[arg(long, value_name = "FOLDER", help_heading = UNUSED)]
    expose_prometheus: Option<String>,
    /// Not needed: no secrets are stored, so none are cached.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, help_heading = UNUSED)]
    secrets_cache_ttl: Option<String>,
    /// Not needed: no secrets are stored, so none are cached.
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true, help_heading = UNUSED)]
    secrets_cache_max_size: Option<String>,
    /// Not needed: without workspaces nothing reads it.
    #[arg(long, value_name = "URI", help_heading = UNUSED)]
    workspace_store_uri: Option<String>,
    /// Refused for now: workspaces come with a later release.
    #[arg(long, overrides_with = "disable_workspaces", help_heading = UNUSED)]
    enable_workspaces: bool,
    /// The only choice for now.
    #[arg(long, overrides_with = "enable_workspaces", help_heading = UNUSED)]
    disable_workspaces: bool,
    /// Refused for now: authentication comes with a later release.
    #[arg(long, value_name = "NAME", help_heading = UNUSED)]
    app_name: Option<String>,
    /// Refused: all is read from the store itself, and readers do not wait for writers.
    #[arg(long, value_name = "URI", help_heading = UNUSED)]
    read_replica_backend_store_uri: Option<String>,
    /// Refused: traces are not kept, so none can be archived.
    #[arg(long, value_name = "FILE", help_heading = UNUSED)]
    trace_archival_config: Option<String>,
}

impl ServerArguments {
    /// Nothing but the store, as commands name it that work on one without a server.
    pub(super) fn of_store(backend_store_uri: Option<String>) -> Self {
        Self { backend_store_uri, ..Self::default() }
    }

    /// What the pair of artifact flags says, if either was given.
    pub(super) fn serve_artifacts(&self) -> Option<bool> {
        (self.serve_artifacts || self.no_serve_artifacts).then_some(self.serve_artifacts)
    }

    /// A flag without an opposite says yes or nothing.
    pub(super) fn artifacts_only(&self) -> Option<bool> {
        self.artifacts_only.then_some(true)
    }

    /// A flag without an opposite says yes or nothing.
    pub(super) fn allow_unauthenticated_network(&self) -> Option<bool> {
        self.allow_unauthenticated_network.then_some(true)
    }

    /// A flag without an opposite says yes or nothing.
    pub(super) fn disable_security_middleware(&self) -> Option<bool> {
        self.disable_security_middleware.then_some(true)
    }

    /// What the pair of workspace flags says, if either was given.
    pub(super) fn workspaces(&self) -> Option<bool> {
        (self.enable_workspaces || self.disable_workspaces).then_some(self.enable_workspaces)
    }

    /// The options for a Python server that a flag holds.
    pub(super) fn passed(&self, flag: &str) -> Option<&str> {
        match flag {
            "--gunicorn-opts" => self.gunicorn_opts.as_deref(),
            "--waitress-opts" => self.waitress_opts.as_deref(),
            "--uvicorn-opts" => self.uvicorn_opts.as_deref(),
            _ => None,
        }
    }

    /// The flags given that have no meaning here or are refused; the catalogue says which is which.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'static str> {
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let flags = [
            ("--workers", is_given(&self.workers)),
            ("--gunicorn-opts", is_given(&self.gunicorn_opts)),
            ("--waitress-opts", is_given(&self.waitress_opts)),
            ("--uvicorn-opts", is_given(&self.uvicorn_opts)),
            ("--dev", self.dev),
            ("--expose-prometheus", is_given(&self.expose_prometheus)),
            ("--secrets-cache-ttl", is_given(&self.secrets_cache_ttl)),
            ("--secrets-cache-max-size", is_given(&self.secrets_cache_max_size)),
            ("--workspace-store-uri", is_given(&self.workspace_store_uri)),
            ("--app-name", is_given(&self.app_name)),
            ("--read-replica-backend-store-uri", is_given(&self.read_replica_backend_store_uri)),
            ("--trace-archival-config", is_given(&self.trace_archival_config)),
        ];
        flags.into_iter().filter_map(|(flag, given)| given.then_some(flag))
    }
}
