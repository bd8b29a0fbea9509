"""The one list of allowed differences (`differences.toml`), and its page in the documentation.

`python -m harness.differences` writes the page anew; the run fails if the page is behind the list.
"""

import fnmatch
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
LIST = HERE / "differences.toml"
PAGE = HERE.parent / "docs" / "differences.md"
# Transcripts are text without this character: JSON escapes it.
SEPARATOR = "\0"

HEADER = """\
# Where Tiltyard answers differently from `mlflow server`

Generated from `conformance/differences.toml`; do not edit. The conformance run compares what a stock client sees of
both servers, and fails on any difference that is not on this list, as well as on any entry that no longer occurs. Each
single answer that differs stands, word for word on both sides, in `conformance/record/`; the run fails when one of them
changes, comes or goes.
"""


@dataclass(frozen=True)
class Case:
    """Where one difference shows: in these scenarios, lines with such a key may go from one value to the other."""

    difference: str
    scenarios: tuple[str, ...]
    key: str
    reference: str
    tiltyard: str

    def concerns(self, scenario: str) -> bool:
        return any(fnmatch.fnmatch(scenario, pattern) for pattern in self.scenarios)

    def allows(self, key: str, reference: str, tested: str) -> bool:
        """The three patterns are matched as one, so that a later one can refer to a group of an earlier one."""
        pattern = SEPARATOR.join(f"(?:{part})" for part in (self.key, self.reference, self.tiltyard))
        return re.fullmatch(pattern, SEPARATOR.join((key, reference, tested)), re.DOTALL) is not None


@dataclass(frozen=True)
class Difference:
    """One allowed difference, with its reason and the cases in which it shows."""

    id: str
    title: str
    reason: str
    cases: tuple[Case, ...]
    # The kind of store that alone shows it; any where there is none.
    store: str = ""

    @classmethod
    def read(cls, entry: dict) -> "Difference":
        """An entry has its one case inline, or several of them as a list."""
        words = {name: entry[name] for name in ("id", "title", "reason", "store") if name in entry}
        rest = {name: value for name, value in entry.items() if name not in words}
        inline = rest.pop("case", None) or [rest]
        cases = [Case(difference=entry["id"], **case | {"scenarios": tuple(case["scenarios"])}) for case in inline]
        if inline[0] is not rest and rest:
            raise TypeError(f"beside its cases it has {', '.join(rest)}")
        return cls(cases=tuple(cases), **words)

    @property
    def scenarios(self) -> list[str]:
        return list(dict.fromkeys(pattern for case in self.cases for pattern in case.scenarios))


def load_differences(path: Path = LIST) -> list[Difference]:
    """Reads the list; a field that is missing or unknown is an error that names the entry."""
    entries = tomllib.loads(path.read_text()).get("difference", [])
    differences = [_difference(entry) for entry in entries]
    ids = [difference.id for difference in differences]
    if repeated := {id for id in ids if ids.count(id) > 1}:
        raise ValueError(f"{path.name}: ids stand twice: {', '.join(sorted(repeated))}")
    return differences


def _difference(entry: dict) -> Difference:
    try:
        return Difference.read(entry)
    except (TypeError, KeyError) as error:
        raise ValueError(f"differences.toml, entry {entry.get('id', '(without id)')}: {error}") from error


def stale(differences: list[Difference], used: set[Case], ran: set[str]) -> list[Case]:
    """Cases that never applied although their scenarios ran."""
    cases = [case for difference in differences for case in difference.cases]
    return [case for case in cases if case not in used and any(map(case.concerns, ran))]


def render(differences: list[Difference]) -> str:
    """The documentation page."""
    if not differences:
        return f"{HEADER}\nThere are none.\n"
    return HEADER + "".join(map(_section, differences))


def _section(difference: Difference) -> str:
    seen_by = ", ".join(f"`{pattern}`" for pattern in difference.scenarios)
    store = f", with `--store {difference.store}`" if difference.store else ""
    return f"\n## {difference.title}\n\n{difference.reason.strip()}\n\nSeen by: {seen_by}{store} (`{difference.id}`)\n"


def page_is_current() -> bool:
    return PAGE.exists() and PAGE.read_text() == render(load_differences())


if __name__ == "__main__":
    PAGE.write_text(render(load_differences()))
