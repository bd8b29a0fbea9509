-- The first schema. Times are Unix milliseconds, booleans 0 or 1, ids of MLflow's text, our own keys integers.
-- The workspace is in the key of everything that has a name of its own; what hangs below is reached through its parent.

CREATE TABLE workspaces (
    id {id},
    name TEXT NOT NULL UNIQUE
);
INSERT INTO workspaces (name) VALUES ('default');

-- Roots of artifact URIs as clients are shown them. Rows elsewhere hold (store, key), so that a root can move. 1 is the
-- server's own, behind the proxy.
CREATE TABLE stores (
    id {id},
    root TEXT NOT NULL UNIQUE
);
INSERT INTO stores (root) VALUES ('mlflow-artifacts:/');

-- Where the server itself keeps bytes: folders and buckets. No client sees them, so bytes move from one to another while
-- every URI stays. A key of bytes means something only together with its place.
CREATE TABLE blob_stores (
    id {id},
    destination TEXT NOT NULL UNIQUE
);

-- Keys of metrics, params and tags, written once, so that the large tables hold integers.
CREATE TABLE keys (
    id {id},
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE experiments (
    id {id},
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    store BIGINT REFERENCES stores (id),
    location TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (workspace, name)
);
CREATE INDEX experiments_by_creation ON experiments (workspace, deleted, created_ms, id);
CREATE INDEX experiments_by_update ON experiments (workspace, deleted, updated_ms, id);

CREATE TABLE experiment_tags (
    experiment BIGINT NOT NULL REFERENCES experiments (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (experiment, key)
) {compact};

CREATE TABLE runs (
    id {id},
    workspace BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    experiment BIGINT NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    deleted INTEGER NOT NULL,
    deleted_ms BIGINT,
    UNIQUE (workspace, run_id)
);
-- A search sorted by one of these reads a page in order; the latest start decides between equals. Each costs a new run, or
-- its end, one to two microseconds, and spares such a search a look at every run of its experiment. Users, ids and artifact
-- URIs are hardly sorted by (web pages sort by the tags of name and user, which have their own index), so they cost nothing.
CREATE INDEX runs_by_start ON runs (experiment, deleted, started_ms DESC, run_id);
CREATE INDEX runs_by_end ON runs (experiment, deleted, ended_ms, started_ms DESC) WHERE ended_ms IS NOT NULL;
CREATE INDEX runs_by_status ON runs (experiment, deleted, status, started_ms DESC);
CREATE INDEX runs_by_name ON runs (experiment, deleted, name, started_ms DESC);
CREATE INDEX runs_that_are_deleted ON runs (workspace, id) WHERE deleted = 1;

-- Every point that was logged. The key is the whole point: an identical one may be sent twice and counts once.
CREATE TABLE metrics (
    run BIGINT NOT NULL,
    key BIGINT NOT NULL,
    step BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan INTEGER NOT NULL,
    PRIMARY KEY (run, key, step, time_ms, value, is_nan)
) {compact};
{grows:metrics}

-- The latest point of each metric of each run. The experiment and the run's start, which never change, stand here too, so
-- that one index answers a search: the start decides between runs with equal values.
CREATE TABLE latest_metrics (
    run BIGINT NOT NULL,
    key BIGINT NOT NULL,
    experiment BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    step BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) {compact};
{grows:latest_metrics}
CREATE INDEX latest_metrics_by_value ON latest_metrics (experiment, key, is_nan, value, started_ms DESC, run);

CREATE TABLE params (
    run BIGINT NOT NULL,
    key BIGINT NOT NULL,
    experiment BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
) {compact};
{grows:params}
-- Long values are indexed by their beginning, and once more to tell that there are any: without them, the beginning is all
-- there is to sort by.
CREATE INDEX params_by_value ON params (experiment, key, substr(value, 1, 100), started_ms DESC, run);
CREATE INDEX params_that_are_long ON params (experiment, key) WHERE value <> substr(value, 1, 100);

CREATE TABLE run_tags (
    run BIGINT NOT NULL,
    key BIGINT NOT NULL,
    experiment BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
) {compact};
{grows:run_tags}
CREATE INDEX run_tags_by_value ON run_tags (experiment, key, substr(value, 1, 100), started_ms DESC, run);
CREATE INDEX run_tags_that_are_long ON run_tags (experiment, key) WHERE value <> substr(value, 1, 100);

CREATE TABLE datasets (
    id {id},
    experiment BIGINT NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT,
    profile TEXT,
    UNIQUE (experiment, name, digest)
);

-- `place` is the order in which the run logged them.
CREATE TABLE run_datasets (
    run BIGINT NOT NULL,
    dataset BIGINT NOT NULL REFERENCES datasets (id),
    place BIGINT NOT NULL,
    PRIMARY KEY (run, dataset)
) {compact};
CREATE INDEX run_datasets_by_dataset ON run_datasets (dataset, run);

CREATE TABLE run_dataset_tags (
    run BIGINT NOT NULL,
    dataset BIGINT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, dataset, key)
) {compact};

CREATE TABLE logged_models (
    id {id},
    workspace BIGINT NOT NULL,
    model_id TEXT NOT NULL,
    experiment BIGINT NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    source_run_id TEXT,
    model_type TEXT,
    status INTEGER NOT NULL,
    status_message TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE (workspace, model_id)
);
CREATE INDEX logged_models_by_creation ON logged_models (experiment, deleted, created_ms DESC, model_id);
CREATE INDEX logged_models_by_name ON logged_models (experiment, deleted, name);
CREATE INDEX logged_models_that_are_deleted ON logged_models (workspace, id) WHERE deleted = 1;
CREATE INDEX logged_models_by_run ON logged_models (source_run_id) WHERE source_run_id IS NOT NULL;

CREATE TABLE logged_model_params (
    model BIGINT NOT NULL,
    key BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key)
) {compact};

