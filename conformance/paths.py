#!/usr/bin/env python3
"""Tries to leave the artifact store by every parameter that ends in a path, in every spelling of "up" and "elsewhere".

Around the store lie canary files. None may be read, listed, changed or removed, nothing may appear beside them, and no
connection may be opened to an address that a client supplied. Run it with `python3 conformance/paths.py`.
"""

import json
import os
import secrets
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import quote

from harness.alone import NoAnswer, parser, send, server_in, starter
from harness.servers import Server
from harness.tally import Tally

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts"
AJAX = "/ajax-api/2.0/mlflow"
NOT_IMPLEMENTED = 501
DEPTHS = (1, 2, 4, 8)

UP = (
    "..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%25252e%25252e", "..;", "..;x=y", "%2e%2e;", "..%00", "%00..", "..%20", "..%09",
    "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%c0%2e%c0%2e", "\uff0e\uff0e", "\u2024\u2024", "%uff0e%uff0e", "...", "....", ".. ", " ..", "..\t",
)  # fmt: skip
SLASHES = ("/", "//", "%2f", "%2F", "%252f", "%25252f", "\\", "%5c", "%255c", "/./", "%c0%af", "\uff0f", "%e2%88%95", ";/", "#/", "%23/", "?/", "%3f/")
SPREAD = (("..", SLASHES), *((up, ("/", "%2f", "\\")) for up in UP))
ELSEWHERE = (
    "{abs}", "/{abs}", "//{abs}", "%2f{bare}", "%252f{bare}", "%5c{bare}", "/./{bare}", "/%2e/{bare}", "./{abs}", "a/{abs}", "a//{bare}",
    "file://{abs}", "file:{abs}", "file:{bare}", "FILE://{abs}", "File:{abs}", "file%3a{abs}", "file://localhost{abs}", "file:///%2e{abs}",
    "dbfs:{abs}", "dbfs:/..{abs}", "mlflow-artifacts:/../{bare}", "mlflow-artifacts:{abs}", "runs:/x/..{abs}", "models:/x/..{abs}", "local:{abs}",
    "C:{abs}", "C:\\{bare}", "c|/{bare}", "\\\\?\\{bare}", "//?/{bare}", "/proc/self/root{abs}", "//proc/self/root{abs}", "/proc/self/cwd/../outside",
    "~/{bare}", "~root/{bare}", "$HOME/{bare}", "{abs}%00.txt", "{abs}%00", "{abs}/.", "{abs}#x", "{abs}?x", "{abs};x", "http://{listener}/x",
    "https://{listener}/x", "HTTP://{listener}", "//{listener}/x", "ftp://{listener}/x", "sftp://{listener}/x", "hdfs://{listener}/x",
    "link", "link/{name}", "link/./{name}", "link%2f{name}", "a/../link/{name}", "filelink", "../server/../outside/{name}", "../artifacts-twin/{name}",
    "artifacts/../../artifacts-twin/{name}", "..", ".", "", "/", "%00", "\n", "%0a", "a%0a/../../{name}", "*", "?", "%", "%2", "%zz",
)  # fmt: skip


class Yard:
    """The store, the canaries around it, and what they looked like before."""

    def __init__(self, server: Server, around: Path):
        self.uri, self._around, self._store = server.uri, around, server.artifacts
        self.secret = secrets.token_hex(16)
        self.name = f"canary-{secrets.token_hex(4)}.txt"
        # Lies beside each canary and is named in no request: where it shows up, a folder was listed.
        self.marker = f"marker-{secrets.token_hex(8)}.txt"
        self.outside = around / "outside"
        for folder in (around, server.folder, self.outside, server.folder / "artifacts-twin"):
            folder.mkdir(exist_ok=True)
            (folder / self.name).write_text(self.secret)
            (folder / self.marker).write_text(self.secret)
        self._store.mkdir(exist_ok=True)
        (self._store / "link").symlink_to(self.outside)
        (self._store / "filelink").symlink_to(self.outside / self.name)
        self.before = self.snapshot()

    def snapshot(self) -> dict[str, str]:
        """Everything outside the store but the server's own database, logs and temporary files. The store is not walked: it grows
        with every case."""
        own = tuple(str(self._around / name) for name in ("server/store.db", "server/server.log", "server-server-tmp"))
        seen, folders = {}, [self._around]
        while folders:
            for entry in os.scandir(folders.pop()):
                if entry.path == str(self._store) or entry.path.startswith(own):
                    continue
                is_folder = entry.is_dir(follow_symlinks=False)
                seen[entry.path] = "folder" if is_folder else _content(entry)
                folders += [entry.path] if is_folder else []
        return seen

    def restored(self) -> None:
        """Puts the canaries back after a failure, so that one failure is not counted many times."""
        for path, text in self.before.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            if text != "folder":
                Path(path).write_text(text)
        self.before = self.snapshot()


