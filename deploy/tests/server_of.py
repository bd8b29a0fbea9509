"""One server of Tiltyard with a log of its own, for tests that need no balancer."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

READY_TIMEOUT_S = 60
POLL_S = 0.05
LISTENS = "Tiltyard listens on "


def until(what: str, is_true: Callable[[], bool]) -> None:
    """Waits for something to become true, a bounded time."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not is_true():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not happen within {READY_TIMEOUT_S} s")
        time.sleep(POLL_S)


class Server:
    def __init__(self, binary: Path, folder: Path, database: str, artifacts: Path | str, variables: dict[str, str] | None = None):
        self.log = folder / "server.log"
        self.process = subprocess.Popen(
            [str(binary), "server", "--port", "0", "--backend-store-uri", database, "--artifacts-destination", str(artifacts)],
            cwd=folder, env=os.environ | (variables or {}), stdin=subprocess.DEVNULL, stderr=self.log.open("wb"),
        )
        until("the start of the server", lambda: self.url != "" or self.process.poll() is not None)
        if not self.url:
            raise SystemExit(f"the server ended with {self.process.returncode}: {self.said()}")

    @property
    def url(self) -> str:
        lines = self.said().splitlines(keepends=True)
        found = [line.split()[-1] for line in lines if line.startswith(LISTENS) and line.endswith("\n")]
        return found[0] if found else ""

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
