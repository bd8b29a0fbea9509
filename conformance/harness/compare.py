"""Compares two transcripts line by line, by key, and sorts what differs into listed and unlisted differences."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.differences import Case, Difference

ABSENT = "(absent)"
ANSWERED = '"answers"'
REFUSAL = re.compile(r'"(?:[45]\d\d|raises) ')
CRASH = re.compile(r'"(?:5(?!01 NOT_IMPLEMENTED)\d\d |raises \w+ 5\d\d |raises \w+: the server failed with a 5xx status)')
NUMBERED = re.compile(r"<(?:experiment|id|name|pinned|uuid)-\d+>")


@dataclass(frozen=True)
class Occurrence:
    """A line that differs as the list allows."""

    case: Case
    key: str
    before: str
    after: str


@dataclass
class Comparison:
    """What came of one scenario."""

    unlisted: list[tuple[str, str, str]] = field(default_factory=list)
    listed: list[Occurrence] = field(default_factory=list)

    @property
    def used(self) -> set[Case]:
        return {occurrence.case for occurrence in self.listed}


class Correspondence:
    """Which id of one server stands for which of the other: one for one, as first met."""

    def __init__(self):
        self._pairs: dict[str, str] = {}
        self._back: dict[str, str] = {}

    def same(self, left: str, right: str) -> bool:
        if NUMBERED.sub("<>", left) != NUMBERED.sub("<>", right):
            return False
        pairs = zip(NUMBERED.findall(left), NUMBERED.findall(right), strict=True)
        return all(self._pairs.setdefault(one, other) == other and self._back.setdefault(other, one) == one for one, other in pairs)


def folded(lines: list, others: list) -> dict[str, str]:
    """The lines by key. An answer that the other server refused is one line, for its parts have no counterpart."""
    lines, others = dict(lines), dict(others)
    refused = [key for key, value in others.items() if key not in lines and REFUSAL.match(value)]
    result = {}
    for key, value in lines.items():
        whole = [start for start in refused if key not in others and key.startswith((f"{start}.", f"{start}["))]
        if whole:
            result[max(whole, key=len)] = ANSWERED
        else:
            result[key] = value
    return result


def compare(scenario: str, reference: list, tested: list, differences: Iterable[Difference]) -> Comparison:
    """Pairs the lines of both transcripts by key; each pair that differs must be on the list."""
    comparison, ids = Comparison(), Correspondence()
    left, right = folded(reference, tested), folded(tested, reference)
    keys = list(left) + [key for key in right if key not in left]
    relevant = [case for difference in differences for case in difference.cases if case.concerns(scenario)]
    for key in keys:
        before, after = left.get(key, ABSENT), right.get(key, ABSENT)
        if ids.same(before, after):
            continue
        case = next((case for case in relevant if case.allows(key, before, after)), None)
        if case:
            comparison.listed.append(Occurrence(case, key, before, after))
        else:
            comparison.unlisted.append((key, before, after))
    return comparison


def crashes(lines: list) -> list[str]:
    """Lines in which a server failed; what it says it does not do is no failure."""
    return [f"{key} = {value}" for key, value in lines if CRASH.match(value)]


def unified_diff(reference: list, tested: list, unlisted: list[tuple[str, str, str]]) -> str:
    """The unlisted differences as a unified diff of both transcripts, listed ones taken as equal."""
    differing = {key for key, _, _ in unlisted}
    left, right = folded(reference, tested), folded(tested, reference)
    left = {key: value for key, value in left.items() if key in right or key in differing}
    right = {key: value if key in differing else left[key] for key, value in right.items() if key in left or key in differing}
    texts = [[f"{key} = {value}" for key, value in lines.items()] for lines in (left, right)]
    return "\n".join(difflib.unified_diff(*texts, "mlflow server", "tiltyard", lineterm="", n=1))
