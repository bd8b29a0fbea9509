"""A throwaway S3 for servers and clients: the one that the Rust tests use too, as a program. It checks signatures."""

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

STOP_TIMEOUT_S = 30
# The scenarios in which bytes go through the server; the others see nothing of where they are kept.
MODULES = ("artifacts.", "raw_artifacts.", "sklearn_models.", "tutorials.", "logged_models.", "raw_logged_models.")


@dataclass(frozen=True)
class Place:
    """Where artifacts are kept, and the variables by which that is reached."""

    destination: str
    variables: dict[str, str]


# The place for the server in this folder.
Places = Callable[[Path], Place]
# Stands in the flags of a scenario for a place in a bucket: both servers get one then, and clients are told of the store.
PLACE = "{bucket}"


def wants_bucket(flags: tuple[str, ...]) -> bool:
    return any(PLACE in flag for flag in flags)


def places_of(options) -> contextlib.AbstractContextManager[Places]:
    """What `--artifacts` asks for. The S3 server lies where Tiltyard lies, built the same way."""
    return contextlib.nullcontext(folder) if options.artifacts == "folder" else bucket_for(options)


def bucket_for(options) -> contextlib.AbstractContextManager[Places]:
    program = options.tiltyard.resolve().with_name("tiltyard-s3")
    if not program.is_file():
        sys.exit(f"there is no {program}: build it with `cargo build -p tiltyard-cluster`, as you built Tiltyard")
    return bucket(program)


def folder(home: Path) -> Place:
    return Place(f"{home}/artifacts", {})


@contextlib.contextmanager
def bucket(program: Path) -> Iterator[Places]:
    """A server with a place of its own for each folder. It ends with its stdin, however this process ends."""
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        place = process.stdout.readline().split()
        if not place:
            sys.exit("the S3 server did not start; why stands above")
        url, access_key, secret_key, name = place
        variables = {
            "MLFLOW_S3_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        numbers = itertools.count()
        yield lambda _home: Place(f"s3://{name}/conformance/{next(numbers)}", variables)
    finally:
        process.stdin.close()
        process.wait(STOP_TIMEOUT_S)
