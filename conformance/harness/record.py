"""The record of every single line in which the two servers differ as the list allows: both values, word for word.

The list says what may differ and why; its patterns may fit more than they were written for. The record closes that gap:
a run fails when a line of it changes, comes or goes. `conformance/run --accept` writes it anew, to be read as a diff.
"""

import difflib
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from harness.compare import Occurrence

FOLDER = Path(__file__).resolve().parent.parent / "record"
LENGTH_MAX = 400
SIDES = ("mlflow", "tiltyard")
STATEMENT = re.compile(r"\\n\[SQL: .*", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One line that differs, in one scenario."""

    scenario: str
    difference: str
    key: str
    before: str
    after: str


class Record:
    """The entries, each with the client lines that see it."""

    def __init__(self):
        self._seen: dict[Entry, set[str]] = defaultdict(set)

    def add(self, line: str, scenario: str, occurrences: list[Occurrence]) -> None:
        for seen in occurrences:
            values = (_shortened(value) for value in (seen.key, seen.before, seen.after))
            self._seen[Entry(scenario, seen.case.difference, *values)].add(line)

    def modules(self) -> dict[str, list[str]]:
        """The text of each file, in lines."""
        files: dict[str, list[str]] = defaultdict(list)
        scenario = None
        # Sorting keeps the order within a scenario, in which the entries came.
        for entry, lines in sorted(self._seen.items(), key=lambda item: item[0].scenario):
            text = files[entry.scenario.split(".")[0]]
            if entry.scenario != scenario:
                scenario = entry.scenario
                text += [f"== {scenario}"]
            text += [f"{entry.difference} [{' '.join(sorted(lines))}] {entry.key}"]
            text += [f"    {side:8} {value}" for side, value in zip(SIDES, (entry.before, entry.after), strict=True)]
        return files


def _shortened(text: str) -> str:
    """Long values in part, with a digest of the whole. The parameters of a failed statement are those of one run."""
    text = STATEMENT.sub(" [SQL]", text)
    if len(text) <= LENGTH_MAX:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{text[:LENGTH_MAX]}… ({len(text)} characters, {digest})"


def accept(record: Record, folder: Path = FOLDER) -> None:
    """Makes the record what was seen."""
    folder.mkdir(exist_ok=True)
    files = record.modules()
    for path in folder.glob("*.txt"):
        if path.stem not in files:
            path.unlink()
    for module, lines in files.items():
        (folder / f"{module}.txt").write_text("\n".join(lines) + "\n")


def changes(record: Record, folder: Path = FOLDER) -> dict[str, str]:
    """For each file that is not as it was recorded, the difference."""
    seen = record.modules()
    kept = {path.stem: path.read_text().splitlines() for path in folder.glob("*.txt")}
    names = sorted(name for name in seen.keys() | kept.keys() if seen.get(name) != kept.get(name))
    return {name: _diff(kept.get(name, []), seen.get(name, [])) for name in names}


def _diff(kept: list[str], seen: list[str]) -> str:
    return "\n".join(difflib.unified_diff(kept, seen, "recorded", "seen", lineterm="", n=2))
