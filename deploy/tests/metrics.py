#!/usr/bin/env python3
"""Every metric that an alert or the dashboard asks for, every label of it and every value is one that real replicas show after some
load; a pattern that leaves values out must leave out some, and not all.

    deploy/tests/metrics.py --tiltyard BINARY [--seconds N]
"""

import argparse
import json
import re
import sys
import time
from pathlib import Path

import yaml
from http_calls import Caller
from load import load
from site_of import site

MONITORING = Path(__file__).resolve().parents[1] / "monitoring"
NAME = r"\b(?:tiltyard|process)_[a-z_]+"
# Labels that Prometheus itself adds to what it reads.
OF_PROMETHEUS = {"job", "instance"}


def expressions() -> list[str]:
    rules = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    return asked + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def asked_for() -> dict[str, set[str]]:
    """Names of metrics, with the labels that they must have."""
    found: dict[str, set[str]] = {}
    for expression in expressions():
        for name, braces in re.findall(rf"({NAME})(?:\{{([^}}]*)\}})?", expression):
            found.setdefault(name, set()).update(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", braces))
        grouped = set(re.findall(r"\w+", " ".join(re.findall(r"\bby\s*\(([^)]*)\)", expression))))
        for name in re.findall(NAME, expression):
            found[name] |= grouped
    return {name: labels - OF_PROMETHEUS for name, labels in found.items()}


def shown(text: str) -> dict[str, dict[str, set[str]]]:
    """Names of metrics, their labels, and the values of these."""
    found: dict[str, dict[str, set[str]]] = {}
    for line in text.splitlines():
        if sample := re.match(r"([a-z_]+)(?:\{(.*)\})? [-+0-9.eEinfNa]+$", line):
            labels = found.setdefault(sample[1], {})
            for label, value in re.findall(r'(\w+)="([^"]*)"', sample[2] or ""):
                labels.setdefault(label, set()).add(value)
    return found


def astray(there: dict[str, dict[str, set[str]]]) -> list[str]:
    """Values that are asked for and that no replica shows."""
    found = []
    for name, braces in {pair for expression in expressions() for pair in re.findall(rf"({NAME})\{{([^}}]*)\}}", expression)}:
        for label, sign, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"', braces):
            values = there.get(name, {}).get(label, set())
            matching = {each for each in values if (re.fullmatch(value, each) if "~" in sign else each == value)}
            if label not in OF_PROMETHEUS and (not matching or (sign.startswith("!") and matching == values)):
                found.append(f"{name} has no such values: {label}{sign}{value}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    with site(options.tiltyard) as place:
        with load(place.url, seed=1) as book:
            time.sleep(options.seconds)
        # Each replica counts for itself.
        there: dict[str, dict[str, set[str]]] = {}
        for url in place.replicas():
            for name, labels in shown(Caller(url).send("GET", "/metrics").decode()).items():
                mine = there.setdefault(name, {})
                for label, values in labels.items():
                    mine.setdefault(label, set()).update(values)
    wrong = astray(there)
    for name, labels in sorted(asked_for().items()):
        if name not in there:
            wrong.append(f"{name} is asked for and not there")
        elif missing := labels - there[name].keys():
            wrong.append(f"{name} has no label {', '.join(sorted(missing))}")
    unwatched = {name for name in there if name.startswith("tiltyard_")} - set(asked_for()) - {"tiltyard_http_request_seconds_sum", "tiltyard_http_request_seconds_count"}
    wrong += [f"{name} is shown and nobody watches it" for name in sorted(unwatched)]
    print(f"{len(asked_for())} metrics are asked for, after {book.answered} requests: {'all are there' if not wrong else ''}")
    print(*(f"    WRONG: {line}" for line in wrong), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
