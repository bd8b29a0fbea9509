"""Servers with a part switched off: `--no-serve-artifacts` and `--artifacts-only`."""

from pathlib import Path

import mlflow
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from harness.rows import replay
from harness.session import only_for_line, with_flags

STORE = "/api/2.0/mlflow-artifacts/"

STORE_ROWS = [
    ("PUT", STORE + "artifacts/{root}/a.txt", "content"),
    ("GET", STORE + "artifacts/{root}/a.txt", {}),
    ("GET", STORE + "artifacts", {"path": "{root}"}),
    ("GET", "/ajax-api/2.0/mlflow-artifacts/artifacts", {"path": "{root}"}),
    ("DELETE", STORE + "artifacts/{root}/a.txt", ""),
    ("GET", STORE + "artifacts/{root}/a.txt", {}),
    ("POST", STORE + "mpu/complete/{root}/a.txt", {}),
    ("POST", STORE + "mpu/abort/{root}/a.txt", {}),
    ("GET", STORE + "presigned/{root}/a.txt", {}),
]

REGISTRY_ROWS = [
    ("GET", "experiments/get", {"experiment_id": "0"}),
    ("POST", "experiments/create", {"name": "{root}"}),
    ("POST", "experiments/search", {}),
    ("POST", "runs/create", {"experiment_id": "0"}),
    ("GET", "registered-models/search", {}),
    ("POST", "model-versions/create", {"name": "m", "source": "s3://a/b"}),
    ("GET", "artifacts/list", {"run_id": "x"}),
    ("GET", "/get-artifact", {"run_id": "x", "path": "y"}),
    ("GET", "/model-versions/get-artifact", {"name": "m", "version": "1", "path": "y"}),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=x&path=y", "content"),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/x/artifacts/files", {"artifact_file_path": "y"}),
    ("GET", "/api/2.0/mlflow/logged-models/x/artifacts/directories", {}),
    ("POST", "artifacts/presigned-upload-url", {"run_id": "x", "path": "y"}),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"run_id": "x"}),
    ("GET", "/health", {}),
    ("GET", "/version", {}),
]

BY_RUN_ROWS = [
    ("GET", "artifacts/list", {"run_id": "{run}"}),
    ("GET", "artifacts/list", {"run_id": "{run}", "path": "folder"}),
    ("GET", "artifacts/list", {"run_id": "{run}", "path": "nothing"}),
    ("GET", "artifacts/list", {"run_id": "{run}", "path": ".."}),
    ("GET", "/get-artifact", {"run_id": "{run}", "path": "folder/a.txt"}),
    ("GET", "/get-artifact", {"run_id": "{run}", "path": "nothing"}),
    ("GET", "/get-artifact", {"run_id": "{run}", "path": "../x"}),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=up.txt", "content"),
    ("POST", "artifacts/presigned-upload-url", {"run_id": "{run}", "path": "a.txt"}),
    ("POST", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "a.txt"}),
]


@only_for_line("3")
@with_flags("--no-serve-artifacts")
def clients_keep_artifacts_in_a_shared_folder(session):
    client = session.client
    experiment = session.experiment()
    session.see("experiment", client.get_experiment(experiment).artifact_location)
    session.see("default", client.get_experiment("0").artifact_location)
    run = client.create_run(experiment)
    session.see("run", run.info.artifact_uri)
    session.see("logged model", client.create_logged_model(experiment, name="m").artifact_location)
    client.log_text(run.info.run_id, "content", "folder/a.txt")
    session.see("list", client.list_artifacts(run.info.run_id))
    session.see("list of folder", client.list_artifacts(run.info.run_id, "folder"))
    session.see("download", mlflow.artifacts.load_text(run.info.artifact_uri + "/folder/a.txt"))
    client.create_registered_model(session.unique())
    source = run.info.artifact_uri + "/folder"
    session.see("source", client.create_model_version(session.unique(), source, run_id=run.info.run_id).source)
    session.see("download uri", client.get_model_version_download_uri(session.unique(), "1"))
    session.refused("source elsewhere", client.create_model_version, session.unique(), "/etc", run_id=run.info.run_id)


@only_for_line("3")
@with_flags("--no-serve-artifacts")
def the_server_and_the_shared_folder(session):
    run = session.client.create_run(session.experiment())
    session.client.log_text(run.info.run_id, "content", "folder/a.txt")
    replay(session, BY_RUN_ROWS, {"run": run.info.run_id})


@only_for_line("3")
@with_flags("--no-serve-artifacts")
def no_artifact_store(session):
    replay(session, STORE_ROWS, {"root": session.unique()})
    experiment = session.experiment(artifact_location="mlflow-artifacts:/proxied")
    session.see("run", session.client.create_run(experiment).info.artifact_uri)


@only_for_line("3")
@with_flags("--artifacts-only")
def no_registry(session):
    replay(session, REGISTRY_ROWS, {"root": session.unique()})
    session.refused("create experiment", session.client.create_experiment, session.unique())
    session.refused("search models", session.client.search_registered_models)


@only_for_line("3")
@with_flags("--artifacts-only")
def an_artifact_store_alone(session):
    replay(session, STORE_ROWS, {"root": session.unique()})
    store = get_artifact_repository(f"mlflow-artifacts:/{session.unique('by-client')}")
    store.log_artifact(session.file("a.txt", "content"), "folder")
    session.see("list", store.list_artifacts("folder"))
    session.see("download", Path(store.download_artifacts("folder/a.txt")).read_text())
    store.delete_artifacts("folder")
    session.see("list when deleted", store.list_artifacts())
