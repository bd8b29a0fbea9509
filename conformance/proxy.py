#!/usr/bin/env python3
"""A stock MLflow client through a real nginx: under a path that the proxy takes off, under one that it leaves on, and under
`--static-prefix`; and over TLS that the server ends by itself. Run it with the Python of a client line, after
`conformance/install`.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from harness import nginx
from harness.alone import parser
from harness.servers import quiet_environment, stop_servers_when_told_to_end, tiltyard_server
from harness.tally import Tally

MIB = 1024 * 1024
# Large enough to be sent in parts, to addresses that the server makes.
FILE_BYTES = 12 * MIB
CERTIFICATES = Path(__file__).resolve().parent.parent / "crates/tiltyard-cluster/certificates"
TIMEOUT_S = 180

CLIENT = """
import hashlib, os, sys, mlflow
mlflow.set_experiment("through a proxy")
with mlflow.start_run() as run:
    mlflow.log_param("alpha", 1)
    mlflow.log_metric("error", 0.5, step=1)
    mlflow.log_artifact(sys.argv[1], "files")
found = mlflow.search_runs(experiment_names=["through a proxy"])
assert list(found["metrics.error"]) == [0.5] * len(found), found
back = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="files/large", dst_path=sys.argv[2])
client = mlflow.MlflowClient()
client.create_registered_model(sys.argv[3])
version = client.create_model_version(sys.argv[3], run.info.artifact_uri + "/files", run.info.run_id)
client.set_registered_model_alias(sys.argv[3], "champion", version.version)
assert client.get_model_version_by_alias(sys.argv[3], "champion").version == version.version
print(hashlib.sha256(open(back, "rb").read()).hexdigest())
"""


class Proof:
    """A large file, and a client that takes it there and back."""

    def __init__(self, folder: Path, tally: Tally):
        self._folder, self._tally = folder, tally
        self._file = folder / "large"
        self._file.write_bytes(os.urandom(FILE_BYTES))
        self._digest = hashlib.sha256(self._file.read_bytes()).hexdigest()

    def client_works(self, name: str, uri: str, variables: dict[str, str] | None = None) -> None:
        back = self._folder / f"back-{name.replace(' ', '-')}"
        back.mkdir()
        environment = quiet_environment() | (variables or {}) | {
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
            "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(5 * MIB),
            "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 * MIB),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        }
        command = [sys.executable, "-c", CLIENT, str(self._file), str(back), f"horse of {name}"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)
        is_whole = ended.returncode == 0 and self._digest in ended.stdout
        self.judge(f"a stock client {name}", is_whole, ended.stdout + ended.stderr)

    def parts_came(self, name: str, uri: str) -> None:
        """The large file went in parts, to the addresses that the server made; its own counters say so."""
        with urllib.request.urlopen(uri + "/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        counted = [line for line in lines if "/uploads/{upload_id}/{part_number}" in line and 'status="2xx"' in line]
        self.judge(f"{name} parts come", any(int(line.split()[-1]) >= 3 for line in counted), str(counted))

    def answers(self, name: str, url: str, status: int, host: str | None = None) -> None:
        request = urllib.request.Request(url, headers={"Host": host} if host else {})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                got = answer.status
        except urllib.error.HTTPError as error:
            got = error.code
        self.judge(f"{name} {url.split('/', 3)[3]} {host or ''}".strip(), got == status, f"{got}, not {status}")

    def judge(self, name: str, is_so: bool, why: str) -> None:
        if is_so:
            self._tally.passed(name)
        else:
            self._tally.failed(name, why)


def over_tls(proof: Proof, binary: Path, folder: Path) -> None:
    """Tiltyard with a certificate of its own."""
    certificates = folder / "certificates"
    subprocess.run([nginx.PROGRAM, "openssl", "openssl"], stdout=subprocess.DEVNULL, check=True)
    subprocess.run([CERTIFICATES, certificates, "DNS:localhost", "IP:127.0.0.1"], check=True)
    flags = ["--tls-certificate", f"{certificates}/server.pem", "--tls-key", f"{certificates}/server.key"]
    authority = f"{certificates}/ca.pem"
    with tiltyard_server(binary)(folder / "encrypted", flags) as server:
        proof.client_works("over TLS", server.uri, {"MLFLOW_TRACKING_SERVER_CERT_PATH": authority, "REQUESTS_CA_BUNDLE": authority})


def behind_nginx(proof: Proof, binary: Path, folder: Path) -> None:
    start = tiltyard_server(binary)
    trusting = ["--trusted-proxies", "127.0.0.1"]
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(start(folder / "plain", trusting))
        prefixed = stack.enter_context(start(folder / "prefixed", [*trusting, "--static-prefix", "/static"]))
        wary = stack.enter_context(start(folder / "wary", []))
        locations = [
            nginx.stripped("/a/b", plain.uri),
            nginx.kept("/kept", plain.uri),
            nginx.unsaid("/static", prefixed.uri),
            nginx.stripped("/wary", wary.uri),
        ]
        proxy = stack.enter_context(nginx.nginx(folder / "nginx", locations))
        for name, path in (("behind a path that is taken off", "/a/b"), ("behind a path that is left on", "/kept"), ("below a prefix of its own", "/static")):
            proof.client_works(name, proxy + path)
            proof.parts_came(name, proxy + path)
            for probe in ("/health", "/ready", "/version", "/metrics"):
                proof.answers(name, proxy + path + probe, 200)
            proof.answers(name, f"{proxy}{path}/api/2.0/mlflow/experiments/get?experiment_id=0", 200)
            proof.answers(name, f"{proxy}{path}/api/2.0/mlflow/experiments/get?experiment_id=0", 403, host="evil.example")
        # Nobody told this one of the proxy: what counts is the host that the proxy writes.
        proof.answers("a proxy that is not trusted", f"{proxy}/wary/api/2.0/mlflow/experiments/get?experiment_id=0", 403)
        proof.answers("a proxy that is not trusted", f"{proxy}/wary/ready", 200)


def main() -> int:
    options = parser(__doc__).parse_args()
    stop_servers_when_told_to_end()
    tally, binary = Tally(), options.tiltyard.resolve()
    with tempfile.TemporaryDirectory(prefix="conformance-") as around:
        folder = Path(around)
        proof = Proof(folder, tally)
        behind_nginx(proof, binary, folder)
        over_tls(proof, binary, folder)
    tally.close()
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main())
