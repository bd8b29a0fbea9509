"""Large artifacts through the server, up and down, several clients at once: what it holds in memory does not grow with them.

It prints how much memory the server used at most before and after, and fails where that grew by 64 MiB or more, or where a
byte comes back that was not sent.
"""

import argparse
import http.client
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from harness.buckets import places_of
from harness.servers import Server, stop_servers_when_told_to_end, tiltyard_server
from harness.tally import Tally

GROWTH_MIB_MAX = 64
MIB = 1024 * 1024
FOLDER = "/api/2.0/mlflow-artifacts/artifacts"


def main() -> int:
    stop_servers_when_told_to_end()
    options = _options()
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="streams-", dir=options.folder) as folder, places_of(options) as places:
        with tiltyard_server(options.tiltyard.resolve(), places=places)(Path(folder) / "server") as server:
            _flow(server, options, tally)
    tally.close()
    return tally.exit_code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    parser.add_argument("--artifacts", choices=("folder", "s3"), default="folder", help="where Tiltyard keeps artifacts")
    parser.add_argument("--mib", type=int, default=1024, help="how much goes up, and comes down, all clients together")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--file-mib", type=int, default=128, help="how large each file is; it is deleted once it has come back")
    parser.add_argument("--folder", metavar="FOLDER", help="where the server's folder is made")
    options = parser.parse_args()
    # Less would send nothing, and find nothing wrong.
    if options.mib < (least := options.clients * options.file_mib):
        parser.error(f"--mib is at least {least}: a file for each client")
    return options


def _flow(server: Server, options: argparse.Namespace, tally: Tally) -> None:
    block = os.urandom(MIB)
    clients, rounds = range(options.clients), options.mib // options.clients // options.file_mib

    def large(client: int) -> bool:
        return all(_there_and_back(server, f"large/{client}/{number}", block, options.file_mib) for number in range(rounds))

    with ThreadPoolExecutor(options.clients) as pool:
        list(pool.map(lambda client: _there_and_back(server, f"warm/{client}", block, 1), clients))
        before, started = _peak_mib(server), time.monotonic()
        whole = list(pool.map(large, clients))
        after, seconds = _peak_mib(server), time.monotonic() - started
    mib = rounds * options.file_mib * options.clients
    moved = f"{mib} MiB up and down by {options.clients} clients on {options.artifacts}"
    speed = f"{seconds:.0f} s, {2 * mib / seconds:.0f} MiB/s"
    memory = f"memory at most {before:.0f} MiB before and {after:.0f} MiB after"
    if all(whole) and after - before < GROWTH_MIB_MAX:
        tally.passed(moved, f"{speed}; {memory}")
    else:
        tally.failed(moved, f"{memory}; all bytes came back: {all(whole)}")


def _there_and_back(server: Server, name: str, block: bytes, count: int) -> bool:
    """Sends a file of so many blocks and says whether the same comes back."""
    address = urlsplit(server.uri)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=600)
    headers = {"Content-Length": str(count * len(block))}
    connection.request("PUT", f"{FOLDER}/{name}", body=(block for _ in range(count)), headers=headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        print(f"{name}: {answer.status} {said!r}", file=sys.stderr)
        return False
    connection.request("GET", f"{FOLDER}/{name}")
    answer = connection.getresponse()
    same = all(_read_fully(answer, len(block)) == block for _ in range(count))
    ended = not answer.read(1)
    connection.request("DELETE", f"{FOLDER}/{name}")
    deleted = connection.getresponse().status == 200
    connection.close()
    return same and ended and deleted


def _read_fully(answer: http.client.HTTPResponse, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := answer.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _peak_mib(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
