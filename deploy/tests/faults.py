#!/usr/bin/env python3
"""Faults on the real thing: `deploy/local` under a mixed load, while replicas are killed, the database goes away, or replicas
are exchanged one by one. Whatever was acknowledged must be found afterwards, and only what a fault explains may have failed. Bytes are
kept in a shared folder, or in an S3 server where one is named.

    deploy/tests/faults.py --tiltyard BINARY [--seconds N] [--seed N] [kills] [database] [rolling]
"""

import argparse
import collections
import contextlib
import hashlib
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from http_calls import Caller, Failure, Refused
from ledger import lost
from load import Book, load
from site_of import Site, site
from starting import Failed, surroundings, tail

# Around the moment of a kill: what the clocks of two processes and a busy machine may add.
SLACK_S = 0.5
# How long after a fault the first answer may take.
RECOVERY_TIMEOUT_S = 60
# The server gives up on its own after 10 s for a connection or a turn, 40 s for an answer.
ANSWER_MAX_S = 45
# The stock client sends a request again up to seven times, with longer and longer pauses.
STOCK_TIMEOUT_S = 300
STOCK_NAME = "of-the-stock-client"
# What a client sees whose connection ends before an answer begins.
RESETS = {"ConnectionResetError", "BrokenPipeError", "RemoteDisconnected"}


class Verdict:
    """What a scenario found, printed at its end."""

    def __init__(self, name: str, book: Book, found: list[str]):
        self.name, self.book, self.found = name, book, found

    def say(self) -> bool:
        kinds = collections.Counter(f"{failure.kind} to {failure.what.split('/artifacts/')[0]}" for failure in self.book.failures)
        print(f"{self.name}: {self.book.answered} requests answered; {self.book.count()} acknowledged; {len(self.book.failures)} failed")
        for kind, times in kinds.most_common():
            print(f"    {times} times {kind}")
        for line in self.found[:40]:
            print(f"    WRONG: {line}")
        print(f"    {'as it must be' if not self.found else f'{len(self.found)} WRONG'}", flush=True)
        return not self.found


def kills(place: Site, options: argparse.Namespace) -> Verdict:
    """A replica is killed again and again; each time the next one. Only requests that were under way then may fail."""
    moments: list[tuple[float, float]] = []
    every, number = options.kill_every, 0
    with stock_client(place, options) as seen, load(place.url, options.seed) as book:
        ends = time.monotonic() + options.seconds
        while time.monotonic() < ends:
            rest = random.Random(options.seed + number).uniform(0.5, 0.9) * every
            time.sleep(rest)
            number += 1
            name = f"replica {(number - 1) % 3 + 1}"
            begun = time.monotonic()
            place.tell(f"kill {name}")
            moments.append((begun, time.monotonic()))
            time.sleep(every - rest)
            place.tell(f"start {name}")
    print(f"kills: {len(moments)} of them")
    found = [f"failed without a kill: {_told(failure)}" for failure in book.failures if not _during(failure, moments)]
    found += [f"failed in another way than by the kill: {_told(failure)}" for failure in book.failures if not _is_broken_off(failure)]
    return Verdict("kills", book, found + lost(place.url, book) + _lost_by_stock(place, seen))


@contextlib.contextmanager
def stock_client(place: Site, options: argparse.Namespace) -> Iterator[list[str] | None]:
    """A stock client beside the load, where an environment with MLflow was named; what it says is there after the block."""
    if not options.mlflow:
        yield None
        return
    seen: list[str] = []
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "PYTHONWARNINGS": "ignore"}
    log = place.folder / "stock-client.log"
    with log.open("wb") as errors:
        client = subprocess.Popen(
            [options.mlflow / "bin" / "python", Path(__file__).with_name("stock.py"), place.url, STOCK_NAME],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=surroundings() | quiet,
        )
    overdue = threading.Timer(STOCK_TIMEOUT_S, client.kill)
    try:
        # Loading MLflow may take as long as the whole scenario on a busy machine; nothing is to die before it works.
        if client.stdout.readline() != "ready\n":
            raise Failed(f"the stock client did not start:\n{tail(log)}")
        yield seen
    finally:
        overdue.start()
        client.stdin.close()
        seen += client.stdout.read().splitlines()
        overdue.cancel()
        if client.wait():
            seen.append(f"failed with {client.returncode}:\n{tail(log)}")


def _lost_by_stock(place: Site, seen: list[str] | None) -> list[str]:
    """The stock client sends again what was broken off, so its user sees nothing at all; what it was told is true."""
    if seen is None:
        return []
    done = [line.split()[1:] for line in seen if line.startswith("done ")]
    found = [f"the stock client: {line}" for line in seen if line.startswith("failed ")]
    caller = Caller(place.url)
    for run_id, version, sha256 in done:
        content = caller.send("GET", f"/model-versions/get-artifact?name={STOCK_NAME}&version={version}&path=data.bin")
        if hashlib.sha256(content).hexdigest() != sha256:
            found.append(f"version {version} of the stock client's run {run_id} has other bytes")
    print(f"the stock client trained and registered {len(done)} models meanwhile")
    return found if done else [*found, "the stock client got nothing done"]


def _during(failure: Failure, moments: list[tuple[float, float]]) -> bool:
    return any(failure.begun <= ended + SLACK_S and failure.ended >= begun - SLACK_S for begun, ended in moments)


