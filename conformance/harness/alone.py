"""What the checks that look at one server only have in common: options, a server, a raw HTTP request.

Requests go through `http.client`, which sends a path exactly as it is given.
"""

import argparse
import contextlib
import http.client
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.cluster import STORES
from harness.servers import Server, Starter, reference_server, stop_servers_when_told_to_end, tiltyard_server

TIMEOUT_S = 20


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str


class NoAnswer(Exception):
    """The connection broke or the time ran out."""


def parser(description: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    made.add_argument("--store", choices=sorted(STORES), default="sqlite", help="where Tiltyard keeps its metadata")
    made.add_argument("--mlflow", metavar="ENVIRONMENT", type=Path, help="look at the mlflow server of this environment instead")
    return made


@contextlib.contextmanager
def starter(options: argparse.Namespace) -> Iterator[Starter]:
    if options.mlflow:
        yield reference_server(options.mlflow.resolve())
        return
    if not options.tiltyard.is_file():
        raise SystemExit(f"there is no {options.tiltyard}: build it with `cargo build --release`, or name it with --tiltyard BINARY")
    with STORES[options.store]() as database:
        yield tiltyard_server(options.tiltyard.resolve(), database)


@contextlib.contextmanager
def server_in(start: Starter) -> Iterator[tuple[Server, Path]]:
    """A server in a folder of its own, and the folder around it."""
    stop_servers_when_told_to_end()
    with tempfile.TemporaryDirectory(prefix="conformance-") as around:
        with start(Path(around) / "server") as server:
            yield server, Path(around)


def send(uri: str, verb: str, target: str, body: bytes | None = None, content_type: str = "application/json") -> Answer:
    """One request on a connection of its own; whatever keeps an answer from arriving is a `NoAnswer`."""
    connection = http.client.HTTPConnection(urlsplit(uri).netloc, timeout=TIMEOUT_S)
    try:
        connection.putrequest(verb, _wire(target), skip_accept_encoding=True)
        connection.putheader("Content-Type", content_type)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.getheader("Content-Type") or "")
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def _wire(target: str) -> str:
    """Percent-encodes only what can never stand in a request line: blanks, control characters and non-ASCII."""
    return "".join(char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode()) for char in target)
