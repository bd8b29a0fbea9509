"""Prints results as they come and the closing line, which other programs read: `N passed, N failed`."""


class Tally:
    def __init__(self):
        self._passed = self._failed = 0

    def passed(self, name: str, note: str = "") -> None:
        self._passed += 1
        print(f"pass  {name}" + (f" ({note})" if note else ""), flush=True)

    def passed_quietly(self) -> None:
        """For checks of thousands of cases, of which only failures are worth a line."""
        self._passed += 1

    def failed(self, name: str, why: str) -> None:
        self._failed += 1
        print(f"FAIL  {name}\n{_indented(why)}", flush=True)

    def failed_quietly(self) -> None:
        """For failures beyond those worth showing."""
        self._failed += 1

    def close(self) -> None:
        print(f"{self._passed} passed, {self._failed} failed", flush=True)

    @property
    def exit_code(self) -> int:
        return 1 if self._failed or not self._passed else 0


def _indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.splitlines())
