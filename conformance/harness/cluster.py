"""A throwaway PostgreSQL for the server that is tested, from the script that the Rust tests use too."""

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "crates" / "tiltyard-cluster" / "cluster"
STOP_TIMEOUT_S = 30

# The address of a database for the server in this folder.
Database = Callable[[Path], str]


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/store.db"


@contextlib.contextmanager
def postgres() -> Iterator[Database]:
    """A server with a new database for each folder. It ends with its stdin, however this process ends."""
    process = subprocess.Popen([SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        place = process.stdout.readline().split()
        if not place:
            sys.exit("PostgreSQL did not start; why stands above")
        base = place[0]
        numbers = itertools.count()

        def database(_folder: Path) -> str:
            name = f"conformance_{next(numbers)}"
            process.stdin.write(f"database {name}\n")
            process.stdin.flush()
            if process.stdout.readline() != "done\n":
                raise RuntimeError("the database could not be made; see above")
            return base + name

        yield database
    finally:
        process.stdin.close()
        process.wait(STOP_TIMEOUT_S)


STORES = {"sqlite": lambda: contextlib.nullcontext(sqlite), "postgres": postgres}
