"""Makes malformed requests from right ones, and from pieces that have broken parsers before.

Everything comes from one seeded source of chance; nothing here sends.
"""

import json
import random
import string
from urllib.parse import quote

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts"
OWN = "/api/tiltyard/v1"

# Requests that are right, to be made wrong. `RUN`, `EXPERIMENT`, `LOGGED`, `UPLOAD`, `STORE` stand for what exists.
REQUESTS = (
    ("POST", "experiments/create", {"name": "n", "artifact_location": "s3://b/p", "tags": [{"key": "a", "value": "b"}]}),
    ("POST", "experiments/search", {"max_results": 5, "filter": "name = 'x'", "order_by": ["name DESC"], "view_type": "ALL", "page_token": ""}),
    ("GET", "experiments/get", {"experiment_id": "EXPERIMENT"}),
    ("GET", "experiments/get-by-name", {"experiment_name": "fuzz"}),
    ("POST", "experiments/update", {"experiment_id": "EXPERIMENT", "new_name": "fuzz"}),
    ("POST", "experiments/set-experiment-tag", {"experiment_id": "EXPERIMENT", "key": "k", "value": "v"}),
    ("POST", "experiments/delete-experiment-tag", {"experiment_id": "EXPERIMENT", "key": "k"}),
    ("POST", "runs/create", {"experiment_id": "EXPERIMENT", "start_time": 5, "run_name": "n", "user_id": "u", "tags": [{"key": "a", "value": "b"}]}),
    ("POST", "runs/update", {"run_id": "RUN", "status": "RUNNING", "end_time": 7, "run_name": "n"}),
    ("GET", "runs/get", {"run_id": "RUN"}),
    ("POST", "runs/log-metric", {"run_id": "RUN", "key": "m", "value": 1.5, "timestamp": 5, "step": 0, "model_id": "m-1"}),
    ("POST", "runs/log-parameter", {"run_id": "RUN", "key": "p", "value": "v"}),
    ("POST", "runs/set-tag", {"run_id": "RUN", "key": "t", "value": "v"}),
    ("POST", "runs/delete-tag", {"run_id": "RUN", "key": "t"}),
    (
        "POST",
        "runs/log-batch",
        {
            "run_id": "RUN",
            "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 0}],
            "params": [{"key": "q", "value": "v"}],
            "tags": [{"key": "t", "value": "v"}],
        },
    ),
    ("POST", "runs/log-inputs", {"run_id": "RUN", "datasets": [{"tags": [], "dataset": {"name": "d", "digest": "x", "source_type": "s", "source": "y"}}]}),
    ("POST", "runs/outputs", {"run_id": "RUN", "models": [{"model_id": "LOGGED", "step": 1}]}),
    ("POST", "runs/log-model", {"run_id": "RUN", "model_json": "{}"}),
    ("POST", "runs/search", {"experiment_ids": ["EXPERIMENT"], "filter": "metrics.m > 0", "order_by": ["metrics.m"], "max_results": 5, "page_token": "x"}),
    ("GET", "metrics/get-history", {"run_id": "RUN", "metric_key": "m", "max_results": 5, "page_token": ""}),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"run_id": ["RUN", "x"], "metric_key": "m", "max_results": 5}),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", {"run_ids": ["RUN"], "metric_key": "m", "start_step": 0, "end_step": 9, "max_results": 5}),
    ("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["EXPERIMENT"]}),
    ("GET", "artifacts/list", {"run_id": "RUN", "path": "a", "page_token": ""}),
    ("GET", "/get-artifact", {"run_id": "RUN", "path": "a"}),
    ("GET", "/model-versions/get-artifact", {"name": "horse", "version": 1, "path": "a"}),
    ("POST", "registered-models/create", {"name": "n", "description": "d", "tags": [{"key": "a", "value": "b"}]}),
    ("GET", "registered-models/get", {"name": "horse"}),
    ("PATCH", "registered-models/update", {"name": "horse", "description": "d"}),
    # Not the model that all others are about: under another name they would not find it any more.
    ("POST", "registered-models/rename", {"name": "n", "new_name": "n"}),
    ("GET", "registered-models/search", {"filter": "name = 'x'", "order_by": ["name"], "max_results": 5, "page_token": "x"}),
    ("POST", "registered-models/get-latest-versions", {"name": "horse", "stages": ["None"]}),
    ("POST", "registered-models/set-tag", {"name": "horse", "key": "k", "value": "v"}),
    ("DELETE", "registered-models/delete-tag", {"name": "horse", "key": "k"}),
    ("POST", "registered-models/alias", {"name": "horse", "alias": "a", "version": "1"}),
    ("POST", "registered-models/alias", {"name": "horse", "alias": "a", "version": "2"}),
    ("GET", "registered-models/alias", {"name": "horse", "alias": "a"}),
    ("DELETE", "registered-models/alias", {"name": "horse", "alias": "a"}),
    ("POST", "model-versions/create", {"name": "horse", "source": "s3://b/p", "run_id": "RUN", "run_link": "l", "tags": [{"key": "a", "value": "b"}]}),
    ("GET", "model-versions/get", {"name": "horse", "version": "1"}),
    ("PATCH", "model-versions/update", {"name": "horse", "version": "1", "description": "d"}),
    ("POST", "model-versions/transition-stage", {"name": "horse", "version": "1", "stage": "Staging", "archive_existing_versions": True}),
    ("GET", "model-versions/search", {"filter": "name = 'x'", "order_by": ["name"], "max_results": 5, "page_token": "x"}),
    ("GET", "model-versions/get-download-uri", {"name": "horse", "version": "1"}),
    ("POST", "model-versions/set-tag", {"name": "horse", "version": "1", "key": "k", "value": "v"}),
    ("DELETE", "model-versions/delete-tag", {"name": "horse", "version": "1", "key": "k"}),
    ("POST", "logged-models", {"experiment_id": "EXPERIMENT", "name": "m", "params": [{"key": "a", "value": "b"}], "tags": [{"key": "a", "value": "b"}]}),
    ("PATCH", "logged-models/LOGGED", {"status": "LOGGED_MODEL_READY"}),
    ("PATCH", "logged-models/LOGGED/tags", {"tags": [{"key": "a", "value": "b"}]}),
    ("POST", "logged-models/LOGGED/params", {"params": [{"key": "a", "value": "b"}]}),
    ("GET", "logged-models/LOGGED/artifacts/directories", {"artifact_directory_path": "a"}),
    (
        "POST",
        "logged-models/search",
        {
            "experiment_ids": ["EXPERIMENT"],
            "filter": "name = 'm'",
            "datasets": [{"dataset_name": "d", "dataset_digest": "x"}],
            "order_by": [{"field_name": "name", "ascending": True}],
            "max_results": 5,
        },
    ),
    ("POST", PROXY + "/mpu/create/a", {"path": "a", "num_parts": 2}),
    ("POST", PROXY + "/mpu/complete/a", {"path": "a", "upload_id": "u", "parts": [{"part_number": 1, "etag": "e"}]}),
    ("POST", PROXY + "/mpu/abort/a", {"path": "a", "upload_id": "u"}),
    ("POST", "artifacts/presigned-upload-url", {"run_id": "RUN", "path": "a"}),
    ("GET", OWN + "/server", {}),
    ("GET", OWN + "/journal", {"after": 0, "wait": 0, "max_results": 5}),
    ("GET", OWN + "/models/horse/journal", {}),
    ("GET", OWN + "/models/horse/history", {}),
    ("GET", OWN + "/models/horse/versions/1", {"page_token": "a"}),
    ("POST", OWN + "/models/horse/rollback", {"pointer": {"alias": "a"}, "reason": "r"}),
    ("POST", OWN + "/models/horse/rollback", {"pointer": {"stage": "Staging"}, "reason": "r"}),
    ("PUT", OWN + "/uploads/UPLOAD/1", {}),
    ("GET", OWN + "/jobs", {}),
    ("GET", OWN + "/jobs/fsck", {}),
    ("GET", OWN + "/jobs/fsck/findings", {"page_token": "1"}),
    ("POST", OWN + "/purge", {"dry_run": False, "older_than_seconds": 0}),
    ("POST", OWN + "/store/gc", {"dry_run": False, "grace_seconds": 0}),
    ("POST", OWN + "/store/fsck", {"deep": True, "grace_seconds": 0}),
    ("POST", OWN + "/store/relocate", {"to": "STORE", "remove_source": False}),
)

