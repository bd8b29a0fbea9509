"""Holds the book of a load against what a server shows afterwards: whatever was acknowledged must be there, as it was."""

import hashlib
from urllib.parse import quote

from http_calls import Caller, Refused
from load import ARTIFACTS, MODEL, NOTHING, Book

PAGE = 1000


def lost(url: str, book: Book) -> list[str]:
    """Everything that is missing or differs, in words."""
    caller = Caller(url)
    found = [*book.wrong, *_runs(caller, book), *_files(caller, book), *_versions(caller, book), *_aliases(caller, book)]
    caller.close()
    return found


def _runs(caller: Caller, book: Book):
    for run_id, noted in book.runs.items():
        try:
            run = caller.ask("GET", f"runs/get?run_id={run_id}")["run"]
            history = caller.ask("GET", f"metrics/get-history?run_id={run_id}&metric_key=loss&max_results=100")
        except Refused as refused:
            yield f"run {run_id}: {refused}"
            continue
        params = {each["key"]: each["value"] for each in run["data"].get("params", [])}
        steps = [int(each.get("step", 0)) for each in history.get("metrics", [])]
        if not noted["params"].items() <= params.items():
            yield f"run {run_id} has lost params: {noted['params']} became {params}"
        if not noted["metrics"] <= set(steps) or len(steps) != len(set(steps)):
            yield f"run {run_id} has the points {steps} of {noted['metrics']}"


def _files(caller: Caller, book: Book):
    for path, sha256 in book.files.items():
        try:
            content = caller.send("GET", f"{ARTIFACTS}/{path}")
        except Refused as refused:
            yield f"file {path}: {refused}"
            continue
        if hashlib.sha256(content).hexdigest() != sha256:
            yield f"file {path} has other bytes, {len(content)} of them"


def _versions(caller: Caller, book: Book):
    shown = all_versions(caller)
    numbers = sorted(int(number) for number in shown)
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"versions have gaps or doubles: {len(numbers)} of them, the highest is {numbers[-1:]}"
    for number, noted in book.versions.items():
        if number not in shown:
            yield f"version {number} is lost"
            continue
        version = shown[number]
        for field, value in noted.items():
            if version.get(field) != value:
                yield f"version {number} has the {field} {version.get(field)} instead of {value}"
        if version.get("status") != "READY":
            yield f"version {number} is {version.get('status')}: {version.get('status_message')}"
    for number, stages in book.stages.items():
        if number in shown and shown[number]["current_stage"] not in stages:
            yield f"version {number} stands in {shown[number]['current_stage']} instead of {' or '.join(stages)}"


def _aliases(caller: Caller, book: Book):
    model = caller.ask("GET", f"registered-models/get?name={MODEL}")["registered_model"]
    shown = {each["alias"]: each["version"] for each in model.get("aliases", [])}
    for alias, versions in book.aliases.items():
        if shown.get(alias, NOTHING) not in versions:
            yield f"alias {alias} points to {shown.get(alias, NOTHING)} instead of {' or '.join(versions)}"


def all_versions(caller: Caller) -> dict[str, dict]:
    shown, token, wanted = {}, "", quote(f"name = '{MODEL}'")
    while True:
        query = f"filter={wanted}&max_results={PAGE}"
        page = caller.ask("GET", f"model-versions/search?{query}" + (f"&page_token={quote(token)}" if token else ""))
        shown |= {each["version"]: each for each in page.get("model_versions", [])}
        token = page.get("next_page_token", "")
        if not token:
            return shown