CREATE TABLE logged_model_tags (
    model BIGINT NOT NULL,
    key BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key)
) {compact};

-- Metrics that a run logged about a model, on a data set ('' where none was named).
CREATE TABLE logged_model_metrics (
    model BIGINT NOT NULL,
    key BIGINT NOT NULL,
    run BIGINT NOT NULL,
    dataset_name TEXT NOT NULL,
    dataset_digest TEXT NOT NULL,
    step BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan INTEGER NOT NULL,
    PRIMARY KEY (model, key, run, step, time_ms, dataset_name, dataset_digest)
) {compact};
CREATE INDEX logged_model_metrics_by_run ON logged_model_metrics (run, key, step, time_ms);

-- Logged models that a run read (output = 0) or made (output = 1).
CREATE TABLE run_models (
    run BIGINT NOT NULL,
    output INTEGER NOT NULL,
    model_id TEXT NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (run, output, model_id)
) {compact};

-- A prompt is a model whose marker tag says so. Searches for versions go by the same tag of versions: one of them, deleted
-- or not, hides them all.
CREATE TABLE models (
    id {id},
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    description TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    last_version BIGINT NOT NULL,
    pointer_revision BIGINT NOT NULL,
    is_prompt INTEGER NOT NULL,
    has_prompt_versions INTEGER NOT NULL DEFAULT 0,
    deleted_ms BIGINT
);
-- A deleted model keeps its row for its history and leaves its name to others.
CREATE UNIQUE INDEX models_by_name ON models (workspace, name) WHERE deleted_ms IS NULL;
CREATE INDEX models_by_update ON models (workspace, updated_ms, name) WHERE deleted_ms IS NULL;

CREATE TABLE model_tags (
    model BIGINT NOT NULL REFERENCES models (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key)
) {compact};

CREATE TABLE versions (
    id {id},
    model BIGINT NOT NULL REFERENCES models (id),
    number BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    user_id TEXT,
    stage TEXT NOT NULL,
    description TEXT,
    source TEXT NOT NULL,
    storage_location TEXT,
    run_id TEXT,
    run_link TEXT,
    logged_model_id TEXT,
    status INTEGER NOT NULL,
    manifest_digest TEXT,
    verified INTEGER NOT NULL,
    unverified_reason TEXT,
    deleted_ms BIGINT,
    UNIQUE (model, number)
);
CREATE INDEX versions_by_stage ON versions (model, stage, number) WHERE deleted_ms IS NULL;
CREATE INDEX versions_by_run ON versions (run_id) WHERE deleted_ms IS NULL;
CREATE INDEX versions_by_logged_model ON versions (logged_model_id)
    WHERE deleted_ms IS NULL AND logged_model_id IS NOT NULL;
CREATE INDEX versions_by_source ON versions (source) WHERE deleted_ms IS NULL;
CREATE INDEX versions_by_update ON versions (updated_ms, id) WHERE deleted_ms IS NULL;
-- What clients ask for where they name a model and no order.
CREATE INDEX versions_of_model_by_update ON versions (model, updated_ms, number) WHERE deleted_ms IS NULL;
CREATE INDEX versions_by_creation ON versions (created_ms, id) WHERE deleted_ms IS NULL;
-- For searches across models. Every number is above 0, but only statements that say so may use it: to find one version by its
-- model and its number, PostgreSQL would begin here, with one version of every model.
CREATE INDEX versions_by_number ON versions (number, id) WHERE deleted_ms IS NULL AND number > 0;

