#!/usr/bin/env python3
"""The install of docs/running.md, run: a replica with systemd/tiltyard.env, nginx with nginx/tiltyard.conf and nginx/proxy.conf, each
as it is handed out but for the addresses, which become those of this machine. Two of the three replicas that it names are away.

    deploy/tests/install.py --tiltyard BINARY
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from program import certificate, program
from server_of import Server
from starting import free_port, on_free_ports

DEPLOY = Path(__file__).resolve().parents[1]
HOST = "registry.example.com"
# A client that nginx lets in, and one that it does not.
FRIEND, STRANGER = "127.0.0.1", "127.0.0.5"
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
ARTIFACTS = "/api/2.0/mlflow-artifacts"
# More than nginx takes of a message.
PART = bytes(range(256)) * (40 * 1024 * 1024 // 256)
TIMEOUT_S = 60


def changed(text: str, *changes: tuple[str, str]) -> str:
    """What is changed must be there: a file that says something else is not what this test is about."""
    for pattern, instead in changes:
        text, times = re.subn(pattern, instead, text)
        if not times:
            sys.exit(f"there is no {pattern} to change")
    return text


def variables() -> dict[str, str]:
    text = changed((DEPLOY / "systemd/tiltyard.env").read_text(), (r"10\.0\.0\.11\b", "127.0.0.11"), (r"10\.0\.0\.10\b", "127.0.0.1"))
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


@contextlib.contextmanager
def nginx(folder: Path, replica_port: int) -> Iterator[tuple[int, int, Path]]:
    """Its ports with TLS and without, and its certificate."""
    certificate(HOST, folder, "registry")
    whole, pid, ports = folder / "nginx.conf", folder / "pid", (0, 0)
    command = [program("nginx", "nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(whole)]

    def start() -> subprocess.Popen:
        nonlocal ports
        ports = free_port(), free_port()
        whole.write_text(configuration(folder, replica_port, *ports))
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)

    # It writes this file once it listens.
    process = on_free_ports("nginx", start, pid.exists)
    try:
        yield *ports, folder / "registry.crt"
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


def configuration(folder: Path, replica_port: int, secure: int, plain: int) -> str:
    text = changed(
        (DEPLOY / "nginx/tiltyard.conf").read_text(),
        (r"server 10\.0\.0\.(1\d):5000", rf"server 127.0.0.\1:{replica_port}"), (r"listen 443", f"listen 127.0.0.1:{secure}"),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"), (r"allow 10\.0\.0\.0/8;", f"allow {FRIEND};"),
        (r"/etc/nginx/tls", str(folder)), (r"/etc/nginx/tiltyard", f"{DEPLOY}/nginx"),
    )
    scratch = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    return f"daemon off;\n{user}\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{scratch}\n{text}\n}}\n"


class Client:
    def __init__(self, ports: tuple[int, int], certificate: Path):
        self._secure, self._plain = ports
        self._trust = ssl.create_default_context(cafile=certificate)
        # The address is that of this machine, whatever the certificate says.
        self._trust.check_hostname = False
        self.wrong: list[str] = []

    def send(
        self, verb: str, target: str, body: bytes | None = None, host: str = HOST, source: str = FRIEND, tls: bool = True
    ) -> tuple[int, bytes, str]:
        where = {"timeout": TIMEOUT_S, "source_address": (source, 0)}
        if tls:
            connection = http.client.HTTPSConnection("127.0.0.1", self._secure, context=self._trust, **where)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self._plain, **where)
        with contextlib.closing(connection):
            with contextlib.suppress(BrokenPipeError):
                # Whoever refuses a request early stops reading it; the answer is there all the same.
                connection.request(verb, target, body=body, headers={"Host": host, "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("ETag") or ""

    def expect(self, what: str, status: int, verb: str, target: str, *words, says: str = "", **named) -> tuple[bytes, str]:
        """The answer and its ETag."""
        got, said, etag = self.send(verb, target, *words, **named)
        well = got == status and says in said.decode(errors="replace")
        print(f"{'well ' if well else 'WRONG'} {what}" + ("" if well else f": {got} {said[:300]!r}"), flush=True)
        if not well:
            self.wrong.append(what)
        return said, etag


def look(client: Client) -> None:
    for _ in range(6):
        client.expect("a client reaches the replica that is there", 200, "GET", SEARCH)
    client.expect("a host that nobody named is refused", 403, "GET", SEARCH, host="evil.example", says="Invalid Host header")
    client.expect("a client of another network is not let in", 403, "GET", SEARCH, source=STRANGER, says="nginx")
    client.expect("metrics are not shown", 404, "GET", "/metrics")
    client.expect("without TLS, clients are sent on", 308, "GET", SEARCH, tls=False)
    folder, name = "0/a/artifacts", "large"
    begin = json.dumps({"path": name, "num_parts": 1}).encode()
    created, _ = client.expect("an upload in parts begins", 200, "POST", f"{ARTIFACTS}/mpu/create/{folder}", begin)
    upload = json.loads(created)
    address = upload["credentials"][0]["url"]
    if not address.startswith(f"https://{HOST}/"):
        client.wrong.append(f"the address of a part is {address}")
    _, etag = client.expect(f"a part of {len(PART) >> 20} MiB passes", 200, "PUT", address.removeprefix(f"https://{HOST}"), PART)
    end = json.dumps({"path": name, "upload_id": upload["upload_id"], "parts": [{"part_number": 1, "etag": etag}]}).encode()
    client.expect("the upload is joined", 200, "POST", f"{ARTIFACTS}/mpu/complete/{folder}", end)
    if client.expect("and read", 200, "GET", f"{ARTIFACTS}/artifacts/{folder}/{name}")[0] != PART:
        client.wrong.append("other bytes came back than were sent")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiltyard-install-") as temporary:
        folder = Path(temporary)
        # Its stores alone are others: flags go before variables.
        server = Server(options.tiltyard.resolve(), folder, f"sqlite:///{folder}/tiltyard.db", folder / "artifacts", variables())
        try:
            with nginx(folder, int(server.url.rsplit(":", 1)[1])) as (secure, plain, certificate):
                client = Client((secure, plain), certificate)
                look(client)
        finally:
            server.end()
    print("the install answers" if not client.wrong else f"{len(client.wrong)} WRONG: {'; '.join(client.wrong)}")
    return 1 if client.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
