"""Compares two transcripts line by line, by key, and sorts what differs into listed and unlisted differences."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.differences import Difference

ABSENT = "(absent)"
ANSWERED = '"answers"'
REFUSAL = re.compile(r'"(?:[45]\d\d|raises) ')
NUMBERED = re.compile(r"<(?:experiment|id|uuid)-\d+>")


@dataclass
class Comparison:
    """What came of one scenario."""

    unlisted: list[tuple[str, str, str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


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
    relevant = [difference for difference in differences if difference.concerns(scenario)]
    for key in keys:
        before, after = left.get(key, ABSENT), right.get(key, ABSENT)
        if ids.same(before, after):
            continue
        listed = next((difference for difference in relevant if difference.allows(key, before, after)), None)
        if listed:
            comparison.used.add(listed.id)
        else:
            comparison.unlisted.append((key, before, after))
    return comparison


def unified_diff(reference: list, tested: list, unlisted: list[tuple[str, str, str]]) -> str:
    """The unlisted differences as a unified diff of both transcripts, listed ones taken as equal."""
    differing = {key for key, _, _ in unlisted}
    left, right = folded(reference, tested), folded(tested, reference)
    left = {key: value for key, value in left.items() if key in right or key in differing}
    right = {key: value if key in differing else left[key] for key, value in right.items() if key in left or key in differing}
    texts = [[f"{key} = {value}" for key, value in lines.items()] for lines in (left, right)]
    return "\n".join(difflib.unified_diff(*texts, "mlflow server", "tiltyard", lineterm="", n=1))
