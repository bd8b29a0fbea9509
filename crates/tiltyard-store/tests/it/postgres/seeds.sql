INSERT INTO experiments (workspace, name, store, location, deleted, created_ms, updated_ms)
SELECT 1, 'e' || n, 1, '', 0, n, n FROM generate_series(1, 2) n;
INSERT INTO keys (name) VALUES ('a'), ('p'), ('t'), ('mlflow.runName');
INSERT INTO runs (workspace, run_id, experiment, name, user_id, status, started_ms, ended_ms, deleted)
SELECT 1, 'r' || n, 1 + n % 2, 'n' || n, 'u', 3, n, CASE WHEN n % 5 > 0 THEN n END, 0
FROM generate_series(1, 2 * {rows}) n;
INSERT INTO metrics (run, key, step, time_ms, value, is_nan)
SELECT r.id, k.id, n, n, n, 0 FROM runs r CROSS JOIN keys k CROSS JOIN generate_series(1, 3) n WHERE k.name = 'a';
INSERT INTO latest_metrics (run, key, experiment, started_ms, step, time_ms, value, is_nan)
SELECT r.id, k.id, r.experiment, r.started_ms, 3, 3, r.id, 0 FROM runs r CROSS JOIN keys k WHERE k.name = 'a';
INSERT INTO params (run, key, experiment, started_ms, value)
SELECT r.id, k.id, r.experiment, r.started_ms, 'p' || r.id FROM runs r CROSS JOIN keys k WHERE k.name = 'p';
INSERT INTO run_tags (run, key, experiment, started_ms, value)
SELECT r.id, k.id, r.experiment, r.started_ms, 't' || r.id FROM runs r CROSS JOIN keys k
WHERE k.name IN ('t', 'mlflow.runName');
INSERT INTO datasets (experiment, name, digest, source_type, source)
SELECT 1, 'd', n::text, 'local', '' FROM generate_series(1, 100) n;
INSERT INTO run_datasets (run, dataset, place) SELECT r.id, 1 + r.id % 100, 0 FROM runs r WHERE r.experiment = 1;
INSERT INTO run_models (run, output, model_id, step) SELECT r.id, 1, 'm-' || r.id, 0 FROM runs r;
INSERT INTO logged_models (workspace, model_id, experiment, name, source_run_id, status, created_ms, updated_ms, deleted)
SELECT 1, 'm-' || n, 1 + n % 2, 'l' || n, 'r' || n, 2, n, n, 0 FROM generate_series(1, {rows}) n;
INSERT INTO logged_model_metrics
(model, key, run, dataset_name, dataset_digest, step, time_ms, value, is_nan)
SELECT l.id, k.id, l.id, '', '', 0, 0, l.id, 0 FROM logged_models l CROSS JOIN keys k WHERE k.name = 'a';
INSERT INTO models (workspace, name, created_ms, updated_ms, last_version, pointer_revision, is_prompt)
SELECT 1, 'm' || n, n, n, 100, 0, 0 FROM generate_series(1, {rows} / 10) n;
INSERT INTO model_tags (model, key, value) SELECT id, 't', 't' || id FROM models;
INSERT INTO versions (model, number, created_ms, updated_ms, stage, source, run_id, status, verified)
SELECT m.id, n, m.id + n, m.id + n, CASE WHEN n = 1 THEN 'Production' ELSE 'None' END, 's' || m.id || '-' || n, 'r' || m.id, 3, 0
FROM models m CROSS JOIN generate_series(1, 4) n;
INSERT INTO versions (model, number, created_ms, updated_ms, stage, source, run_id, status, verified)
SELECT 1, n, n, n, 'None', 's-' || n, 'r' || n, 3, 0 FROM generate_series(5, {rows}) n;
INSERT INTO version_tags (version, key, value) SELECT v.id, 't', 't' || v.id FROM versions v;
INSERT INTO aliases (model, alias, number) SELECT id, 'champion', 1 FROM models;
INSERT INTO journal (workspace, time_ms, actor, action, model, version, detail)
SELECT 1, n, 'ada', 'test', 'm' || 1 + n % 2000, 1, '' FROM generate_series(1, {rows}) n;
INSERT INTO pointer_history (model, journal, place, number, enters, cause)
SELECT m.id, j.id, 0, 1, 'alias:champion', 'move' FROM journal j JOIN models m ON m.name = j.model;
INSERT INTO blob_stores (destination) VALUES ('/srv/bytes');
INSERT INTO artifacts (workspace, path, store, key, size_bytes, sha256, written_ms)
SELECT 1, 'a/' || n || '/f', 1, 'a/' || n || '/f', 1, decode(repeat('00', 32), 'hex'), 0 FROM generate_series(1, {rows}) n;
INSERT INTO version_files (version, path, store, key, size_bytes, sha256)
SELECT v.id, 'f', 1, 'a/' || v.id || '/f', 1, decode(repeat('00', 32), 'hex') FROM versions v;
INSERT INTO observations (version, uri, looked_ms) SELECT v.id, 's3://bucket/' || v.id, 1 FROM versions v;
INSERT INTO observed_files (version, path, size_bytes, sha256, mark)
SELECT v.id, 'f', 1, decode(repeat('00', 32), 'hex'), 'm' FROM versions v;
INSERT INTO condemned_blobs (store, key, size_bytes, condemned_ms, removed_ms)
SELECT 1, '.tiltyard/blobs/' || n, 1, 1, 2000 + n FROM generate_series(1, {rows}) n;
INSERT INTO jobs (name, number, request, asked_by, asked_ms, claim, lease_until_ms, progress, findings, ended_ms)
VALUES ('gc', 1, '{}', 'ada', 0, 1, 0, '{}', {rows}, 1);
INSERT INTO job_findings (job, number, place, finding) SELECT 'gc', 1, n, '{}' FROM generate_series(1, {rows}) n;
INSERT INTO idempotency_keys (workspace, actor, operation, key, request, answer, answered_ms)
SELECT 1, 'ada', '/seeded', 'k' || n, decode(repeat('00', 32), 'hex'), decode('', 'hex'), n
FROM generate_series(1, {rows}) n;
ANALYZE
