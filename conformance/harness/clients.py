"""The driver's end of a worker: starts it in the environment of its client line and hands it scenarios."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.servers import Server, quiet_environment, scratch_beside

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Result:
    """What became of a scenario on one side."""

    lines: list
    error: str | None
    seconds: float


class Worker:
    """A running worker process and the server its scenarios talk to."""

    def __init__(self, process: subprocess.Popen, server: Server, log: Path):
        self._process, self._server, self._log = process, server, log
        # Each with the flags that it wants its servers to have.
        self.scenarios = {name: tuple(flags) for name, flags in self._answer()["scenarios"].items()}

    def run(self, scenario: str, server_uri: str | None = None) -> Result:
        """Runs a scenario, also by another way to the server."""
        job = {
            "scenario": scenario,
            "server_uri": server_uri or self._server.uri,
            "server_folder": str(self._server.folder),
            "places": self._places(),
            "log": str(self._log),
        }
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Result(**self._answer())

    def _places(self) -> dict[str, str]:
        """What stands for the server's place in an object store, and for the store's own address."""
        place = self._server.place
        store = place.variables.get("MLFLOW_S3_ENDPOINT_URL")
        return {place.destination: "<bucket>", store: "<object store>"} if store else {}

    def _answer(self) -> dict:
        text = self._process.stdout.readline()
        if not text:
            raise RuntimeError(f"the worker ended; its log:\n{self._log.read_text(errors='replace')[-3000:]}")
        return json.loads(text)


@contextlib.contextmanager
def worker(environment: Path, server: Server) -> Iterator[Worker]:
    """A worker for the time of a block."""
    log = server.folder / "client.log"
    command = [str(environment / "bin" / "python"), "-m", "harness.worker"]
    with scratch_beside(server.folder, "client") as scratch:
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command, cwd=HERE, env=_environment(scratch, server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        try:
            yield Worker(process, server, log)
        finally:
            process.stdin.close()
            process.wait()


def _environment(scratch: Path, server: Server) -> dict[str, str]:
    """One try for each request, so that a server error is seen and not waited for; a fixed user."""
    return quiet_environment() | server.place.variables | {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
        "MPLBACKEND": "agg",
        "LOGNAME": "conformance",
        "TMPDIR": str(scratch),
        "PYTHONHASHSEED": "0",
    }
