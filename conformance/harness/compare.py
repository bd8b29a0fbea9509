"""Compares two transcripts line by line, by key, and sorts what differs into listed and unlisted differences."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.differences import Difference

ABSENT = "(absent)"


@dataclass
class Comparison:
    """What came of one scenario."""

    unlisted: list[tuple[str, str, str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


def compare(scenario: str, reference: list, tested: list, differences: Iterable[Difference]) -> Comparison:
    """Pairs the lines of both transcripts by key; each pair that differs must be on the list."""
    comparison = Comparison()
    left, right = dict(reference), dict(tested)
    keys = list(left) + [key for key in right if key not in left]
    relevant = [difference for difference in differences if difference.concerns(scenario)]
    for key in keys:
        before, after = left.get(key, ABSENT), right.get(key, ABSENT)
        if before == after:
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
    left, right = dict(reference), dict(tested)
    tested = [[key, value if key in differing else left.get(key, value)] for key, value in right.items()]
    texts = [[f"{key} = {value}" for key, value in lines] for lines in (reference, tested)]
    return "\n".join(difflib.unified_diff(*texts, "mlflow server", "tiltyard", lineterm="", n=1))
