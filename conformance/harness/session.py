"""What a scenario is given: a stock client pointed at one server, a folder of its own and a place to record.

A scenario cannot tell which server it talks to, and must not try to.
"""

import os
import re
from pathlib import Path

import mlflow
import requests
from mlflow.exceptions import MlflowException
from mlflow.utils import name_utils

from harness.normalise import Normaliser, RandomNames
from harness.transcript import Transcript

REQUEST_TIMEOUT_S = 60
# What the client makes of a 5xx: its own words, or those of its retrying connection.
SERVER_FAILED = re.compile(r"too many 5\d\d error responses|\b5\d\d Server Error\b|status code 5\d\d")


def only_for_line(line: str):
    """Marks a scenario that means something to one client line only."""

    def mark(scenario):
        scenario.only_line = line
        return scenario

    return mark


def with_flags(*flags: str):
    """Marks a scenario whose servers are started with these flags; those with the same ones share their servers."""

    def mark(scenario):
        scenario.flags = flags
        return scenario

    return mark


class Session:
    """One scenario's dealings with one server."""

    def __init__(self, name: str, server_uri: str, server_folder: str, folder: Path, places: dict[str, str]):
        self.name = name
        self.uri = server_uri
        self.folder = folder
        self.client = mlflow.MlflowClient(server_uri, registry_uri=server_uri)
        address = server_uri.removeprefix("http://")
        literals = {server_uri: "<server>", address: "<address>", server_folder: "<store>", str(folder): "<folder>"} | places
        self._transcript = Transcript(Normaliser(literals, _random_names(self.unique())))

    def see(self, label: str, value) -> None:
        """Records what the client saw."""
        self._transcript.see(label, value)

    def outcome(self, label: str, call, *arguments, **named) -> None:
        """Makes a call that may fail, and records what it returned or how it was refused."""
        try:
            self.see(label, call(*arguments, **named))
        except Exception as error:
            self.see(label, _refusal(error))

    def refused(self, label: str, call, *arguments, **named) -> None:
        """Makes a call that should fail and records how; what it returned does not matter."""
        self.outcome(label, lambda: (call(*arguments, **named), "accepted")[1])

    def unique(self, suffix: str = "") -> str:
        """A name that no other scenario uses."""
        return f"{self.name.replace('.', '-')}-{suffix}" if suffix else self.name.replace(".", "-")

    def experiment(self, suffix: str = "experiment", **options) -> str:
        """A fresh experiment, as the fluent API's active one."""
        experiment_id = self.client.create_experiment(self.unique(suffix), **options)
        mlflow.set_experiment(experiment_id=experiment_id)
        return experiment_id

    def file(self, name: str, content: bytes | str) -> str:
        """A local file to upload."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def http(self, verb: str, path: str, **options) -> requests.Response:
        """A raw request, for what the stock client does not let through."""
        options.setdefault("timeout", REQUEST_TIMEOUT_S)
        return requests.request(verb, self.uri + path, **options)

    @property
    def lines(self) -> list[list[str]]:
        return self._transcript.lines


def _refusal(error: Exception) -> str:
    """One line, so that the class, the error code and the message of a refusal are compared together."""
    if SERVER_FAILED.search(str(error)):
        return f"raises {type(error).__name__}: the server failed with a 5xx status"
    if isinstance(error, requests.HTTPError):
        return f"raises HTTPError {describe(error.response)}"
    if not isinstance(error, MlflowException):
        return f"raises {type(error).__name__}: {error}"
    message = str(error.message).removeprefix(f"{error.error_code}: ")
    return f"raises {type(error).__name__} {error.error_code}: {message}"


def describe(answer: requests.Response) -> str:
    """Status, error code and message of an answer, or as much of that as it has."""
    try:
        body = answer.json()
        return f"{answer.status_code} {body['error_code']}: {body['message']}"
    except (ValueError, KeyError, TypeError):
        kind = answer.headers.get("Content-Type", "no content type").split(";")[0]
        return f"{answer.status_code} without an error code ({kind})"


def _random_names(own: str) -> RandomNames:
    """A name that the scenario gave itself is never taken for a made-up one."""
    predicates = "|".join(word.lower() for word in name_utils._GENERATOR_PREDICATES)
    nouns = "|".join(word.lower() for word in name_utils._GENERATOR_NOUNS)
    anywhere = re.compile(rf"\b(?:{predicates})-(?:{nouns})-\d{{1,3}}\b")
    return RandomNames(anywhere, re.compile(rf"(?!{re.escape(own)})[a-z]+-[a-z]+-\d{{1,3}}"))


def fluent(session: Session) -> None:
    """Points MLflow's module-level functions at the session's server."""
    os.environ["MLFLOW_TRACKING_URI"] = session.uri
    os.environ["MLFLOW_REGISTRY_URI"] = session.uri
    mlflow.set_tracking_uri(session.uri)
    mlflow.set_registry_uri(session.uri)