SEARCHES = (
    ("POST", "experiments/search", {"max_results": 5}),
    ("POST", "runs/search", {"experiment_ids": ["EXPERIMENT"]}),
    ("GET", "registered-models/search", {}),
    ("GET", "model-versions/search", {}),
    ("POST", "logged-models/search", {"experiment_ids": ["EXPERIMENT"]}),
)

WORDS = (
    "metrics.m", "metrics.`a b`", 'params."x"', "params.p", "tags.t", "tags.`mlflow.runName`", "attributes.status", "attributes.start_time", "name",
    "run_id", "dataset.name", "version_number", "source_path", "creation_time", "=", "!=", "<", "<=", ">", ">=", "<>", "==", "LIKE", "ILIKE", "IN", "NOT IN",
    "IS", "NULL", "NOT", "AND", "and", "OR", "(", ")", ",", ";", "--", "/*", "*/", "'x'", '"x"', "'", '"', "`", "1", "-1", "1e5", "1e999", ".5", "0x1f", "NaN",
    "Infinity", "'%'", "'_%\\'", "'\\", "''", "TRUE", "BETWEEN", "SELECT", "DROP TABLE runs", ".", "..", "metrics.", ".m", "é", "\u0000", "\u2028", "😀",
    "99999999999999999999", "('a', 'b')", "('a'", "()", " ", "\t", "\n", "DESC", "ASC", "CASE", "EXISTS", "@a", "#", "$1", "?", ":x", "{}", "[1]",
)  # fmt: skip

