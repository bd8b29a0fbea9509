"""Raw requests as rows of data: each is sent to both servers, and status, error and body are compared.

A row is `(verb, path, payload[, headers])`. The payload of a GET is a query: a dictionary (lists repeat the key) or text
as it is sent; of other verbs a JSON body: a dictionary or list, or text and bytes as they are sent. `{name}` in a path or
a payload stands for one of the names a table is given. `Long(n)` and `Many(n, item)` keep big values out of labels.
"""

import json
from dataclasses import dataclass

import requests

from harness.session import Session, describe

PREFIX = "/api/2.0/mlflow/"
# Answers hold these lists in the order of the database, which means nothing.
UNORDERED = ("tags", "params", "metrics", "aliases", "latest_versions", "dataset_inputs", "dataset_summaries")


@dataclass(frozen=True)
class Long:
    """A text of so many letters."""

    length: int
    letter: str = "x"


@dataclass(frozen=True)
class Many:
    """A list of so many items; `{#}` in it becomes its number."""

    count: int
    item: dict


def replay(session: Session, rows: list, names: dict[str, str]) -> None:
    """Sends every row in turn and records the answers under the row's own text."""
    for verb, path, payload, *headers in rows:
        label = f"{verb} {path} {_label(payload)}" + (f" {headers[0]}" if headers else "")
        url = path if path.startswith("/") else PREFIX + path
        options = _options(verb, _filled(payload, names), headers[0] if headers else {})
        answer = session.http(verb, _filled(url, names), **options)
        session.see(label.strip(), _seen(answer))


def _options(verb: str, payload, headers: dict) -> dict:
    if verb == "GET":
        return {"params": payload, "headers": headers}
    if isinstance(payload, (str, bytes)):
        data = payload.encode() if isinstance(payload, str) else payload
        return {"data": data, "headers": {"Content-Type": "application/json"} | headers}
    return {"data": json.dumps(payload), "headers": {"Content-Type": "application/json"} | headers}


def _seen(answer: requests.Response):
    if not answer.ok:
        extra = _extra_keys(answer)
        return describe(answer) + (f" (also {extra})" if extra else "")
    try:
        return {"status": answer.status_code, "body": _ordered(answer.json())}
    except ValueError:
        return {"status": answer.status_code, "text": answer.text}


def _extra_keys(answer: requests.Response) -> str:
    try:
        return ", ".join(sorted(set(answer.json()) - {"error_code", "message"}))
    except (ValueError, TypeError):
        return ""


def _ordered(value, key: str = ""):
    if isinstance(value, dict):
        return {name: _ordered(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [_ordered(item, key) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in UNORDERED else items
    return value


def _filled(value, names: dict[str, str]):
    """The value with names put in; braces that are no known name stay."""
    if isinstance(value, Long):
        return value.letter * value.length
    if isinstance(value, Many):
        return [_filled(value.item, names | {"#": str(number)}) for number in range(value.count)]
    if isinstance(value, dict):
        return {_filled(key, names): _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", text)
    return value


def _label(payload) -> str:
    if isinstance(payload, Long):
        return f"<{payload.length} × {payload.letter}>"
    if isinstance(payload, Many):
        return f"{payload.count} × {_label(payload.item)}"
    if isinstance(payload, dict):
        return "{" + ", ".join(f"{_label(key)}: {_label(item)}" for key, item in payload.items()) + "}"
    if isinstance(payload, list):
        return "[" + ", ".join(map(_label, payload)) + "]"
    if payload is None:
        return "null"
    text = json.dumps(payload, ensure_ascii=False)[1:-1] if isinstance(payload, str) else repr(payload)
    return text if len(text) < 200 else f"{text[:200]}… ({len(text)})"
