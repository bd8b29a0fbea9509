//! The variables that `mlflow server` reads and that have no flag, in families that meet the same fate.
//! Variables that only clients read are not listed: they share the environment and are nobody's business here.

use tiltyard_blobs::variables::{AZURE, GOOGLE, S3_CREDENTIALS, S3_ENCRYPTION, S3_ENDPOINT};

use super::catalogue::{
    BUCKET_OWNER, HOST_SCHEMES, LOCATION_LENGTH, MAX_OVERFLOW, PASS_FILE, PASSWORD, POOL_SIZE, SSL_MODE,
    SSL_ROOTS, Setting, TRUNCATE_LONG_VALUES, Treatment, UPLOAD_ARGUMENTS,
};

const fn family(treatment: Treatment, variables: &'static [&'static str], note: &'static str) -> Setting {
    Setting { flags: &[], variables, default: "", treatment, note }
}

/// Rows of the catalogue without a flag.
pub(super) const WITHOUT_FLAG: &[Setting] = &[
    LOCATION_LENGTH,
    HOST_SCHEMES,
    TRUNCATE_LONG_VALUES,
    PASSWORD,
    PASS_FILE,
    SSL_MODE,
    SSL_ROOTS,
    POOL_SIZE,
    MAX_OVERFLOW,
    family(
        Treatment::Honoured,
        S3_CREDENTIALS,
        "Who the server is to S3, where artifacts are kept there; without any of them the machine's own role is asked for. \
         Profiles of configuration files are not read",
    ),
    family(
        Treatment::Honoured,
        S3_ENDPOINT,
        "Where S3 is, or a server that speaks like it, whom its certificate must be signed by, and whether buckets stand in \
         the host's name (`virtual`) or in the path",
    ),
    family(
        Treatment::Honoured,
        S3_ENCRYPTION,
        "How S3 encrypts what is kept there: AES256, aws:kms or aws:kms:dsse, and the key",
    ),
    UPLOAD_ARGUMENTS,
    BUCKET_OWNER,
    family(
        Treatment::Honoured,
        GOOGLE,
        "Who the server is to Google Cloud Storage, where artifacts are kept there; without it the machine's own account is \
         asked for",
    ),
    family(
        Treatment::Honoured,
        AZURE,
        "Who the server is to Azure, and where that is, where artifacts are kept there; without any of them the machine's own \
         identity is asked for",
    ),
    family(
        Treatment::Refused,
        &["MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX"],
        "this guard on the sources of versions cannot be applied yet; unset it, knowing that the server itself never \
         opens a source",
    ),
    family(
        Treatment::Refused,
        &["MLFLOW_WORKSPACE"],
        "it is a setting for clients, which would move them to a workspace that is not there; unset it before \
         starting the server",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_AUTH_ADMIN_PASSWORD",
            "MLFLOW_AUTH_ADMIN_USERNAME",
            "MLFLOW_AUTH_CONFIG_PATH",
            "MLFLOW_BASIC_AUTH_FAIL_CLOSED",
            "MLFLOW_FLASK_SERVER_SECRET_KEY",
            "MLFLOW_RBAC_SEED_DEFAULT_ROLES",
        ],
        "authentication comes with a later release, so nobody is asked to sign in",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_SQLALCHEMYSTORE_ECHO",
            "MLFLOW_SQLALCHEMYSTORE_POOLCLASS",
            "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE",
        ],
        "there is no SQLAlchemy, and connections that were cut are opened anew by themselves",
    ),
    family(
        Treatment::Needless,
        &["MLFLOW_MYSQL_SSL_CA", "MLFLOW_MYSQL_SSL_CERT", "MLFLOW_MYSQL_SSL_KEY"],
        "MySQL is not supported",
    ),
    family(Treatment::Needless, &["MLFLOW_ALLOW_FILE_STORE"], "runs are not served from plain folders"),
    family(
        Treatment::Needless,
        &["MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS"],
        "signed addresses of artifacts in an object store are good for five minutes",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_WORKSPACE_ARTIFACT_ROOT_CACHE_CAPACITY",
            "MLFLOW_WORKSPACE_ARTIFACT_ROOT_CACHE_TTL_SECONDS",
        ],
        "workspaces come with a later release",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_WEBHOOK_CACHE_TTL",
            "MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS",
            "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES",
            "MLFLOW_WEBHOOK_REQUEST_TIMEOUT",
            "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY",
        ],
        "webhooks come with a later release",
    ),
    family(
        Treatment::Needless,
        &["MLFLOW_CRYPTO_KEK_PASSPHRASE", "MLFLOW_CRYPTO_KEK_VERSION"],
        "no secrets are stored, so none are encrypted",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_SERVER_ENABLE_GRAPHQL_AUTH",
            "MLFLOW_SERVER_GRAPHQL_MAX_ALIASES",
            "MLFLOW_SERVER_GRAPHQL_MAX_ROOT_FIELDS",
        ],
        "there is no GraphQL route",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_ASSISTANT_SANDBOX_CLI_IMAGE",
            "MLFLOW_ENABLE_ASSISTANT_SANDBOX",
            "MLFLOW_ENABLE_REMOTE_ASSISTANT",
            "MLFLOW_SANDBOX_DOCKER_IMAGE",
            "MLFLOW_SANDBOX_EGRESS_PROXY",
        ],
        "there is no assistant, and the server runs no programs",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_ICON_URL_ALLOWED_DOMAINS",
            "MLFLOW_ICON_URL_ALLOWED_SCHEMES",
            "MLFLOW_ICON_URL_ALLOW_PRIVATE_IPS",
        ],
        "there is no registry of MCP servers, so there are no icons of theirs",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_ENABLE_AI_GATEWAY",
            "MLFLOW_GATEWAY_ALLOWED_PROVIDERS",
            "MLFLOW_GATEWAY_API_BASE_ALLOWED_SCHEMES",
            "MLFLOW_GATEWAY_API_BASE_ALLOW_PRIVATE_IPS",
            "MLFLOW_GATEWAY_BUDGET_REDIS_URL",
            "MLFLOW_GATEWAY_BUDGET_REFRESH_INTERVAL",
            "MLFLOW_GATEWAY_CONFIG",
            "MLFLOW_GATEWAY_MAX_DECOMPRESSED_REQUEST_SIZE",
            "MLFLOW_GATEWAY_RATE_LIMITS_STORAGE_URI",
            "MLFLOW_GATEWAY_RESOLVE_API_KEY_FROM_ENV",
            "MLFLOW_GATEWAY_RESOLVE_API_KEY_FROM_FILE",
            "MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS",
        ],
        "there is no gateway to language models",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_JOB_CUSTOM_SCORER_EXECUTOR_BACKEND",
            "MLFLOW_JOB_DEFAULT_EXECUTOR_BACKEND",
            "MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION",
            "MLFLOW_SERVER_JOB_DEFAULT_TIMEOUT",
            "MLFLOW_SERVER_JOB_ENABLE_PERIODIC_TASKS",
            "MLFLOW_SERVER_JOB_EXECUTION_ENGINE",
            "MLFLOW_SERVER_JOB_FLUSH_PERIODIC_LOCKS_ON_STARTUP",
            "MLFLOW_SERVER_JOB_HUEY_REDIS_URL",
            "MLFLOW_SERVER_JOB_LEASE_TTL",
            "MLFLOW_SERVER_JOB_TRANSIENT_ERROR_MAX_RETRIES",
            "MLFLOW_SERVER_JOB_TRANSIENT_ERROR_RETRY_BASE_DELAY",
            "MLFLOW_SERVER_JOB_TRANSIENT_ERROR_RETRY_MAX_DELAY",
            "MLFLOW_SERVER_JUDGE_INVOKE_MAX_WORKERS",
            "MLFLOW_SERVER_ONLINE_SCORING_MAX_WORKERS",
            "MLFLOW_SERVER_SCORER_INVOKE_BATCH_SIZE",
        ],
        "the server runs no Python jobs",
    ),
    family(
        Treatment::Needless,
        &[
            "MLFLOW_ONLINE_SCORING_DEFAULT_SESSION_COMPLETION_BUFFER_SECONDS",
            "MLFLOW_ONLINE_SCORING_DEFAULT_TRACE_COMPLETION_BUFFER_SECONDS",
            "MLFLOW_ONLINE_SCORING_MAX_WORKER_THREADS",
            "MLFLOW_SQL_TRACE_ROLLUPS_ENABLED",
            "MLFLOW_TRACE_ROLLUPS_MAX_PARTITIONS_PER_RUN",
            "MLFLOW_TRACE_ROLLUPS_MAX_WORKERS",
            "MLFLOW_TRACE_ROLLUPS_SCHEDULE",
        ],
        "traces are not kept by this release",
    ),
    family(
        Treatment::Shared,
        &[
            "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD",
            "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD",
            "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE",
            "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE",
        ],
        "Clients cut their transfers by it; the server takes any size",
    ),
    family(
        Treatment::Shared,
        &["MLFLOW_DISABLE_TELEMETRY"],
        "Clients report usage unless it is set; the server reports nothing to anyone",
    ),
    family(
        Treatment::Shared,
        &["MLFLOW_REGISTRY_DIR", "MLFLOW_TRACKING_DIR"],
        "Clients with a file store of their own read it; the server has none",
    ),
    family(
        Treatment::Shared,
        &[
            "MLFLOW_DEPLOYMENTS_TARGET",
            "MLFLOW_DISABLE_ENV_MANAGER_CONDA_WARNING",
            "MLFLOW_ENABLE_DB_SDK",
            "MLFLOW_ENABLE_OTEL_GENAI_SEMCONV",
            "MLFLOW_ENABLE_UC_FUNCTIONS",
            "MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY",
            "MLFLOW_EXPERIMENT_ID",
            "MLFLOW_GATEWAY_URI",
            "MLFLOW_GENAI_EVAL_MAX_RETRIES",
            "MLFLOW_GENAI_EVAL_PREDICT_RATE_LIMIT",
            "MLFLOW_GENAI_EVAL_SCORER_RATE_LIMIT",
            "MLFLOW_GENAI_JUDGE_BASE_URL",
            "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT",
            "MLFLOW_SKIP_SIGNATURE_CHECK_FOR_UC_REGISTRY_MIGRATION",
            "MLFLOW_TRACKING_PASSWORD",
            "MLFLOW_TRACKING_URI",
            "MLFLOW_TRACKING_USERNAME",
        ],
        "Clients and model servers read it; it says nothing about this server",
    ),
];
