"""Starts and stops the servers: `mlflow server` as the reference, Tiltyard as what is tested.

Each server has a free port, a temporary folder and a log of its own; none survives the block it was started in.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.buckets import PLACE, Place, Places, wants_bucket
from harness.buckets import folder as in_folder
from harness.cluster import Database, sqlite

READY_TIMEOUT_S = 90
STOP_TIMEOUT_S = 10
POLL_S = 0.05
LISTENS = "Tiltyard listens on "
# All else may be a setting of a server or a client: of MLflow, an object store, PostgreSQL, Python, certificates, proxies.
KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG")


class ServerFailed(Exception):
    """A server that did not come up; the message shows the end of its log."""


@dataclass(frozen=True)
class Server:
    uri: str
    folder: Path
    log: Path
    process: subprocess.Popen
    place: Place

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"


# Given a folder, more flags, and where artifacts are kept if that matters to what is tested.
Starter = Callable[..., contextlib.AbstractContextManager[Server]]


def stop_servers_when_told_to_end() -> None:
    """Makes SIGTERM leave every block in order, so that no server outlives the run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def reference_server(environment: Path) -> Starter:
    """Starts the stock `mlflow server` of an environment."""
    program = [str(environment / "bin" / "mlflow")]
    return lambda folder, flags=(), places=in_folder: _running(program, ["--workers", "1", *flags], folder, places, port=free_port())


def tiltyard_server(binary: Path, database: Database = sqlite, places: Places = in_folder) -> Starter:
    """Starts Tiltyard. It takes a free port by itself, and says which."""
    kept = places
    return lambda folder, flags=(), places=kept: _running([str(binary)], list(flags), folder, places, database)


@contextlib.contextmanager
def _running(
    program: list[str], extra: list[str], folder: Path, places: Places, database: Database = sqlite, port: int = 0
) -> Iterator[Server]:
    folder.mkdir(parents=True)
    place = places(folder)
    artifacts = [] if wants_bucket(extra) else ["--artifacts-destination", place.destination]
    extra = [flag.replace(PLACE, place.destination) for flag in extra]
    storage = [*_metadata(folder, extra, database), *artifacts]
    command = [*program, "server", "--host", "127.0.0.1", "--port", str(port), *storage, *extra]
    log = folder / "server.log"
    with scratch_beside(folder, "server") as scratch:
        environment = quiet_environment() | place.variables | {"TMPDIR": str(scratch)}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        try:
            uri = _wait_for(lambda: _answering(port) if port else _said(log), process, log)
            yield Server(uri, folder, log, process, place)
        finally:
            _stop(process)


@contextlib.contextmanager
def scratch_beside(folder: Path, whose: str) -> Iterator[Path]:
    """A folder for the temporary files of one process; MLflow leaves many of them behind."""
    scratch = folder.with_name(f"{folder.name}-{whose}-tmp")
    scratch.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _metadata(folder: Path, flags: list[str], database: Database) -> list[str]:
    """A server of artifacts alone is not told of a database."""
    return [] if "--artifacts-only" in flags else ["--backend-store-uri", database(folder)]


def quiet_environment() -> dict[str, str]:
    """What programs need of the caller's environment, without anything that would steer them, and without MLflow's telemetry."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT_VARIABLES or name.startswith("LC_")}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet"}
    # The reference would start seven processes for jobs that no scenario gives it.
    return kept | threads | quiet | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def _wait_for(address: Callable[[], str], process: subprocess.Popen, log: Path) -> str:
    """The address of a server, once it has one."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with {process.returncode}:\n{_tail(log)}")
        if found := address():
            return found
        time.sleep(POLL_S)
    raise ServerFailed(f"the server was not ready after {READY_TIMEOUT_S} s:\n{_tail(log)}")


def _answering(port: int) -> str:
    with contextlib.suppress(urllib.error.URLError, OSError):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return f"http://127.0.0.1:{port}" if answer.status == 200 else ""
    return ""


def _said(log: Path) -> str:
    """Only in a whole line: the server may be in the middle of writing one."""
    lines = log.read_text(errors="replace").splitlines(keepends=True)
    return next((line.removeprefix(LISTENS).strip() for line in lines if line.startswith(LISTENS) and line.endswith("\n")), "")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stop(process: subprocess.Popen) -> None:
    """Ends the server and the worker processes it started, which share its session."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
            return