def _content(entry: os.DirEntry) -> str:
    """Of a file; of anything else, that it is something else."""
    return Path(entry.path).read_text(errors="replace") if entry.is_file(follow_symlinks=False) else "neither file nor folder"


class Listener:
    """Counts connections; there must be none."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self._socket.getsockname()[1])
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.connections += 1
            connection.close()


def forms(yard: Yard, listener: Listener) -> list[str]:
    """The corpus: ways up from the store by so many levels, and ways to name another place outright."""
    climbs = [slash.join([up] * depth) + slash + yard.name for up, slashes in SPREAD for slash in slashes for depth in DEPTHS]
    climbs += [f"a/b/{climb}" for climb in climbs[:: len(DEPTHS)]]
    absolute = str(yard.outside / yard.name)
    fill = {"abs": absolute, "bare": absolute.lstrip("/"), "name": yard.name, "listener": listener.address}
    return list(dict.fromkeys([*climbs, *(form.format(**fill) for form in ELSEWHERE)]))


class Known:
    """A run, a model version and a logged model whose files the paths are relative to."""

    def __init__(self, yard: Yard):
        self._uri = yard.uri
        self.experiment = self.post(f"{API}/experiments/create", {"name": "yard"})["experiment_id"]
        run = self.post(f"{API}/runs/create", {"experiment_id": self.experiment})["run"]["info"]
        self.run, self.root = run["run_id"], run["artifact_uri"].removeprefix("mlflow-artifacts:/")
        send(self._uri, "PUT", f"{PROXY}/artifacts/{self.root}/model/MLmodel", b"flavors: {}")
        self.post(f"{API}/registered-models/create", {"name": "horse"})
        self.post(f"{API}/model-versions/create", {"name": "horse", "source": run["artifact_uri"] + "/model", "run_id": self.run})
        logged = self.post(f"{API}/logged-models", {"experiment_id": self.experiment, "name": "horse"})
        self.logged = logged["model"]["info"]["model_id"]

    def post(self, target: str, body: dict) -> dict:
        answer = send(self._uri, "POST", target, json.dumps(body).encode())
        if answer.status != 200:
            raise SystemExit(f"{target} answered {answer.status}: {answer.body[:300]!r}")
        return json.loads(answer.body)


def entries(known: Known):
    """Each way in: a name, and from a path the requests to send. Paths go in as they are and encoded once more."""
    run, root, logged = known.run, known.root, known.logged
    for base in ("", f"{root}/"):
        for verb in ("GET", "PUT", "DELETE"):
            yield f"{verb} artifacts/{base and 'run/'}", lambda p, v=verb, b=base: [(v, f"{PROXY}/artifacts/{b}{p}", b"x" if v == "PUT" else None)]
        yield f"list artifacts/{base and 'run/'}", lambda p, b=base: _both(f"{PROXY}/artifacts?path={b}", p)
        for step in ("create", "complete", "abort"):
            body = {"num_parts": 2, "upload_id": "x", "parts": []}
            yield f"mpu {step}/{base and 'run/'}", lambda p, s=step, b=base, j=body: [("POST", f"{PROXY}/mpu/{s}/{b}{p}", _json(j | {"path": p}))]
        yield f"presigned/{base and 'run/'}", lambda p, b=base: [("GET", f"{PROXY}/presigned/{b}{p}", None)]
    yield "list of a run", lambda p: _both(f"{API}/artifacts/list?run_id={run}&path=", p)
    yield "get-artifact", lambda p: _both(f"/get-artifact?run_id={run}&path=", p)
    yield "artifact of a version", lambda p: _both("/model-versions/get-artifact?name=horse&version=1&path=", p)
    yield "folders of a logged model", lambda p: _both(f"{API}/logged-models/{logged}/artifacts/directories?artifact_directory_path=", p)
    yield "file of a logged model", lambda p: _both(f"{AJAX}/logged-models/{logged}/artifacts/files?artifact_file_path=", p)
    yield "upload-artifact", lambda p: _both(f"{AJAX}/upload-artifact?run_uuid={run}&path=", p, "POST", b"x")
    for way in ("upload", "download"):
        yield f"presigned-{way}-url", lambda p, w=way: [("POST", f"{API}/artifacts/presigned-{w}-url", _json({"run_id": run, "path": p}))]


def _both(target: str, path: str, verb: str = "GET", body: bytes | None = None):
    return [(verb, target + path, body), (verb, target + quote(path, safe=""), body)]


def _json(value) -> bytes:
    return json.dumps(value).encode()


class Inspector:
    """Sends requests and judges after each case whether a canary was touched."""

    def __init__(self, yard: Yard, listener: Listener, tally: Tally):
        self._yard, self._listener, self._tally = yard, listener, tally

    def case(self, name: str, requests) -> None:
        """One case: its requests, then a look at the yard."""
        faults = []
        for verb, target, body in requests:
            faults += self.request(verb, target, body)
        faults += self.yard()
        if faults:
            self._tally.failed(name, "\n".join(faults))
        else:
            self._tally.passed_quietly()

    def request(self, verb: str, target: str, body: bytes | None) -> list[str]:
        shown = f"{verb} {target!r}"
        try:
            answer = send(self._yard.uri, verb, target, body)
        except NoAnswer as error:
            return [f"{shown} gave no answer: {error}"]
        faults = []
        if answer.status >= 500 and answer.status != NOT_IMPLEMENTED:
            faults.append(f"{shown} answered {answer.status}: {answer.body[:200]!r}")
        if self._yard.secret.encode() in answer.body or b"root:x:0" in answer.body:
            faults.append(f"{shown} read a file outside the store")
        if self._yard.marker.encode() in answer.body:
            faults.append(f"{shown} listed a folder outside the store")
        return faults

    def yard(self) -> list[str]:
        after, faults = self._yard.snapshot(), []
        if after != self._yard.before:
            changed = {path for path, _ in after.items() ^ self._yard.before.items()}
            faults.append(f"outside the store changed: {', '.join(sorted(changed))}")
            self._yard.restored()
        if self._listener.connections:
            faults.append("the server connected to an address that the client supplied")
            self._listener.connections = 0
        return faults


def places(inspector: Inspector, yard: Yard, known: Known, form: str, number: int) -> None:
    """Locations that a client supplies and the server stores: nothing may be read or written through them."""
    body = _json({"name": f"at {number}", "artifact_location": form})
    answer = send(yard.uri, "POST", f"{API}/experiments/create", body)
    requests = []
    if answer.status == 200:
        experiment_id = json.loads(answer.body)["experiment_id"]
        run = json.loads(send(yard.uri, "POST", f"{API}/runs/create", _json({"experiment_id": experiment_id})).body).get("run", {})
        run_id = run.get("info", {}).get("run_id", "none")
        for path in ("", yard.name, "."):
            requests += _both(f"{API}/artifacts/list?run_id={run_id}&path=", path)
            requests += _both(f"/get-artifact?run_id={run_id}&path=", path)
        requests.append(("POST", f"{AJAX}/upload-artifact?run_uuid={run_id}&path=x.txt", b"x"))
    inspector.case(f"artifact_location {form!r}", requests)
    sources = ({"name": "horse", "source": form}, {"name": "horse", "source": form, "run_id": known.run})
    requests = [("POST", f"{API}/model-versions/create", _json(source)) for source in sources]
    inspector.case(f"source {form!r}", requests)


def files_of_versions(inspector: Inspector, yard: Yard) -> None:
    """Reads every version that was accepted with a source from the corpus."""
    every = quote("name = 'horse'")
    answer = send(yard.uri, "GET", f"{API}/model-versions/search?max_results=10000&filter={every}")
    for version in (item["version"] for item in json.loads(answer.body).get("model_versions", [])):
        target = f"/model-versions/get-artifact?name=horse&version={version}&path="
        requests = [request for path in ("", ".", yard.name, "passwd") for request in _both(target, path)]
        inspector.case(f"files of version {version}", requests)


def main() -> int:
    options = parser(__doc__).parse_args()
    tally, listener = Tally(), Listener()
    with starter(options) as start, server_in(start) as (server, around):
        yard = Yard(server, around)
        known = Known(yard)
        inspector = Inspector(yard, listener, tally)
        corpus = forms(yard, listener)
        for name, requests in entries(known):
            for form in corpus:
                inspector.case(f"{name} {form!r}", requests(form))
        for number, form in enumerate(corpus):
            places(inspector, yard, known, form, number)
        files_of_versions(inspector, yard)
        inspector.case("the server is alive", [("GET", "/health", None)])
    tally.close()
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main())