def _is_broken_off(failure: Failure) -> bool:
    return failure.kind in {"502", "IncompleteRead", *RESETS}


def _told(failure: Failure) -> str:
    return f"{failure.what} {failure.kind} after {failure.seconds:.2f} s: {failure.said}"


def database(place: Site, options: argparse.Namespace) -> Verdict:
    """PostgreSQL is killed and comes back, some times; no replica is restarted."""
    outages: list[tuple[float, float]] = []
    pids = place.shown("replica ")
    found = []
    with load(place.url, options.seed) as book:
        for length in options.outages:
            time.sleep(options.seconds / len(options.outages) / 3)
            begun = time.monotonic()
            place.tell("kill database")
            time.sleep(length)
            place.tell("start database")
            back = time.monotonic()
            _until_answered(place)
            outages.append((begun, time.monotonic()))
            print(f"database: away for {back - begun:.1f} s, the first answer came {time.monotonic() - back:.2f} s after its return", flush=True)
            time.sleep(options.seconds / len(options.outages) / 3)
    found += [f"nothing was refused in outage {number}: the database was there" for number in _unseen(outages, book)]
    found += [f"failed though the database was there: {_told(failure)}" for failure in book.failures if not _during(failure, outages)]
    found += [f"not a clear refusal: {_told(failure)}" for failure in book.failures if not _is_clear(failure)]
    found += [f"answered too late: {_told(failure)}" for failure in book.failures if failure.seconds > ANSWER_MAX_S]
    if place.shown("replica ") != pids:
        found.append("a replica was restarted or died")
    return Verdict("database", book, found + lost(place.url, book))


def _unseen(outages: list[tuple[float, float]], book: Book) -> list[int]:
    """The numbers of those in which no request failed."""
    return [number for number, outage in enumerate(outages, 1) if not any(_during(failure, [outage]) for failure in book.failures)]


def _is_clear(failure: Failure) -> bool:
    """503, or what docs/api.md promises where a change was being committed that has no idempotency key: 409, nobody knows."""
    has_key = failure.what.endswith("model-versions/create")
    is_uncertain = failure.kind == "409" and "TEMPORARILY_UNAVAILABLE" in failure.said and not has_key
    return is_uncertain or (failure.kind == "503" and failure.retry_after)


def _until_answered(place: Site) -> None:
    caller, deadline = Caller(place.url), time.monotonic() + RECOVERY_TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(Refused):
            caller.ask("POST", "experiments/search", {"max_results": 1})
            caller.close()
            return
        time.sleep(0.05)
    raise SystemExit(f"no answer within {RECOVERY_TIMEOUT_S} s after the database came back")


def rolling(place: Site, options: argparse.Namespace) -> Verdict:
    """Replicas are exchanged one by one, as in an upgrade. Half of the load has a connection for each request: none of these fails.

    nginx closes its clients' idle connections when it is told anew who its replicas are. A request on a kept connection may meet such an
    end; no replica has seen it. So the other half, which keeps its connections, may see them reset, and nothing else. The stock
    client keeps them too, sends such a request again, and its user sees nothing.
    """
    half, ends, rounds = 4, time.monotonic() + options.seconds, 0
    with (
        stock_client(place, options) as seen,
        load(place.url, options.seed, half, keep=False) as book,
        load(place.url, options.seed + 1, half) as kept,
    ):
        while time.monotonic() < ends or not rounds:
            for number in (1, 2, 3):
                time.sleep(options.kill_every / 5)
                print(*place.tell(f"restart replica {number}"), flush=True)
            rounds += 1
    found = [f"failed: {_told(failure)}" for failure in book.failures]
    found += [f"failed in another way than by nginx: {_told(failure)}" for failure in kept.failures if failure.kind not in RESETS]
    print(f"rolling: {len(kept.failures)} of {kept.answered + len(kept.failures)} requests on kept connections met their end at nginx")
    return Verdict("rolling", book, found + lost(place.url, book) + lost(place.url, kept) + _lost_by_stock(place, seen))


SCENARIOS: dict[str, Callable[[Site, argparse.Namespace], Verdict]] = {"kills": kills, "database": database, "rolling": rolling}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"some of {', '.join(SCENARIOS)}; default: all")
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    parser.add_argument("--seconds", type=float, default=180, help="how long each scenario runs")
    parser.add_argument("--kill-every", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--outages", type=lambda text: [float(word) for word in text.split(",")], default=[2.0, 30.0, 5.0], metavar="SECONDS,…", help="how long the database is away")
    parser.add_argument("--mlflow", metavar="ENVIRONMENT", type=Path, help="let a stock client of this environment take part")
    parser.add_argument("--s3", metavar="PROGRAM", type=Path, help="keep bytes in this S3 server (`tiltyard-s3`) during the kills")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--flag", action="append", default=[], help="one more word for deploy/local")
    options = parser.parse_args()
    names = options.scenarios or list(SCENARIOS)
    if unknown := set(names) - set(SCENARIOS):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}")
    well = True
    for name in names:
        bucket = ["--s3", str(options.s3)] if options.s3 and name == "kills" else []
        with site(options.tiltyard, *bucket, *options.flag) as place:
            verdict = SCENARIOS[name](place, options)
            well = verdict.say() and well
            if verdict.found:
                print(place.logs()[-6000:])
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
