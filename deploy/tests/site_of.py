"""Holds the script `deploy/local`: starts it, gives it commands, ends it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "local"
STOP_TIMEOUT_S = 120


class Site:
    """What runs behind one address, and what can be done to it."""

    def __init__(self, process: subprocess.Popen):
        self._process = process
        place = process.stdout.readline().split()
        if not place:
            sys.exit("deploy/local did not start; see above")
        self.url, self.folder = place[0], Path(place[1])

    def tell(self, command: str) -> list[str]:
        """Gives a command, waits until it is done, and returns what was said."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        said = []
        while (line := self._process.stdout.readline()) != "done\n":
            if not line or line.startswith("failed: "):
                raise RuntimeError(f"{command}: {line or 'deploy/local has ended; see above'}")
            said.append(line.rstrip("\n"))
        return said

    def shown(self, what: str) -> list[list[str]]:
        """The lines of `show` that begin with a word, as lists of words."""
        return [line.split() for line in self.tell("show") if line.startswith(what)]

    def replicas(self) -> list[str]:
        return [words[2] for words in self.shown("replica ")]

    def logs(self) -> str:
        return "\n".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("replica-*.log")))


@contextlib.contextmanager
def site(binary: Path, *flags: str) -> Iterator[Site]:
    process = subprocess.Popen(
        [SCRIPT, "--tiltyard", binary, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield Site(process)
    finally:
        process.stdin.close()
        process.wait(STOP_TIMEOUT_S)
