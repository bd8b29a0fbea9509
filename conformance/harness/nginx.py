"""A real nginx on a free port of the loopback, with the locations that it is given. It is installed where it is missing."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from harness.servers import free_port

# Says where a program is, and installs it where it is missing.
PROGRAM = Path(__file__).resolve().parents[2] / "deploy" / "program"
READY_TIMEOUT_S = 30
PORTS_TRIED = 5
POLL_S = 0.05
CONFIGURATION = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 1;
events {{}}
http {{
  access_log off;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {locations}
  }}
}}
"""
# As most proxies do it, but with a host of its own, so that it shows which one is believed.
SAID = """
  proxy_set_header Host inside.example;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
"""


def stripped(path: str, uri: str) -> str:
    """A location that takes its path off, and says so."""
    return f"location {path}/ {{ {SAID} proxy_set_header X-Forwarded-Prefix {path}; proxy_pass {uri}/; }}"


def kept(path: str, uri: str) -> str:
    """A location that leaves its path on, and says so."""
    return f"location {path}/ {{ {SAID} proxy_set_header X-Forwarded-Prefix {path}; proxy_pass {uri}; }}"


def unsaid(path: str, uri: str) -> str:
    """A location that leaves its path on, and says nothing of it."""
    return f"location {path}/ {{ {SAID} proxy_pass {uri}; }}"


@contextlib.contextmanager
def nginx(folder: Path, locations: list[str]) -> Iterator[str]:
    """Runs it until the block ends, and gives its address."""
    program = subprocess.run([PROGRAM, "nginx", "nginx"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    folder.mkdir(parents=True)
    # Its port may be taken before it gets there; then it ends, and is started on another.
    for _ in range(PORTS_TRIED):
        port = free_port()
        process = _start(program, folder, port, locations)
        try:
            if _listens(process, folder / "nginx.pid"):
                yield f"http://127.0.0.1:{port}"
                return
        finally:
            process.terminate()
            process.wait(READY_TIMEOUT_S)
    raise RuntimeError("nginx did not start; what it said stands above")


def _start(program: str, folder: Path, port: int, locations: list[str]) -> subprocess.Popen:
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, user=user, locations="\n".join(locations)))
    return subprocess.Popen([program, "-p", str(folder), "-c", str(configuration)], stdin=subprocess.DEVNULL)


def _listens(process: subprocess.Popen, pid: Path) -> bool:
    """It writes this file once it listens, and ends where it cannot."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if pid.exists() or process.poll() is not None:
            return process.poll() is None
        time.sleep(POLL_S)
    raise RuntimeError(f"nginx does not listen after {READY_TIMEOUT_S} s; what it said stands above")
