"""A throwaway S3 for scenarios that want one: the server that the Rust tests use too. It checks signatures."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STOP_TIMEOUT_S = 30
# Stands in flags for the place of one server in the bucket.
PLACE = "{bucket}"


@dataclass(frozen=True)
class Bucket:
    """Where it is, and the variables that tell servers and clients of it."""

    endpoint: str
    uri: str
    environment: dict[str, str]

    def place(self, folder: Path) -> str:
        """A place that only the server of this folder uses."""
        return f"{self.uri}/{'-'.join(folder.parts[-3:])}"


@contextlib.contextmanager
def s3(binary: Path) -> Iterator[Bucket]:
    """The server ends with its stdin, however this process ends."""
    if not binary.is_file():
        raise SystemExit(f"there is no {binary}: build it with `cargo build -p tiltyard-cluster`, in the profile of the server")
    process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        endpoint, key, secret, name = process.stdout.readline().split()
        environment = {
            "MLFLOW_S3_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        yield Bucket(endpoint, f"s3://{name}", environment)
    finally:
        process.stdin.close()
        process.wait(STOP_TIMEOUT_S)


def wants(flags: tuple[str, ...]) -> bool:
    return any(PLACE in flag for flag in flags)
