"""Replaces in a transcript what legitimately differs between two runs of one scenario.

Ids and made-up names are numbered in the order in which they are first seen, so that two servers agree exactly if they
hand out the same things in the same order. Nothing that a client could rely on may be hidden here.
"""

import re
import time
from dataclasses import dataclass

# As long as a whole run may take: the default experiment is as old as its server.
HOUR_MS = 60 * 60 * 1000
# A number and its text are not the same to a client.
TIME = "<time>"
TIME_IN_TEXT = "<time in text>"

HEX_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
HYPHENATED_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
CLOCK_TEXT = re.compile(r"\b20\d\d[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
CLOCK_NUMBER = re.compile(r"(?<!\d)\d{13}(?!\d)")
EXPERIMENT_IN_TEXT = re.compile(
    r"((?:mlflow-artifacts:/+|[Ee]xperiment(?: with)? [Ii][Dd][ =:]+'?|[Tt]he experiment |experiments/))(\d+)"
    # Where artifacts lie below the root of the store, and where an id was sent in the wrong form.
    r"|((?<=[\"' /]))(\d+)(?=/(?:models/m-)?<id-)"
    r"|(Invalid value \[?\"?)(\d+)(?=\"?\]? for parameter 'experiment_ids?')"
)
# Where Tiltyard shows the files of a version.
PINNED_FOLDER = re.compile(r"(\.tiltyard/versions/)(\d+)")
# Python prints a set in no particular order.
PRINTED_SET = re.compile(r"\{('[^{}]*')\}")
CONNECTION_POOL = re.compile(r"HTTPConnectionPool\(.*?\)")
EXPERIMENT_KEYS = {"experiment_id", "experiment_ids"}
TOKEN_KEYS = {"token", "next_page_token"}
# Where a server may put a name of its own choice; elsewhere text of that form stays as it is.
NAME_KEYS = {"", "name", "run_name", "mlflow.runName", "value"}
# Sizes of files that hold ids and clock readings, whose lengths differ.
VOLATILE_SIZE_KEYS = {"model_size_bytes"}


@dataclass(frozen=True)
class RandomNames:
    """How names look that a server makes up: MLflow's words anywhere, words of another's choice as a whole value."""

    anywhere: re.Pattern
    whole: re.Pattern


class Normaliser:
    """One transcript's memory of the ids it has seen."""

    def __init__(self, literals: dict[str, str], names: RandomNames):
        self._literals = sorted(literals.items(), key=lambda pair: -len(pair[0]))
        self._names = names
        self._seen: dict[tuple[str, str], str] = {}
        self._now_ms = int(time.time() * 1000)

    def value(self, key: str, value):
        """The form of a leaf that goes into the transcript; `key` is the name it was found under."""
        if key in TOKEN_KEYS:
            return "<token>" if value else value
        if key in VOLATILE_SIZE_KEYS and value is not None:
            return "<size>"
        if key in EXPERIMENT_KEYS and str(value).isdecimal():
            number = self._numbered("experiment", str(value))
            return number if isinstance(value, str) else {"number": number}
        if isinstance(value, int) and not isinstance(value, bool) and self._is_now(value):
            return TIME
        if isinstance(value, str) and key in NAME_KEYS and self._names.whole.fullmatch(value):
            return self._numbered("name", value)
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        for literal, replacement in self._literals:
            text = text.replace(literal, replacement)
        text = HYPHENATED_ID.sub(lambda found: self._numbered("uuid", found[0]), text)
        text = HEX_ID.sub(lambda found: self._numbered("id", found[0]), text)
        text = EXPERIMENT_IN_TEXT.sub(self._experiment, text)
        text = PINNED_FOLDER.sub(lambda found: found[1] + self._numbered("pinned", found[2]), text)
        text = CLOCK_TEXT.sub(TIME_IN_TEXT, text)
        text = CLOCK_NUMBER.sub(lambda found: TIME_IN_TEXT if self._is_now(int(found[0])) else found[0], text)
        text = PRINTED_SET.sub(lambda found: f"{{{', '.join(sorted(found[1].split(', ')))}}}", text)
        text = CONNECTION_POOL.sub("<connection pool>", text)
        return self._names.anywhere.sub(lambda found: self._numbered("name", found[0]), text)

    def _experiment(self, found: re.Match) -> str:
        before, number = (group for group in found.groups() if group is not None)
        return before + self._numbered("experiment", number)

    def _numbered(self, kind: str, value: str) -> str:
        number = sum(1 for seen_kind, _ in self._seen if seen_kind == kind) + 1
        return self._seen.setdefault((kind, value), f"<{kind}-{number}>")

    def _is_now(self, value: int) -> bool:
        return abs(value - self._now_ms) < HOUR_MS
