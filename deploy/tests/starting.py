"""How `deploy/local` and the tests beside this start programs: an environment without settings, ports that are free, bounded waits."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

READY_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
POLL_S = 0.02
PORTS_TRIED = 5
LISTENS = "Tiltyard listens on "
# All else may be a setting of a server or a client: addresses, passwords, certificates, proxies.
KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG")


class Failed(SystemExit):
    """Something that was asked for did not happen. Where nobody takes it, the program ends with its message."""


def surroundings() -> dict[str, str]:
    """What a program needs of our environment; the test itself says the rest."""
    return {name: value for name, value in os.environ.items() if name in KEPT_VARIABLES or name.startswith("LC_")}


def until(what: str, is_true: Callable, timeout_s: float = READY_TIMEOUT_S):
    """Waits for something to become true, a bounded time, and gives what it was."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := is_true():
            return found
        time.sleep(POLL_S)
    raise Failed(f"{what} did not happen within {timeout_s} s")


def tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "it wrote no log"


def address_of(what: str, process: subprocess.Popen, log: Path, offset: int = 0) -> str:
    """Waits for a server of Tiltyard to say where it listens, in its log behind that offset."""

    def address() -> str:
        if process.poll() is not None:
            raise Failed(f"{what} ended with {process.returncode}:\n{tail(log)}")
        lines = log.read_bytes()[offset:].decode(errors="replace").splitlines(keepends=True)
        # Only whole lines: it may be in the middle of writing one.
        found = [line.removeprefix(LISTENS).strip() for line in lines if line.startswith(LISTENS) and line.endswith("\n")]
        return found[-1] if found else ""

    return until(f"the start of {what}", address)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_free_ports(what: str, start: Callable[[], subprocess.Popen], is_there: Callable[[], bool]) -> subprocess.Popen:
    """Starts a program that must be told its ports. One may be taken before it gets there; then it ends, and is started on others."""
    for _ in range(PORTS_TRIED):
        process = start()
        try:
            until(f"the start of {what}", lambda: process.poll() is not None or is_there())
        except BaseException:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)
            raise
        if process.poll() is None:
            return process
    raise Failed(f"{what} did not start; what it said stands above")