VALUES = (
    None, True, False, 0, -1, 1, 1.5, 1e308, -1e308, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**70, "", " ", "x", "\u0000", "a\u0000b", "\n", "é", "😀",
    "\u202e", "../..", "/etc/passwd", "file:///etc", "s3://", "%00", "%2e%2e", "NaN", "Infinity", "-Infinity", "1", "-1", "1.5", "1e400", "true", "null",
    "99999999999999999999", "0" * 32, "m-" + "0" * 32, [], {}, [None], [[]], [{}], {"key": None}, ["x", 5], [{"key": "a", "value": "b"}] * 3, {"a": {"b": {"c": []}}},
    "x" * 300, "x" * 9000, "x" * 200_000, "é" * 5000, ["x"] * 2000, "eyJvZmZzZXQiOiAtMX0=", "e30=", "AAAA", "====",
)  # fmt: skip

PIECES = (
    "", ".", "..", "a", "a b", "%", "%2", "%00", "%ff%fe", "%2f", "%2e%2e", "%252e", "~", "\\", "é", "😀", "a" * 300, "*", "?", "#", ";", "&", "=", "+", "link",
    "%0d%0aX: y", "C:", "file:", "con", "a.", " ", "..;", "%c0%ae", "MLmodel", "null", "-", "{}", "[]", "<x>", "'", '"', "|", "^", "`",
)  # fmt: skip


