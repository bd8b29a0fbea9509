#!/usr/bin/env python3
"""Disks that fill while a server is under load: one with its SQLite database, one with its artifacts. Writes must be refused in
words while nothing fits, reads must go on, and once there is room again all is well without a restart, and nothing is lost.

    deploy/tests/disk.py --tiltyard BINARY [--seconds N] [--seed N]

The disks are file systems in memory, mounted where only this test sees them, and made small and large again. That takes root, or a kernel that lets
everybody have such a view of their own; where neither is given, the test fails and says so.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from http_calls import Caller, Failure, Refused
from ledger import lost
from load import MODEL, Book, load
from server_of import Server
from starting import until

# More than a fast machine writes in the time of the test, so that a disk is full only when the test makes it so.
ROOM_MIB = 8192
POLL_S = 0.05
INSIDE = "--inside"


def mount(folder: Path) -> None:
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM_MIB}m,mode=0755", "tmpfs", str(folder)], capture_output=True, text=True)
    if made.returncode:
        sys.exit(f"no disk of its own can be mounted here: {made.stderr.strip()}. Run this as root, or where users may make namespaces.")


def resize(folder: Path, size_bytes: int) -> bool:
    """Refused where more than that is taken by now."""
    return subprocess.run(["mount", "-o", f"remount,size={size_bytes}", str(folder)], capture_output=True).returncode == 0


def leave_no_room(folder: Path) -> None:
    """Makes the disk as small as what lies on it, however fast others write."""
    while True:
        disk = os.statvfs(folder)
        if resize(folder, max(disk.f_blocks - disk.f_bfree, 1) * disk.f_frsize):
            return


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """The disk is full when the block begins, and has room again at its end."""
    leave_no_room(folder)
    try:
        yield
    finally:
        if not resize(folder, ROOM_MIB << 20):
            sys.exit(f"{folder} could not be made larger again")


def reads(caller: Caller) -> None:
    """What must go on whatever is full."""
    caller.ask("GET", f"registered-models/get?name={MODEL}")
    caller.ask("POST", "runs/search", {"experiment_ids": ["0"], "max_results": 5})
    caller.send("GET", "/health")


def round_of(server: Server, folder: Path, disk: str, options: argparse.Namespace) -> tuple[Book, list[str]]:
    found, refused_writes, caller = [], collections.Counter(), Caller(server.url)
    with load(server.url, options.seed, workers=4) as book:
        time.sleep(options.seconds / 4)
        begun = time.monotonic()
        with full(folder / disk):
            while time.monotonic() < begun + options.seconds / 2:
                # The server removes what it could not finish, which is room again.
                leave_no_room(folder / disk)
                try:
                    reads(caller)
                except Refused as refused:
                    found.append(f"a read failed while {disk} was full: {refused}")
                time.sleep(POLL_S)
        ended = time.monotonic()
        until("a write after there was room again", lambda: _writes(caller))
        print(f"{disk}: the first write was taken {time.monotonic() - ended:.2f} s after there was room", flush=True)
        time.sleep(options.seconds / 4)
    for failure in book.failures:
        refused_writes[f"{failure.kind} to {failure.what.split('/artifacts/')[0]}"] += 1
        if not _is_clear(failure):
            found.append(f"not a clear refusal: {failure.what} {failure.kind}: {failure.said}")
        if failure.ended < begun or failure.begun > ended + 1:
            found.append(f"failed while there was room: {failure.what} {failure.kind}: {failure.said}")
    if not book.failures:
        found.append(f"nothing failed while {disk} was full: the disk was not")
    print(f"{disk}: {book.answered} requests answered; {book.count()} acknowledged; refused: {dict(refused_writes)}")
    return book, found


def _writes(caller: Caller) -> bool:
    with contextlib.suppress(Refused):
        run = caller.ask("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]
        caller.send("PUT", f"/api/2.0/mlflow-artifacts/artifacts/0/{run['run_id']}/artifacts/x", b"x")
        return True
    return False


def _is_clear(failure: Failure) -> bool:
    with contextlib.suppress(ValueError):
        said = json.loads(failure.said)
        return failure.kind == "503" and failure.retry_after and said["error_code"] == "RESOURCE_EXHAUSTED" and "room" in said["message"]
    return False


def check(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="tiltyard-disk-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        for disk in ("database", "artifacts"):
            mount(folder / disk)
        server = Server(options.tiltyard.resolve(), folder, f"sqlite:///{folder}/database/tiltyard.db", folder / "artifacts" / "store")
        try:
            found = []
            for disk in ("database", "artifacts"):
                book, wrong = round_of(server, folder, disk, options)
                found += wrong + lost(server.url, book)
            if server.process.poll() is not None:
                found.append(f"the server ended with {server.process.returncode}")
            if "panicked" in server.said():
                found.append("the server panicked; see its log below")
            left = list((folder / "artifacts").rglob("*incoming*/*"))
            found += [f"litter: {path}" for path in left if path.is_file()]
        finally:
            server.end()
            for disk in ("database", "artifacts"):
                subprocess.run(["umount", "--lazy", str(folder / disk)])
        for line in found[:40]:
            print(f"    WRONG: {line}")
        print("disk: as it must be" if not found else f"disk: {len(found)} WRONG\n{server.said()[-3000:]}")
        return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    parser.add_argument("--seconds", type=float, default=40, help="how long each disk is looked at")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return check(options)
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return subprocess.run(["unshare", "--mount", *as_root, sys.executable, __file__, *sys.argv[1:], INSIDE]).returncode


if __name__ == "__main__":
    sys.exit(main())
