"""The transcript of one scenario: an ordered list of `key = value` lines, one for each thing the client saw.

Every key is unique and every line stands on its own, so that a difference names what differs without its context.
"""

import json

from harness.normalise import Normaliser
from harness.plain import plain


class Transcript:
    """Collects what was seen; `lines` is the finished form."""

    def __init__(self, normaliser: Normaliser):
        self._normaliser = normaliser
        self._labels: dict[str, int] = {}
        self.lines: list[list[str]] = []

    def see(self, label: str, value) -> None:
        """Records a value of any shape under a label; a label used again gets a number."""
        label = self._normaliser.text(label)
        uses = self._labels[label] = self._labels.get(label, 0) + 1
        self._flatten(label if uses == 1 else f"{label} (#{uses})", "", plain(value))

    def _flatten(self, path: str, key: str, value) -> None:
        if isinstance(value, dict) and value:
            for name, item in value.items():
                self._flatten(f"{path}.{self._normaliser.text(name)}", name, item)
        elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
            self._line(f"{path}.length", len(value))
            for index, item in enumerate(value):
                self._flatten(f"{path}[{index}]", key, item)
        elif isinstance(value, list):
            self._line(path, [self._normaliser.value(key, item) for item in value])
        else:
            self._line(path, self._normaliser.value(key, value))

    def _line(self, path: str, value) -> None:
        self.lines.append([path, json.dumps(value, ensure_ascii=False)])
