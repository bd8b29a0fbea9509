#!/usr/bin/env python3
"""Backups as docs/running.md has them, two into the same folder, taken under load, and restored elsewhere: whatever was acknowledged
before a backup began must be found in what is restored from it, with its bytes. The commands are those of the page, word for word.

    deploy/tests/backup.py --tiltyard BINARY [--seconds N] [--seed N] [sqlite] [postgresql]
"""

import argparse
import copy
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from http_calls import Caller, Refused
from ledger import all_versions, lost
from load import ARTIFACTS, Book, load
from program import program
from server_of import Server
from site_of import site
from starting import surroundings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "running.md"
DAYS = ("first", "second")
SQLITE = "Back up SQLite and a folder"


def commands(heading: str) -> str:
    """The shell block under a heading of the page."""
    found = re.search(rf"^#+ {re.escape(heading)}$.*?^```sh$\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"{PAGE} has no commands under '{heading}'")
    return found[1]


def run(heading: str, binary: Path, variables: dict[str, str], only: str = "") -> None:
    """Runs the commands under a heading, or the one among them that begins with a word."""
    lines = [line for line in commands(heading).splitlines() if line.startswith(only)]
    postgresql = subprocess.run(["sh", "-c", "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1"], capture_output=True, text=True)
    path = os.pathsep.join(filter(None, [str(binary.parent), postgresql.stdout.strip(), os.environ.get("PATH", "")]))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], env=surroundings() | variables | {"PATH": path})
    if done.returncode:
        sys.exit(f"the commands under '{heading}' failed")


def snapshot(book: Book) -> Book:
    """What must be in a backup that begins now."""
    with book.lock:
        return Book(
            # Workers note their runs meanwhile: this takes all that are there at once.
            runs=copy.deepcopy(dict(book.runs)), files=dict(book.files), versions=copy.deepcopy(book.versions),
            # A version and an alias may have moved on before the backup came to them.
            stages={}, aliases={},
        )


def under_load(url: str, options: argparse.Namespace, back_up) -> tuple[dict[str, Book], Book]:
    """What must be in each of the backups, and the whole book."""
    before = {}
    with load(url, options.seed, workers=4) as book:
        for day in DAYS:
            time.sleep(options.seconds / 3)
            before[day] = snapshot(book)
            back_up(day)
        time.sleep(options.seconds / 3)
    return before, book


def verdict(name: str, url: str, before: Book, after: Book) -> bool:
    found = [*after.wrong, *lost(url, before), *_half(url, after)]
    if not (before.runs and before.files and before.versions):
        found.append("too little was acknowledged before the backup: it proves nothing")
    print(f"{name}: {before.count()} acknowledged before the backup, all looked at in the restored store")
    for line in found[:40]:
        print(f"    WRONG: {line}")
    print(f"    {'as it must be' if not found else f'{len(found)} WRONG'}", flush=True)
    return not found


def _half(url: str, book: Book):
    """What was made while the backup ran is there as a whole or not at all: no version without its files."""
    caller = Caller(url)
    for number, version in all_versions(caller).items():
        path = f"{version['source'].removeprefix('mlflow-artifacts:/').lstrip('/')}/data.bin"
        try:
            caller.send("GET", f"{ARTIFACTS}/{path}")
            caller.send("GET", f"/model-versions/get-artifact?name={version['name']}&version={number}&path=data.bin")
        except Refused as refused:
            yield f"version {number} was restored without its files: {refused}"
    caller.close()


def sqlite(binary: Path, folder: Path, options: argparse.Namespace) -> bool:
    variables = {"STORE": f"sqlite:///{folder}/tiltyard.db", "ARTIFACTS": f"{folder}/artifacts", "BACKUP": f"{folder}/backup"}
    (folder / "backup").mkdir()
    server = Server(binary, folder, variables["STORE"], variables["ARTIFACTS"])
    try:
        before, after = under_load(server.url, options, lambda day: run(SQLITE, binary, variables | {"DAY": day}))
    finally:
        server.end()
    # Nothing may be read from where it was before.
    Path(variables["ARTIFACTS"]).rename(folder / "gone")
    return all([_restored(binary, folder / day, variables | {"DAY": day}, before[day], after) for day in DAYS])


def _restored(binary: Path, elsewhere: Path, variables: dict[str, str], before: Book, after: Book) -> bool:
    elsewhere.mkdir()
    run("Restore SQLite and a folder", binary, variables | {"RESTORED": str(elsewhere)})
    restored = Server(binary, elsewhere, f"sqlite:///{elsewhere}/tiltyard.db", elsewhere / "artifacts")
    try:
        return verdict(f"sqlite, the {variables['DAY']} backup", restored.url, before, after)
    finally:
        restored.end()


def postgresql(binary: Path, folder: Path, options: argparse.Namespace) -> bool:
    with site(binary) as place:
        database, artifacts = place.shown("database")[0][1], place.shown("artifacts")[0][1]
        server = database.rsplit("/", 1)[0]
        variables = {"DATABASE": database, "ARTIFACTS": artifacts, "BACKUP": f"{folder}/backup"}
        (folder / "backup").mkdir()

        def back_up(day: str) -> None:
            run("Back up PostgreSQL", binary, variables | {"DAY": day})
            # The shared folder, as the page has it for the other engine.
            run(SQLITE, binary, variables, only="rsync")

        before, after = under_load(place.url, options, back_up)
        Path(artifacts).rename(folder / "gone")
        copy_of_bytes = folder / "backup" / "artifacts"
        new = variables | {"DAY": DAYS[-1], "SERVER": f"{server}/postgres", "DATABASE": f"{server}/restored", "COPY": str(copy_of_bytes)}
        run("Restore PostgreSQL", binary, new)
        restored = Server(binary, folder, new["DATABASE"], copy_of_bytes)
        try:
            return verdict("postgresql", restored.url, before[DAYS[-1]], after)
        finally:
            restored.end()


ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=f"some of {', '.join(ENGINES)}; default: both")
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    parser.add_argument("--seconds", type=float, default=20, help="how long the load runs in all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    program("rsync", "rsync")
    well = True
    for name in options.engines or ENGINES:
        with tempfile.TemporaryDirectory(prefix="tiltyard-backup-") as temporary:
            well = ENGINES[name](options.tiltyard.resolve(), Path(temporary), options) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
