"""Artifacts in an object store: sent through the server, in parts straight to the store, or written there by clients alone."""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import mlflow
import requests
from mlflow.artifacts import download_artifacts, load_text

from harness.rows import replay
from harness.session import only_for_line, with_flags

MIB = 1024 * 1024
STORE = "/api/2.0/mlflow-artifacts/"
through_the_server = with_flags("--artifacts-destination", "{bucket}")
by_clients_alone = with_flags("--no-serve-artifacts", "--default-artifact-root", "{bucket}")
STORE_TIMEOUT_S = 60


def _run(session):
    return session.client.create_run(session.experiment()).info


def _root(run):
    """The path of a run's artifacts in the server's store."""
    return run.artifact_uri.split(":", 1)[1].strip("/")


def _listing(session, run_id, path=None):
    return [[info.path, info.is_dir, info.file_size] for info in session.client.list_artifacts(run_id, path)]


def _parts(parts):
    """Lets this client send large files in parts of that many bytes."""
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(parts)
    os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(parts)


def _back(session, run_id, path, content):
    folder = session.folder / f"back-{Path(path).name}"
    folder.mkdir(exist_ok=True)
    return Path(session.client.download_artifacts(run_id, path, str(folder))).read_bytes() == content


@through_the_server
def files_through_the_server(session):
    client, run_id = session.client, _run(session).run_id
    session.see("empty", _listing(session, run_id))
    client.log_text(run_id, "first", "a b/ü.txt")
    client.log_text(run_id, "second, and longer", "a b/ü.txt")
    client.log_artifact(run_id, session.file("empty.bin", b""), "deep/er")
    client.log_artifact(run_id, session.file("big.bin", bytes(range(256)) * (12 * MIB // 256)))
    for path in (None, "a b", "deep", "deep/er", "nothing", "big.bin"):
        session.see(f"listing of {path!r}", _listing(session, run_id, path))
    session.see("text", load_text(f"runs:/{run_id}/a b/ü.txt"))
    session.see("the same bytes came back", _back(session, run_id, "big.bin", bytes(range(256)) * (12 * MIB // 256)))
    session.see("empty file", _back(session, run_id, "deep/er/empty.bin", b""))


@through_the_server
def large_files_in_parts(session):
    _parts(5 * MIB)
    client, run_id = session.client, _run(session).run_id
    content = b"joust " * (13 * MIB // 6)
    for _ in range(2):
        session.outcome("upload", client.log_artifact, run_id, session.file("parts.bin", content), "deep/er")
    session.see("listing", _listing(session, run_id, "deep/er"))
    session.see("the same bytes came back", _back(session, run_id, "deep/er/parts.bin", content))
    other = content[::-1]
    client.log_artifact(run_id, session.file("parts.bin", other), "deep/er")
    session.see("the new bytes came back", _back(session, run_id, "deep/er/parts.bin", other))


@only_for_line("3")
@through_the_server
def clients_that_are_told_of_nothing(session):
    """From 3.17 on clients ask the server what it can do, and reach the store by themselves without being told to."""
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 * MIB)
    os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 * MIB)
    os.environ["MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE"] = str(4 * MIB)
    info = session.http("GET", "/api/3.0/mlflow/server-info").json()
    session.see("server", {name: info[name] for name in info if "multipart" in name or "presigned" in name})
    run_id, content = _run(session).run_id, b"lance " * (11 * MIB // 6)
    session.client.log_artifact(run_id, session.file("parts.bin", content))
    session.client.log_text(run_id, "small", "small.txt")
    session.see("the same bytes came back", _back(session, run_id, "parts.bin", content))
    session.see("the small file", _back(session, run_id, "small.txt", b"small"))
    session.refused("missing file", session.client.download_artifacts, run_id, "nothing.txt", str(session.folder))


@only_for_line("3")
@through_the_server
def versions_come_straight_from_the_store(session):
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] = "true"
    run, name = _run(session), session.unique()
    for path, text in (("model/MLmodel", "flavors: {python_function: {loader_module: x}}"), ("model/weights", "first")):
        session.client.log_text(run.run_id, text, path)
    session.client.create_registered_model(name)
    session.client.create_model_version(name, f"{run.artifact_uri}/model", run_id=run.run_id)
    folder = Path(download_artifacts(f"models:/{name}/1"))
    session.see("weights", (folder / "weights").read_text())


@only_for_line("3")
@through_the_server
def addresses_of_the_store(session):
    run = _run(session)
    session.client.log_text(run.run_id, "content", "folder/a b.txt")
    rows = [
        ("GET", STORE + "presigned/{root}/nothing", {}),
        ("GET", STORE + "presigned/{root}/..%2F..%2Fx", {}),
        ("POST", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "folder/a b.txt"}),
        ("POST", "artifacts/presigned-upload-url", {"run_id": "{run}", "path": "up.txt"}),
        ("POST", STORE + "mpu/create/{root}", {"num_parts": 1}),
        ("POST", STORE + "mpu/create/..%2Fx", {"path": "a", "num_parts": 1}),
        ("POST", STORE + "mpu/create/{root}", {"path": "a", "num_parts": "x"}),
    ]
    replay(session, rows, {"root": _root(run), "run": run.run_id})
    presigned = session.http("GET", f"{STORE}presigned/{_root(run)}/folder/a b.txt").json()
    session.see("size", presigned["file_size"])
    _fetch(session, presigned["url"])


def _fetch(session, url):
    got = requests.get(url, timeout=STORE_TIMEOUT_S)
    shown = ("Content-Disposition", "Content-Length")
    session.see("fetched", [got.status_code, got.text, {name: got.headers.get(name) for name in shown}])
    part = requests.get(url, headers={"Range": "bytes=1-3"}, timeout=STORE_TIMEOUT_S)
    session.see("part of it", [part.status_code, part.text])
    changed = url.replace("a%20b", "a%20c").replace("X-Amz-Expires=300", "X-Amz-Expires=301")
    session.see("a changed address", requests.get(changed, timeout=STORE_TIMEOUT_S).ok)
    session.see("another verb", requests.put(url, data=b"x", timeout=STORE_TIMEOUT_S).ok)
    query = parse_qs(urlsplit(url).query)
    session.see("good for", query["X-Amz-Expires"])


@only_for_line("3")
@through_the_server
def no_address_changes_what_is_registered(session):
    """Everything that was handed out for an upload is used again once the file is registered."""
    run, name = _run(session), session.unique()
    session.client.log_text(run.run_id, "flavors: {python_function: {loader_module: x}}", "model/MLmodel")
    base = f"{STORE}mpu/%s/{_root(run)}/model"
    upload = session.http("POST", base % "create", json={"path": "weights", "num_parts": 2}).json()
    bytes_of = {1: b"1" * 5 * MIB, 2: b"2" * MIB}
    parts = []
    for credential in upload["credentials"]:
        number = credential["part_number"]
        sent = requests.put(credential["url"], data=bytes_of[number], timeout=STORE_TIMEOUT_S)
        parts.append({"part_number": number, "etag": sent.headers["ETag"], "url": credential["url"]})
    whole = {"path": "weights", "upload_id": upload["upload_id"], "parts": parts}
    session.see("complete", session.http("POST", base % "complete", json=whole).status_code)
    session.client.create_registered_model(name)
    session.client.create_model_version(name, f"{run.artifact_uri}/model", run_id=run.run_id)
    for credential in upload["credentials"]:
        again = requests.put(credential["url"], data=b"other", timeout=STORE_TIMEOUT_S)
        session.see(f"part {credential['part_number']} again", again.ok)
    folder = Path(download_artifacts(f"models:/{name}/1"))
    session.see("the registered bytes", (folder / "weights").read_bytes() == bytes_of[1] + bytes_of[2])


def _uploaded(session, run_id, path, content):
    body = {"run_id": run_id, "path": path}
    address = session.http("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", json=body).json()
    sent = requests.put(address["presigned_url"], data=content, headers=address["headers"], timeout=STORE_TIMEOUT_S)
    session.see(f"{path} sent", sent.status_code)
    return address


@by_clients_alone
def clients_reach_the_store_alone(session):
    client, run = session.client, _run(session)
    session.see("run", run.artifact_uri)
    client.log_text(run.run_id, "content", "folder/a.txt")
    session.see("listing", _listing(session, run.run_id))
    session.see("listing of folder", _listing(session, run.run_id, "folder"))
    session.see("text", load_text(f"{run.artifact_uri}/folder/a.txt"))
    client.create_registered_model(session.unique())
    made = client.create_model_version(session.unique(), f"{run.artifact_uri}/folder", run_id=run.run_id)
    session.see("source", made.source)
    session.see("download uri", client.get_model_version_download_uri(session.unique(), "1"))
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{session.unique()}/1"))
    session.see("downloaded", sorted(path.name for path in folder.iterdir() if path.name != "registered_model_meta"))


@only_for_line("3")
@by_clients_alone
def what_clients_wrote_is_shown(session):
    run = _run(session)
    session.client.log_text(run.run_id, "content", "folder/a b.txt")
    session.client.log_text(run.run_id, "", "folder/empty")
    model = session.client.create_logged_model(run.experiment_id, name="m")
    rows = [
        ("GET", "artifacts/list", {"run_id": "{run}"}),
        ("GET", "artifacts/list", {"run_id": "{run}", "path": "folder"}),
        ("GET", "artifacts/list", {"run_id": "{run}", "path": "folder/a b.txt"}),
        ("GET", "artifacts/list", {"run_id": "{run}", "path": "nothing"}),
        ("GET", "artifacts/list", {"run_id": "{run}", "path": "../.."}),
        ("GET", "/get-artifact", {"run_id": "{run}", "path": "folder/a b.txt"}),
        ("GET", "/get-artifact", {"run_id": "{run}", "path": "folder"}),
        ("GET", "/get-artifact", {"run_id": "{run}", "path": "../x"}),
        ("GET", "/api/2.0/mlflow/logged-models/{model}/artifacts/directories", {}),
        ("POST", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "nothing"}),
        ("POST", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "a", "expiration": 0}),
        ("POST", "artifacts/presigned-download-url", {"run_id": "{run}", "path": "../x"}),
        ("POST", "artifacts/presigned-upload-url", {"run_id": "{run}", "path": "../x"}),
        ("POST", "artifacts/presigned-upload-url", {"path": "x"}),
    ]
    replay(session, rows, {"run": run.run_id, "model": model.model_id})
    body = {"run_id": run.run_id, "path": "folder/a b.txt"}
    address = session.http("POST", "/api/2.0/mlflow/artifacts/presigned-download-url", json=body).json()
    session.see("size", address["file_size"])
    _fetch(session, address["presigned_url"])


@only_for_line("3")
@by_clients_alone
def files_are_made_by_address(session):
    run = _run(session)
    address = _uploaded(session, run.run_id, "model/weights.bin", b"first")
    session.see("type", address["headers"]["Content-Type"])
    session.see("listing", _listing(session, run.run_id, "model"))
    session.see("text", load_text(f"{run.artifact_uri}/model/weights.bin"))
    again = requests.put(address["presigned_url"], data=b"other", headers=address["headers"], timeout=STORE_TIMEOUT_S)
    session.see("the same address again", again.status_code)
    session.see("text afterwards", load_text(f"{run.artifact_uri}/model/weights.bin"))
    bare = requests.put(address["presigned_url"], data=b"other", timeout=STORE_TIMEOUT_S)
    session.see("without its headers", bare.ok)
    model = session.client.create_logged_model(run.experiment_id, name="m")
    body = {"model_id": model.model_id, "path": "MLmodel"}
    address = session.http("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", json=body).json()
    sent = requests.put(address["presigned_url"], data=b"m", headers=address["headers"], timeout=STORE_TIMEOUT_S)
    session.see("file of a logged model", sent.status_code)