class Maker:
    """Makes requests from one seeded source of chance."""

    def __init__(self, chance: random.Random, names: dict[str, str]):
        self._chance, self._names = chance, names

    def request(self) -> tuple[str, str, bytes | None, str]:
        """Verb, target, body and content type."""
        make = self._chance.choices((self._mutated, self._raw, self._filter, self._path), (5, 1, 4, 3))[0]
        return make()

    def _mutated(self):
        verb, path, body = self._known()
        for _ in range(self._chance.randint(1, 3)):
            body = self._mutate(body)
        return self._finish(verb, path, body)

    def _known(self):
        verb, path, body = self._chance.choice(REQUESTS)
        return verb, self._named(path), json.loads(self._named(json.dumps(body)))

    def _named(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(name, value)
        return text

    def _mutate(self, value):
        """Changes the value somewhere: at this place, or deeper inside."""
        if isinstance(value, dict) and value and self._chance.random() < 0.9:
            value = dict(value)
            key = self._chance.choice(list(value))
            value |= self._changed_field(key, value.pop(key))
            return value
        if isinstance(value, list) and value and self._chance.random() < 0.7:
            index = self._chance.randrange(len(value))
            return value[:index] + [self._mutate(value[index])] + value[index + 1 :]
        return self._chance.choice(VALUES)

    def _changed_field(self, key: str, value) -> dict:
        kind = self._chance.randrange(6)
        if kind == 0:
            return {}
        if kind == 1:
            return {_camel(key): value}
        if kind == 2:
            return {key: value, _camel(key): self._chance.choice(VALUES)}
        if kind == 3:
            return {key: value, self._text(): self._chance.choice(VALUES)}
        return {key: self._mutate(value)}

    def _raw(self):
        """Bodies that are no JSON, or JSON that no encoder writes."""
        verb, path, body = self._known()
        text = json.dumps(body).encode()
        at = self._chance.randrange(len(text))
        wrecks = (
            text[:at],
            text[:at] + self._chance.randbytes(3) + text[at:],
            text + text,
            b"\xef\xbb\xbf" + text,
            text.decode().encode("utf-16"),
            b"[" * 5000 + b"]" * 5000,
            b'{"a":' * 5000 + b"1" + b"}" * 5000,
            json.dumps(json.dumps(body)).encode(),
            text.replace(b'"', b"'"),
            text.replace(b": ", b": NaN, ", 1),
            text.replace(b'": "', b'": "\\ud800', 1),
            text[:-1] + b', "run_id": "x", "run_id": "y"}',
            self._chance.randbytes(self._chance.randrange(2000)),
            b"",
        )
        kinds = ("application/json", "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "a/b/c")
        return "POST" if verb == "GET" else verb, full(path), self._chance.choice(wrecks), self._chance.choice(kinds)

    def _filter(self):
        verb, path, body = self._chance.choice(SEARCHES)
        words = self._chance.choices(WORDS, k=self._chance.choice((1, 2, 3, 3, 3, 4, 7, 7, 11, 40, 300)))
        body = json.loads(self._named(json.dumps(body))) | {"filter": self._chance.choice((" ", " ", "")).join(words)}
        if self._chance.random() < 0.3:
            order = " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, 3)))
            body["order_by"] = [{"field_name": order}] if path.startswith("logged") else [order]
        return self._finish(verb, path, body)

    def _path(self):
        path = "/".join(self._chance.choices(PIECES, k=self._chance.randint(1, 5)))
        bases = ("/", API + "/", PROXY + "/artifacts/", PROXY + "/artifacts?path=", PROXY + "/mpu/create/", PROXY + "/presigned/", "/ajax-api/2.0/mlflow/")
        bases += (API + "/logged-models/", self._named("/get-artifact?run_id=RUN&path="), self._named(API + "/artifacts/list?run_id=RUN&path="), "/api/")
        bases += tuple(f"{OWN}/{room}" for room in ("", "models/", "models/horse/versions/", "uploads/", self._named("uploads/UPLOAD/"), "jobs/", "store/"))
        verb = self._chance.choice(("GET", "GET", "GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"))
        body = None if verb in ("GET", "HEAD", "OPTIONS", "TRACE") else b"{}"
        return verb, self._chance.choice(bases) + path, body, "application/json"

    def _finish(self, verb: str, path: str, body):
        target = full(path)
        if verb != "GET":
            return verb, target, json.dumps(body).encode(), "application/json"
        return verb, target + "?" + _query(body), None, "application/json"

    def _text(self) -> str:
        return "".join(self._chance.choices(string.printable + "éß😀\u0000", k=self._chance.randint(0, 12)))


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(map(str.title, rest))


def full(path: str) -> str:
    return path if path.startswith("/") else f"{API}/{path}"


def _query(body) -> str:
    """A body as a query; very long values are cut, because a request line has an end."""
    fields = body.items() if isinstance(body, dict) else [("x", body)]
    pairs = [(key, item) for key, value in fields for item in (value if isinstance(value, list) else [value])]
    return "&".join(f"{quote(str(key))}={quote(str(item)[:2000])}" for key, item in pairs[:200])