CREATE TABLE version_tags (
    version BIGINT NOT NULL REFERENCES versions (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (version, key)
) {compact};
CREATE INDEX version_tags_by_value ON version_tags (key, substr(value, 1, 100), version);

CREATE TABLE aliases (
    model BIGINT NOT NULL REFERENCES models (id),
    alias TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (model, alias)
) {compact};

-- The steps of versions to and from pointers, in the order of the journal. Who held what from when to when follows from
-- them. Appended, in a place of their own for each model, and never touched again.
CREATE TABLE pointer_history (
    model BIGINT NOT NULL REFERENCES models (id),
    journal BIGINT NOT NULL,
    place BIGINT NOT NULL,
    number BIGINT NOT NULL,
    leaves TEXT,
    enters TEXT,
    cause TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (model, journal, place)
) {compact};
{append_only:pointer_history}

-- The files that a version pins: read through the version, these are the bytes, whatever happened to the path since.
CREATE TABLE version_files (
    version BIGINT NOT NULL REFERENCES versions (id),
    path TEXT NOT NULL,
    store BIGINT NOT NULL REFERENCES blob_stores (id),
    key TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 {bytes} NOT NULL,
    PRIMARY KEY (version, path)
) {compact};
CREATE INDEX version_files_by_key ON version_files (store, key);

-- Versions whose files lie where clients write by themselves: what was seen there when the server looked. The files may have
-- become others since; `altered` says how they differed from what was first seen when they were last compared.
CREATE TABLE observations (
    version BIGINT PRIMARY KEY REFERENCES versions (id),
    uri TEXT NOT NULL,
    looked_ms BIGINT,
    manifest_digest TEXT,
    fault TEXT,
    checked_ms BIGINT,
    altered TEXT
);
CREATE INDEX observations_to_come ON observations (version) WHERE looked_ms IS NULL;

-- What was first seen. The mark is another one whenever the file was written since.
CREATE TABLE observed_files (
    version BIGINT NOT NULL REFERENCES versions (id),
    path TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 {bytes} NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (version, path)
) {compact};

-- The tree of the server's own store: what a path holds now. A key is written once and never again.
CREATE TABLE artifacts (
    workspace BIGINT NOT NULL,
    path TEXT NOT NULL,
    store BIGINT NOT NULL REFERENCES blob_stores (id),
    key TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 {bytes} NOT NULL,
    written_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace, path)
) {compact};
-- Most keys are their path; only the others need to be found by an index of their own.
CREATE INDEX artifacts_by_key ON artifacts (store, key) WHERE key <> path;

-- Bytes that nothing referred to when they were given up. Nothing comes to refer to such a key, so that they can go without
-- anybody waiting. A key stays here for a while after its bytes went, for those who were slow to remove them.
CREATE TABLE condemned_blobs (
    store BIGINT NOT NULL REFERENCES blob_stores (id),
    key TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    condemned_ms BIGINT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (store, key)
) {compact};
CREATE INDEX condemned_blobs_by_removal ON condemned_blobs (removed_ms, store, key);

-- What is still to be cleared of runs (what = 0) and logged models (what = 1) that were purged: rows below them, by their key,
-- and files at their location.
CREATE TABLE remains (
    workspace BIGINT NOT NULL,
    what INTEGER NOT NULL,
    key BIGINT NOT NULL,
    store BIGINT,
    location TEXT NOT NULL,
    PRIMARY KEY (workspace, what, key)
) {compact};

-- Work in the background, the latest job of each name. Whoever takes one up raises the claim and holds it until the lease
-- ends; everything it then writes is compared with the claim, so that one that was taken over can do no harm.
CREATE TABLE jobs (
    name TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    request TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    claim BIGINT NOT NULL,
    holder TEXT,
    lease_until_ms BIGINT NOT NULL,
    progress TEXT NOT NULL,
    findings BIGINT NOT NULL,
    started_ms BIGINT,
    ended_ms BIGINT,
    failure TEXT
) {compact};

CREATE TABLE job_findings (
    job TEXT NOT NULL,
    number BIGINT NOT NULL,
    place BIGINT NOT NULL,
    finding TEXT NOT NULL,
    PRIMARY KEY (job, number, place)
) {compact};

-- Uploads in parts to object stores that were opened and not closed, and what the object store calls them. Closing one and
-- recording its bytes are one transaction. `joining` names the list of parts that one is being joined from, and no other.
CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    remote TEXT NOT NULL,
    touched_ms BIGINT NOT NULL,
    joining TEXT
) {compact};
CREATE INDEX uploads_by_touch ON uploads (place, touched_ms);

-- What was answered to requests that carry an idempotency key, for those who ask again. A key belongs to who sent it, and
-- names one request of one operation. Rows are swept, oldest first, by the writes that add some.
CREATE TABLE idempotency_keys (
    id {id},
    workspace BIGINT NOT NULL,
    actor TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    request {bytes} NOT NULL,
    answer {bytes} NOT NULL,
    answered_ms BIGINT NOT NULL,
    UNIQUE (workspace, actor, operation, key)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (answered_ms);

-- What happened to the registry, by whom and why; appended in the transaction of the change.
CREATE TABLE journal (
    id {id},
    workspace BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    model TEXT NOT NULL,
    version BIGINT,
    detail TEXT NOT NULL
);
CREATE INDEX journal_by_model ON journal (workspace, model, id);
{append_only:journal}
